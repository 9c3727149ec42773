// The stored form of a password: a PHC string, `$argon2id$v=19$m=19456,t=2,p=1$salt$tag`.
import Core

/// A password's hash with everything needed to check it.
struct PasswordHash: Sendable, Equatable {
    let cost: Argon2.Cost
    let salt: [UInt8]
    let tag: [UInt8]
}

extension PasswordHash {
    /// Hashes a password with 16 random bytes of salt and today's cost; takes about 18 ms of this thread.
    init(of password: String, randomness: Randomness = .system) throws {
        let salt = randomness.bytes(16)
        let tag = try Argon2.tag(of: Array(password.utf8), salt: salt, cost: .current)
        self.init(cost: .current, salt: salt, tag: tag)
    }

    /// Reads a PHC string; nil when it is none, names another function or asks for more than a hash may cost.
    init?(_ text: String) {
        let parts = text.split(separator: "$", omittingEmptySubsequences: false)
        guard parts.count == 6, parts[0].isEmpty, parts[1] == "argon2id", parts[2] == "v=19",
            let cost = Self.cost(parts[3]), cost.isBearable, let salt = Base64.decode(parts[4]),
            let tag = Base64.decode(parts[5]), (8...64).contains(salt.count), (16...64).contains(tag.count)
        else { return nil }
        self.init(cost: cost, salt: salt, tag: tag)
    }

    private static func cost(_ text: Substring) -> Argon2.Cost? {
        let fields = text.split(separator: ",")
        guard fields.count == 3, fields[0].hasPrefix("m="), fields[1].hasPrefix("t="), fields[2].hasPrefix("p="),
            let memory = UInt32(fields[0].dropFirst(2)), let passes = UInt32(fields[1].dropFirst(2)),
            let lanes = UInt32(fields[2].dropFirst(2))
        else { return nil }
        return Argon2.Cost(memory: memory, passes: passes, lanes: lanes)
    }

    /// The PHC string.
    var text: String {
        "$argon2id$v=19$m=\(cost.memory),t=\(cost.passes),p=\(cost.lanes)$\(Base64.encode(salt))$\(Base64.encode(tag))"
    }

    /// Whether it was made with less than today's cost.
    var isOutdated: Bool { cost != .current }

    /// Whether the password is the one; compares in constant time.
    func matches(_ password: String) throws -> Bool {
        let found = try Argon2.tag(of: Array(password.utf8), salt: salt, cost: cost, length: tag.count)
        return zip(found, tag).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// Base64 with the standard alphabet and without padding, as PHC strings spell it.
private enum Base64 {
    static func encode(_ bytes: [UInt8]) -> String {
        String(Base64URL.encode(bytes).map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
    }

    static func decode(_ text: Substring) -> [UInt8]? {
        guard !text.contains(where: { $0 == "-" || $0 == "_" }) else { return nil }
        return Base64URL.decode(String(text.map { $0 == "+" ? "-" : $0 == "/" ? "_" : $0 }))
    }
}
