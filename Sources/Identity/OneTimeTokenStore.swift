// All SQL of one-time tokens.
import Core
import Storage

/// What a one-time token is good for.
enum TokenPurpose: String, SQLBindable {
    case setUp = "set_up"
    case passwordReset = "password_reset"
    /// Makes an account for the address that it was mailed to.
    case signUp = "sign_up"
    /// Takes the code of a sign-in whose password was right.
    case secondFactor = "second_factor"
    case verifyEmail = "verify_email"
    case magicLink = "magic_link"
    case changeEmail = "change_email"
    case undoEmail = "undo_email"
}

/// Whom a one-time token is for, and what it is about.
struct TokenSubject {
    let user: UserID
    /// An address, or how the first step of a sign-in was done.
    let text: String?
}

enum OneTimeTokenStore {
    /// Puts a token in the place of any earlier one for the same purpose and person.
    static func replace(
        _ purpose: TokenPurpose, of user: UserID?, subject: String? = nil, hash: [UInt8], lifetime: Milliseconds,
        in tx: any Transaction
    ) throws {
        try delete(purpose, of: user, in: tx)
        try insert(purpose, of: user, subject: subject, hash: hash, lifetime: lifetime, in: tx)
    }

    /// Adds a token beside others of the same purpose and person.
    static func insert(
        _ purpose: TokenPurpose, of user: UserID?, subject: String? = nil, hash: [UInt8], lifetime: Milliseconds,
        in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO one_time_tokens (token_hash, purpose, user_id, subject, created_at, expires_at)
            VALUES (\(hash), \(purpose), \(user), \(subject), \(tx.now), \(tx.now.adding(lifetime)))
            """)
    }

    static func delete(_ purpose: TokenPurpose, of user: UserID?, in tx: any Transaction) throws {
        let owner: SQL = user.map { "user_id = \($0)" } ?? "user_id IS NULL"
        try tx.run("DELETE FROM one_time_tokens WHERE purpose = \(purpose) AND \(owner)")
    }

    static func wasIssued(
        _ purpose: TokenPurpose, of user: UserID, since: Timestamp, in tx: any Transaction
    ) throws -> Bool {
        try tx.exists(
            "SELECT 1 FROM one_time_tokens WHERE user_id = \(user) AND purpose = \(purpose) AND created_at > \(since)")
    }

    static func isUsable(_ purpose: TokenPurpose, hash: [UInt8], in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM one_time_tokens
            WHERE token_hash = \(hash) AND purpose = \(purpose) AND expires_at > \(tx.now)
            """)
    }

    static func user(_ purpose: TokenPurpose, hash: [UInt8], in tx: any Transaction) throws -> UserID? {
        try subject(purpose, hash: hash, in: tx)?.user
    }

    static func subject(_ purpose: TokenPurpose, hash: [UInt8], in tx: any Transaction) throws -> TokenSubject? {
        try tx.first(
            """
            SELECT user_id, subject FROM one_time_tokens
            WHERE token_hash = \(hash) AND purpose = \(purpose) AND expires_at > \(tx.now) AND user_id IS NOT NULL
            """
        ) { TokenSubject(user: try $0.id(0), text: $0.optionalText(1)) }
    }

    /// Uses a token up; false when somebody else just did.
    static func use(_ hash: [UInt8], in tx: any Transaction) throws -> Bool {
        try tx.run("DELETE FROM one_time_tokens WHERE token_hash = \(hash)") == 1
    }

    /// The address of a token that belongs to nobody yet.
    static func address(_ purpose: TokenPurpose, hash: [UInt8], in tx: any Transaction) throws -> String? {
        try tx.first(
            """
            SELECT subject FROM one_time_tokens
            WHERE token_hash = \(hash) AND purpose = \(purpose) AND expires_at > \(tx.now) AND user_id IS NULL
            """
        ) { $0.optionalText(0) } ?? nil
    }

    /// Puts a token in the place of any earlier one for the same purpose and address.
    static func replace(
        _ purpose: TokenPurpose, for address: String, hash: [UInt8], lifetime: Milliseconds, in tx: any Transaction
    ) throws {
        try tx.run("DELETE FROM one_time_tokens WHERE subject = \(address) AND purpose = \(purpose)")
        try insert(purpose, of: nil, subject: address, hash: hash, lifetime: lifetime, in: tx)
    }

    static func wasIssued(
        _ purpose: TokenPurpose, for address: String, since: Timestamp, in tx: any Transaction
    ) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM one_time_tokens
            WHERE subject = \(address) AND purpose = \(purpose) AND created_at > \(since)
            """)
    }
}
