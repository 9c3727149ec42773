// Slows down guessing: per account and network, in bounded memory.
import Core
import Synchronization

/// Counts attempts to sign in by (account, network), and by network alone.
///
/// Ten attempts on one account and a hundred on any within 15 minutes from one network (an IPv4 address, or an IPv6
/// /64), then 429. An attacker elsewhere has a count of their own and can't lock the owner out; nor can one who shares
/// the owner's network, once the owner's browser is known: it is counted on its own.
package final class SignInThrottle: Sendable {
    private struct Key: Hashable {
        let account: String
        let network: String
    }

    private struct Window {
        var attempts: Int
        let endsAt: Timestamp
    }

    private let windows = Mutex<[Key: Window]>([:])
    private let capacity: Int
    static let window = Milliseconds.minutes(15)
    static let perAccount = 10
    static let perNetwork = 100

    /// - Parameter capacity: how many pairs are remembered; the oldest make room for new ones.
    package init(capacity: Int = 8192) { self.capacity = capacity }

    /// Counts an attempt before it is made, so that many at once count too; throws `too_many_attempts` (429).
    ///
    /// - Parameter device: the mark of a browser from which somebody signed in to the account before.
    func begin(_ account: String, from address: String, device: [UInt8]? = nil, at now: Timestamp) throws {
        if let device {
            return try count(Key(account: account, network: Self.name(of: device)), limit: Self.perAccount, at: now)
        }
        let network = Self.network(of: address)
        try count(Key(account: "", network: network), limit: Self.perNetwork, at: now)
        try count(Key(account: account, network: network), limit: Self.perAccount, at: now)
    }

    /// Forgets the attempts on an account after one that was right.
    func succeeded(_ account: String, from address: String, device: [UInt8]? = nil) {
        if let device {
            let key = Key(account: account, network: Self.name(of: device))
            return windows.withLock { $0[key] = nil }
        }
        let network = Self.network(of: address)
        windows.withLock { windows in
            windows[Key(account: account, network: network)] = nil
            windows[Key(account: "", network: network)]?.attempts -= 1
        }
    }

    /// No address has a blank in it.
    private static func name(of device: [UInt8]) -> String { "device \(Hex.encode(device))" }

    private func count(_ key: Key, limit: Int, at now: Timestamp) throws {
        let wait: Milliseconds? = windows.withLock { windows in
            if let known = windows[key], known.endsAt > now {
                guard known.attempts < limit else { return known.endsAt.since(now) }
                windows[key]?.attempts += 1
                return nil
            }
            if windows.count >= capacity { makeRoom(&windows, at: now) }
            windows[key] = Window(attempts: 1, endsAt: now.adding(Self.window))
            return nil
        }
        if let wait { throw IdentityProblem.tooManyAttempts(retryAfter: Int(wait.count / 1000) + 1) }
    }

    /// How many pairs are remembered now.
    var size: Int { windows.withLock { $0.count } }

    /// Drops what has ended, and the older half if that is not enough.
    private func makeRoom(_ windows: inout [Key: Window], at now: Timestamp) {
        windows = windows.filter { $0.value.endsAt > now }
        guard windows.count >= capacity else { return }
        let ends = windows.values.map(\.endsAt).sorted()
        let middle = ends[ends.count / 2]
        windows = windows.filter { $0.value.endsAt > middle }
    }

    /// An IPv4 address as it is; the first 64 bits of an IPv6 address, which is what one customer gets.
    static func network(of address: String) -> String {
        guard address.contains(":") else { return address }
        let halves = address.split(separator: "::", maxSplits: 1, omittingEmptySubsequences: false)
            .map { $0.split(separator: ":").map(String.init) }
        let front = halves.first ?? []
        let back = halves.count > 1 ? halves[1] : []
        let zeros = [String](repeating: "0", count: max(0, 8 - front.count - back.count))
        return (front + zeros + back).prefix(4).joined(separator: ":") + "::/64"
    }
}
