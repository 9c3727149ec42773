// The challenges that browsers and authenticators have to answer: in memory, for five minutes, once.
import Core
import Synchronization

/// What was handed out and not answered yet. Anybody can ask for a challenge, so that costs no write; a restart forgets
/// them, and people press the button again.
final class PasskeyChallenges: Sendable {
    /// What an answer will be good for, and for whom.
    enum Purpose: Hashable, Sendable {
        case registration(SessionID)
        case signIn
        /// The second step of a sign-in: the hash of its own challenge.
        case secondStep([UInt8])
        case stepUp(SessionID)
    }

    private struct Open {
        let purpose: Purpose
        let network: String
        let endsAt: Timestamp
    }

    private struct State {
        var open: [[UInt8]: Open] = [:]
        var perNetwork: [String: Int] = [:]

        mutating func remove(_ challenge: [UInt8]) -> Open? {
            guard let removed = open.removeValue(forKey: challenge) else { return nil }
            let left = (perNetwork[removed.network] ?? 1) - 1
            perNetwork[removed.network] = left > 0 ? left : nil
            return removed
        }

        mutating func removeAll(where isOver: (Open) -> Bool) {
            for challenge in open.filter({ isOver($0.value) }).keys { _ = remove(challenge) }
        }
    }

    private let state = Mutex(State())
    private let capacity: Int
    static let lifetime = Milliseconds.minutes(5)
    static let size = 32
    static let perNetwork = 200

    /// - Parameter capacity: how many are open at once; the oldest make room for new ones.
    init(capacity: Int = 8192) { self.capacity = capacity }

    /// Hands out 32 random bytes. Throws `too_many_attempts` (429) when 200 from one network are open.
    func issue(_ purpose: Purpose, to address: String, at now: Timestamp) throws -> [UInt8] {
        let network = SignInThrottle.network(of: address)
        let challenge = Randomness.system.bytes(Self.size)
        let isIssued = state.withLock { state in
            if state.open.count >= capacity || state.perNetwork[network, default: 0] >= Self.perNetwork {
                state.removeAll { $0.endsAt <= now }
            }
            guard state.perNetwork[network, default: 0] < Self.perNetwork else { return false }
            if state.open.count >= capacity {
                let ends = state.open.values.map(\.endsAt).sorted()
                let middle = ends[ends.count / 2]
                state.removeAll { $0.endsAt <= middle }
            }
            state.open[challenge] = Open(purpose: purpose, network: network, endsAt: now.adding(Self.lifetime))
            state.perNetwork[network, default: 0] += 1
            return true
        }
        guard isIssued else {
            throw IdentityProblem.tooManyAttempts(retryAfter: Int(Self.lifetime.count / 1000))
        }
        return challenge
    }

    /// Uses a challenge up, whatever comes of it; false when it is not open, or for something else.
    func use(_ challenge: [UInt8], for purpose: Purpose, at now: Timestamp) -> Bool {
        guard let found = state.withLock({ $0.remove(challenge) }) else { return false }
        return found.purpose == purpose && found.endsAt > now
    }

    /// How many are open now.
    var count: Int { state.withLock { $0.open.count } }
}
