// All SQL of known devices.
import Core
import Storage

enum KnownDevicesStore {
    /// True when the device was not known.
    static func note(_ mark: [UInt8], of user: UserID, in tx: any Transaction) throws -> Bool {
        let isKnown =
            try tx.run(
                "UPDATE known_devices SET last_seen_at = \(tx.now) WHERE user_id = \(user) AND mark = \(mark)") == 1
        if isKnown { return false }
        try tx.run("INSERT INTO known_devices (user_id, mark, last_seen_at) VALUES (\(user), \(mark), \(tx.now))")
        return true
    }

    static func has(_ mark: [UInt8], of user: UserID, in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM known_devices WHERE user_id = \(user) AND mark = \(mark)")
    }

    /// Whether anybody signed in from the device before.
    static func has(_ mark: [UInt8], in tx: any Transaction) throws -> Bool {
        try tx.exists("SELECT 1 FROM known_devices WHERE mark = \(mark)")
    }

    static func count(of user: UserID, in tx: any Transaction) throws -> Int {
        Int(try tx.first("SELECT count(*) FROM known_devices WHERE user_id = \(user)") { try $0.int(0) } ?? 0)
    }

    /// Forgets the devices that were seen longest ago.
    static func trim(to limit: Int, of user: UserID, in tx: any Transaction) throws {
        try tx.run(
            """
            DELETE FROM known_devices WHERE user_id = \(user) AND mark NOT IN
              (SELECT mark FROM known_devices WHERE user_id = \(user) ORDER BY last_seen_at DESC, mark LIMIT \(limit))
            """)
    }
}
