// All SQL of sign-ins through providers.
import Core
import Storage

enum FederationStore {
    /// Notes that a sign-in was completed; false when it was before. What is noted outlives the cookie it is about.
    static func finish(_ flow: SignInFlow, in tx: any Transaction) throws -> Bool {
        // Every new one clears old ones away, so the table never holds much more than those of ten minutes.
        try tx.run(
            """
            DELETE FROM finished_sign_ins WHERE state_hash IN
              (SELECT state_hash FROM finished_sign_ins WHERE expires_at <= \(tx.now) ORDER BY expires_at LIMIT 10)
            """)
        return try tx.run(
            """
            INSERT INTO finished_sign_ins (state_hash, expires_at) VALUES (\(flow.mark), \(flow.endsAt))
            ON CONFLICT (state_hash) DO NOTHING
            """) == 1
    }
}
