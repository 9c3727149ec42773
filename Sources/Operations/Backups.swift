// Copies of the whole database: one that is always fresh, and those somebody asked for.
package import Core
import Foundation
import Storage

/// One file in the folder of backups.
package struct Backup: Codable, Sendable {
    /// `latest.db`, or the instant it was taken: `2026-11-23T05-31-38.db`.
    package let name: String
    /// Its size in bytes.
    package let bytes: Int64
    package let createdAt: Timestamp

    enum CodingKeys: String, CodingKey {
        case name, bytes
        case createdAt = "created_at"
    }
}

/// The folder of backups. Every file in it that ends in `.db` is complete at any time: it is checked and then renamed
/// into place.
struct BackupFolder: Sendable {
    let path: String

    /// The copy that a job refreshes every hour.
    static let latest = "latest.db"

    /// What there is: the latest first, then the others from new to old.
    func list() -> [Backup] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return names.filter { $0.hasSuffix(".db") }.compactMap(backup)
            .sorted { ($0.name == Self.latest ? "~" : $0.name) > ($1.name == Self.latest ? "~" : $1.name) }
    }

    private func backup(_ name: String) -> Backup? {
        guard let status = FileStatus(file(name)) else { return nil }
        return Backup(name: name, bytes: status.bytes, createdAt: status.changedAt)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }

    func make() throws {
        guard FileStatus(path) == nil else { return }
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}

/// Takes backups.
struct Backups: Sendable {
    let folder: BackupFolder
    let database: any Database

    /// Copies that were asked for; the oldest is removed when there are more.
    static let keptLimit = 14

    /// Refreshes `latest.db`.
    func refresh() async throws { try await copy(to: BackupFolder.latest) }

    /// Takes a copy that is named by its instant and kept until `keptLimit` newer ones exist.
    func take() async throws {
        let instant = database.clock.now.description.prefix(19).map { $0 == ":" ? "-" : String($0) }.joined()
        try await copy(to: instant + ".db")
        for old in folder.list().filter({ $0.name != BackupFolder.latest }).dropFirst(Self.keptLimit) {
            try FileManager.default.removeItem(atPath: folder.file(old.name))
        }
    }

    private func copy(to name: String) async throws {
        try folder.make()
        try await database.backup(to: folder.file(name)) { _, _ in }
        // A backup holds everything, so only its owner reads it.
        chmod(folder.file(name), 0o600)
    }
}

/// What the file system says of a file.
struct FileStatus {
    let bytes: Int64
    let changedAt: Timestamp
    /// The nine permission bits.
    let permissions: UInt32
    let owner: UInt32

    /// Nil when there is no such file or it can't be seen.
    init?(_ path: String) {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        bytes = Int64(status.st_size)
        changedAt = Timestamp(
            milliseconds: Int64(status.st_mtim.tv_sec) * 1000 + Int64(status.st_mtim.tv_nsec) / 1_000_000)
        permissions = status.st_mode & 0o777
        owner = status.st_uid
    }
}
