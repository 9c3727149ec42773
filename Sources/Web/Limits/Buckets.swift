// The buckets of many clients in bounded memory.
import NIOCore
import Synchronization

/// What is limited; each has buckets of its own.
package enum LimitPolicy: String, Sendable {
    case address
    /// All of an IPv6 /48, which is what a customer of a network is handed: ten addresses' worth.
    case site
    case principal
    case organization
    case credentials
}

/// Which bucket a call is taken from.
package struct LimitKey: Sendable, Hashable {
    /// Keys are kept as 64 bits of SipHash with a key of this process, so that nobody can aim at another's bucket.
    let hash: UInt64

    /// The bucket of a client under one policy.
    package init(_ policy: LimitPolicy, _ client: some Hashable) {
        var hasher = Hasher()
        hasher.combine(policy)
        hasher.combine(client)
        hash = UInt64(bitPattern: Int64(hasher.finalize()))
    }
}

/// Buckets by key, in shards that are locked each on their own.
///
/// A full bucket says nothing that an absent one doesn't, so it is what makes room. When a shard has no room even so,
/// new clients share one bucket: a flood of addresses limits itself instead of pushing others out.
final class Buckets: Sendable {
    private final class Shard: Sendable {
        struct State {
            /// When each bucket is full again.
            var full: [UInt64: UInt64] = [:]
            var shared: UInt64 = 0
            var nextSweep: UInt64 = 0
        }

        let state = Mutex(State())
    }

    /// How long a shard that had no room is not searched for room again, in nanoseconds.
    private static let sweepPause: UInt64 = 100_000_000
    private let shards: [Shard]
    private let shardCapacity: Int

    init(capacity: Int = 131_072, shards count: Int = 16) {
        shards = (0..<max(1, count)).map { _ in Shard() }
        shardCapacity = max(1, capacity / max(1, count))
    }

    /// How many clients have a bucket that is not known to be full.
    var count: Int { shards.reduce(0) { sum, shard in sum + shard.state.withLock { $0.full.count } } }

    /// Takes one call of a client into account.
    func check(_ key: LimitKey, rate: Rate, cost: Int, at now: UInt64) -> Decision {
        let shard = shards[Int(truncatingIfNeeded: key.hash >> 48) % shards.count]
        return shard.state.withLock { state in
            if var full = state.full[key.hash] {
                let decision = rate.decide(cost: cost, at: now, full: &full)
                if decision.isGranted { state.full[key.hash] = full }
                return decision
            }
            guard makesRoom(&state, now) else { return rate.decide(cost: cost, at: now, full: &state.shared) }
            var full = now
            let decision = rate.decide(cost: cost, at: now, full: &full)
            if decision.isGranted { state.full[key.hash] = full }
            return decision
        }
    }

    private func makesRoom(_ state: inout Shard.State, _ now: UInt64) -> Bool {
        if state.full.count < shardCapacity { return true }
        guard state.nextSweep <= now else { return false }
        state.full = state.full.filter { $0.value > now }
        if state.full.count < shardCapacity { return true }
        state.nextSweep = now + Self.sweepPause
        return false
    }
}
