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
    ///   - source: where the master key is; one is made in its file for a database that was never sealed.
    ///
    /// Throws `MasterKeyProblem`, in sentences for the person who starts the program.
    package static func unlock(
        _ names: [String], with source: MasterKeySource, database: any Database, randomness: Randomness = .system
    ) async throws -> InstanceKeys {
        let stored = try database.read(in: .instance) { tx in try InstanceKeysStore.all(in: tx) }
        var ring = try source.ring()
        var made: String?
        if ring == nil, stored.isEmpty {
            ring = MasterKeyRing(current: try MasterKeyFile.make(source.file, randomness: randomness), older: [])
            made = source.file
        }
        guard let ring else { throw MasterKeyProblem.missing(source.file) }
        var keys: [String: [UInt8]] = [:]
        for (name, sealed) in stored { keys[name] = try ring.open(sealed, name: name) }
        for name in names where keys[name] == nil {
            let key = randomness.bytes(32)
            let sealed = try ring.current.seal(key, name: name)
            let isFirst = try await database.write(in: .instance, by: .system("first start")) { tx in
                try InstanceKeysStore.insert(name, sealed, by: ring.current, in: tx)
            }
            // Two processes may start at once on a new file: the one that came second takes the other's key.
            keys[name] = isFirst ? key : try reread(name, ring, database)
        }
        return InstanceKeys(keys: keys, madeMasterKeyFile: made)
    }

    /// How the keys open with what is here: for `doctor`. Throws `MasterKeyProblem`.
    package static func check(_ source: MasterKeySource, in tx: any Transaction) throws -> (keys: Int, byOlder: Int) {
        let stored = try InstanceKeysStore.all(in: tx)
        if stored.isEmpty { return (0, 0) }
        guard let ring = try source.ring() else { throw MasterKeyProblem.missing(source.file) }
        for (name, sealed) in stored { _ = try ring.open(sealed, name: name) }
        return (stored.count, stored.count { ring.current.open($0.value, name: $0.key) == nil })
    }

    /// A key of an instance that is only looked at; nil when it was never made or no master key is here.
    package static func find(_ name: String, with source: MasterKeySource, in tx: any Transaction) throws -> [UInt8]? {
        guard let sealed = try InstanceKeysStore.all(in: tx)[name], let ring = try source.ring() else { return nil }
        return try ring.open(sealed, name: name)
    }

    /// A key as a list shows it.
    package struct Listed: Sendable {
        package let name: String
        /// Of the master key that sealed it; nil when that was before the ids were noted.
        package let masterKeyID: String?
        package let sealedAt: Timestamp
    }

    /// Every key and what sealed it, by name. Scope: instance.
    package static func list(in tx: any Transaction) throws -> [Listed] { try InstanceKeysStore.seals(in: tx) }

    private static func reread(_ name: String, _ ring: MasterKeyRing, _ database: any Database) throws -> [UInt8] {
        let stored = try database.read(in: .instance) { tx in try InstanceKeysStore.all(in: tx) }
        guard let sealed = stored[name] else { throw MasterKeyProblem.wrong }
        return try ring.open(sealed, name: name)
    }
}
