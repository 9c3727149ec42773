// Seals the instance's keys with a new master key, while a server runs or not.
import Audit
package import Core
package import Storage
import Web

/// What `secrets rotate` does.
///
/// A new key is in the file, in front of the old one, before anything is sealed with it; then one transaction seals all
/// of the instance's keys anew. Whatever ends the process in between, everything opens with a key that is in the file.
/// A running server opened its keys when it started and needs no master key since.
package struct MasterKeyRotation: Sendable {
    /// The ids of the key that everything is sealed with now.
    package let current: String
    /// How many keys were sealed anew; 0 when all were already.
    package let count: Int

    private static let actor = Actor.system("secrets rotate")

    /// Throws `MasterKeyProblem`; then nothing was changed.
    package static func run(
        _ source: MasterKeySource, on database: any Database, randomness: Randomness = .system
    ) async throws -> MasterKeyRotation {
        let stored = try database.read(in: .instance) { tx in try InstanceKeysStore.all(in: tx) }
        if stored.isEmpty { throw MasterKeyProblem.nothingSealed }
        if source.configured != nil {
            guard let ring = try source.ring() else { throw MasterKeyProblem.missing(source.file) }
            let rotation = try await seal(with: ring, on: database)
            guard rotation.count > 0 || source.previous != nil else { throw MasterKeyProblem.noSuccessor }
            return rotation
        }
        var file = try MasterKeyFile(toChange: source.file)
        defer { file.release() }
        if let ring = try source.ring(of: file.keys), try isDone(stored, with: ring),
            let new = MasterKey(bytes: randomness.bytes(32))
        {
            try file.add(new)
        }
        // What an interrupted rotation left is finished instead of making another key.
        guard let ring = try source.ring(of: file.keys) else { throw MasterKeyProblem.missing(source.file) }
        return try await seal(with: ring, on: database)
    }

    /// Whether all is sealed with the present key; throws `wrong` when something is sealed with a key that is not here.
    private static func isDone(_ stored: [String: [UInt8]], with ring: MasterKeyRing) throws -> Bool {
        for (name, sealed) in stored { _ = try ring.open(sealed, name: name) }
        return stored.allSatisfy { ring.current.open($0.value, name: $0.key) != nil }
    }

    private static func seal(with ring: MasterKeyRing, on database: any Database) async throws -> MasterKeyRotation {
        try await database.write(in: .instance, by: actor) { tx in
            var count = 0
            for (name, sealed) in try InstanceKeysStore.all(in: tx).sorted(by: { $0.key < $1.key }) {
                if ring.current.open(sealed, name: name) != nil { continue }
                let secret = try ring.open(sealed, name: name)
                try InstanceKeysStore.replace(name, try ring.current.seal(secret, name: name), by: ring.current, in: tx)
                count += 1
            }
            if count > 0 {
                try Audit.record(
                    "master_key.rotated", on: .init("master_key", ring.current.id),
                    .object(["keys": .integer(Int64(count))]), in: tx)
            }
            return MasterKeyRotation(current: ring.current.id, count: count)
        }
    }
}
