// Where passwords are hashed: as many threads as cores, a short queue, and a refusal beyond it.
import Core
import Dispatch
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Hashes and checks passwords away from the threads that answer requests.
///
/// A hash takes 19 MiB and about 18 ms, so no more run at once than there are cores; 64 more may wait, and the next
/// one is answered with 503 at once.
package final class PasswordHasher: Sendable {
    private struct State {
        var running = 0
        var waiting: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let threads = DispatchQueue(label: "raptorflow.passwords", attributes: .concurrent)
    private let width: Int
    private let waitingLimit: Int
    /// What a password is held against when there is no such account, so that the answer takes as long.
    private let decoy: PasswordHash?

    /// - Parameters:
    ///   - width: how many hashes run at once; as many as there are cores unless given.
    ///   - waitingLimit: how many more may wait.
    package init(width: Int? = nil, waitingLimit: Int = 64) {
        self.width = max(1, width ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        self.waitingLimit = waitingLimit
        decoy = try? PasswordHash(of: Base62.random(20))
    }

    /// The PHC string of a password. Throws `overloaded` (503) when too many are waiting.
    package func hash(_ password: String) async throws -> String {
        try await run { try PasswordHash(of: password).text }
    }

    /// Whether a password belongs to a PHC string, and whether that should be hashed anew with today's cost.
    ///
    /// Nil, or a text that is no hash of ours, costs the same and never matches. Throws `overloaded` (503).
    package func check(_ password: String, against stored: String?) async throws -> Verdict {
        let decoy = decoy
        return try await run {
            let hash = stored.flatMap { PasswordHash($0) }
            let isRight = try (hash ?? decoy)?.matches(password) ?? false
            return Verdict(isRight: hash != nil && isRight, isOutdated: hash?.isOutdated ?? false)
        }
    }

    /// What a check found.
    package struct Verdict: Sendable {
        package let isRight: Bool
        package let isOutdated: Bool
    }

    private func run<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Value, any Error>) in
            let isTaken = submit { continuation.resume(with: Result { try work() }) }
            if !isTaken { continuation.resume(throwing: IdentityProblem.hashingOverloaded) }
        }
    }

    private func submit(_ work: @escaping @Sendable () -> Void) -> Bool {
        let starts: Bool? = state.withLock { state in
            if state.running < width {
                state.running += 1
                return true
            }
            guard state.waiting.count < waitingLimit else { return nil }
            state.waiting.append(work)
            return false
        }
        if starts == true { threads.async { [self] in drain(work) } }
        return starts != nil
    }

    /// Does the work, then whatever waits, until nothing does.
    private func drain(_ first: @escaping @Sendable () -> Void) {
        var next: (@Sendable () -> Void)? = first
        while let work = next {
            work()
            next = state.withLock { state in
                guard state.waiting.isEmpty else { return state.waiting.removeFirst() }
                state.running -= 1
                return nil
            }
        }
    }
}
