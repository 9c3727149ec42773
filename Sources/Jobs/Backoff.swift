// How long a failed job waits for its next attempt.
import Core

enum Backoff {
    /// 15 seconds after the first failure, then twice as long each time, at most 6 hours; ±20 % at random, so that
    /// jobs that failed together do not come back together.
    static func delay(afterAttempt attempt: Int, randomness: Randomness = .system) -> Milliseconds {
        let doublings = min(max(attempt - 1, 0), 11)
        let base = min(Int64(15_000) << Int64(doublings), 21_600_000)
        let random = randomness.bytes(2).reduce(Int64(0)) { $0 << 8 | Int64($1) }
        return Milliseconds(base * 4 / 5 + base * 2 / 5 * random / 65_535)
    }
}
