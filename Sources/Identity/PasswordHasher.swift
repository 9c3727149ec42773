// Where passwords are hashed: as many threads as cores, a short queue, and a refusal beyond it.
import Core
import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// Hashes and checks passwords away from the threads that answer requests.
///
/// A hash takes 19 MiB and about 18 ms, so no more run at once than there are cores; 64 more may wait, and the next
/// one is answered with 503 at once. The threads yield to those that answer requests: without that, whoever reads
/// beside a storm of sign-ins waits for whole hashes.
package final class PasswordHasher: Sendable {
    /// What the threads share; they hold on to nothing else, so that they end with the hasher.
    private final class Work: Sendable {
        struct State {
            var running = 0
            var waiting: [@Sendable () -> Void] = []
            var isOver = false
        }

        let state = Mutex(State())
        let arrived = DispatchSemaphore(value: 0)

        /// The next piece of work, when there is some; nil when there will be none.
        func next() -> (@Sendable () -> Void)? {
            arrived.wait()
            return state.withLock { state in
                guard !state.isOver, !state.waiting.isEmpty else { return nil }
                state.running += 1
                return state.waiting.removeFirst()
            }
        }

        func finish() { state.withLock { $0.running -= 1 } }
    }

    private let work = Work()
    private let width: Int
    private let waitingLimit: Int
    /// About a tenth of what a thread of the usual priority gets, while one of those wants the core.
    private static let niceness: Int32 = 10
    /// What a password is held against when there is no such account, so that the answer takes as long.
    private let decoy: PasswordHash?

    /// - Parameters:
    ///   - width: how many hashes run at once; as many as there are cores unless given.
    ///   - waitingLimit: how many more may wait.
    package init(width: Int? = nil, waitingLimit: Int = 64) {
        self.width = max(1, width ?? Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        self.waitingLimit = waitingLimit
        decoy = try? PasswordHash(of: Base62.random(20))
        for _ in 0..<self.width { Self.start(work) }
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

    private func submit(_ piece: @escaping @Sendable () -> Void) -> Bool {
        let isTaken = work.state.withLock { state in
            // Those that run are at most `width`; who comes while one is free does not wait.
            guard state.running + state.waiting.count < width + waitingLimit else { return false }
            state.waiting.append(piece)
            return true
        }
        if isTaken { work.arrived.signal() }
        return isTaken
    }

    /// Starts one of the threads.
    private static func start(_ work: Work) {
        let thread = Thread {
            #if canImport(Glibc)
                setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
            #endif
            while let piece = work.next() {
                piece()
                work.finish()
            }
        }
        thread.name = "passwords"
        thread.start()
    }

    deinit {
        work.state.withLock { $0.isOver = true }
        for _ in 0..<width { work.arrived.signal() }
    }
}
