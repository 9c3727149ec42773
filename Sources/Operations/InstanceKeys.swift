// The instance's own keys: random, made on first start, sealed in the database.
package import Core
package import Storage

/// Secret bytes by name, opened with the master key.
package struct InstanceKeys: Sendable {
    private let keys: [String: [UInt8]]
    /// The file a new master key was written to by this start; nil when there was one already.
    package let madeMasterKeyFile: String?

    /// The 32 bytes of a key that was asked for when the keys were opened; throws `MasterKeyProblem.wrong` otherwise.
    package func bytes(_ name: String) throws -> [UInt8] {
        guard let key = keys[name] else { throw MasterKeyProblem.wrong }
        return key
    }

    /// Opens the keys of an instance, and makes those that are missing.
    ///
    /// - Parameters:
    ///   - names: what the program needs, such as `cursors`.
    ///   - configured: the master key as it was configured; nil looks into `file`.
    ///   - file: where a master key is kept, and made for a database that was never sealed.
    ///
    /// Throws `MasterKeyProblem`, in sentences for the person who starts the program.
    package static func unlock(
        _ names: [String], configured: String?, file: String, database: any Database,
        randomness: Randomness = .system
    ) async throws -> InstanceKeys {
        let stored = try database.read(in: .instance) { tx in try InstanceKeysStore.all(in: tx) }
        let (master, isNew) = try masterKey(configured, file, isFirstStart: stored.isEmpty)
        var keys: [String: [UInt8]] = [:]
        for (name, sealed) in stored { keys[name] = try master.open(sealed, name: name) }
        for name in names where keys[name] == nil {
            let key = randomness.bytes(32)
            let sealed = try master.seal(key, name: name)
            let isFirst = try await database.write(in: .instance, by: .system("first start")) { tx in
                try InstanceKeysStore.insert(name, sealed, in: tx)
            }
            // Two processes may start at once on a new file: the one that came second takes the other's key.
            keys[name] = isFirst ? key : try reread(name, master, database)
        }
        return InstanceKeys(keys: keys, madeMasterKeyFile: isNew ? file : nil)
    }

    /// Whether the master key of an instance is there and right: for `doctor`. Throws `MasterKeyProblem`.
    static func check(configured: String?, file: String, in tx: any Transaction) throws -> Int {
        let stored = try InstanceKeysStore.all(in: tx)
        if stored.isEmpty { return 0 }
        let (master, _) = try masterKey(configured, file, isFirstStart: false)
        for (name, sealed) in stored { _ = try master.open(sealed, name: name) }
        return stored.count
    }

    /// A key of an instance that is only looked at; nil when it was never made or no master key is here.
    package static func find(
        _ name: String, configured: String?, file: String, in tx: any Transaction
    ) throws -> [UInt8]? {
        guard let sealed = try InstanceKeysStore.all(in: tx)[name] else { return nil }
        do {
            return try masterKey(configured, file, isFirstStart: false).key.open(sealed, name: name)
        } catch MasterKeyProblem.missing {
            return nil
        }
    }

    private static func reread(_ name: String, _ master: MasterKey, _ database: any Database) throws -> [UInt8] {
        let stored = try database.read(in: .instance) { tx in try InstanceKeysStore.all(in: tx) }
        guard let sealed = stored[name] else { throw MasterKeyProblem.wrong }
        return try master.open(sealed, name: name)
    }

    private static func masterKey(
        _ configured: String?, _ file: String, isFirstStart: Bool
    ) throws -> (key: MasterKey, isNew: Bool) {
        if let configured {
            guard let key = MasterKey(configured) else { throw MasterKeyProblem.malformed("the option master_key") }
            return (key, false)
        }
        if let key = try MasterKey.read(fromFile: file) { return (key, false) }
        guard isFirstStart else { throw MasterKeyProblem.missing(file) }
        return (try MasterKey.make(inFile: file), true)
    }
}
