// What is and is not right with an instance, as a list of traffic lights.
import Billing
import Core
import Foundation
package import Storage

/// Examines an instance; changes nothing.
package struct Doctor: Sendable {
    /// Green: right. Yellow: look at it. Red: mend it.
    package enum Light: String, Sendable { case green, yellow, red }

    /// One thing that was examined.
    package struct Finding: Sendable {
        package let name: String
        package let light: Light
        /// What it is and, unless it is green, what to do.
        package let text: String

        package init(_ name: String, _ light: Light, _ text: String) {
            self.name = name
            self.light = light
            self.text = text
        }
    }

    let facts: InstanceFacts
    let backups: BackupFolder

    package init(facts: InstanceFacts) {
        self.facts = facts
        backups = BackupFolder(path: facts.backupFolder)
    }

    /// What lies in the file itself: for a backup that is to be restored. Scope: instance.
    ///
    /// Books and audit log are verified where the schema is this program's; it can't read those of an older one.
    package func contents(in tx: any Transaction) throws -> [Finding] {
        let schema = try schema(in: tx)
        let verified = schema.light == .green ? facts.verifications.map { verify($0, in: tx) } : []
        return [try integrity(in: tx), try references(in: tx), schema, masterKey(in: tx)] + verified
    }

    /// What can be seen at once: for the operator's page. Scope: instance.
    package func quick(in tx: any Transaction) throws -> [Finding] {
        [file, log, disk, try schema(in: tx), backupAge(now: tx.now), try clock(in: tx)]
            + [publicURL, mail, payments, masterKey(in: tx), openFiles]
    }

    /// Everything, including what reads the whole file: for the command. Scope: instance.
    package func thorough(in tx: any Transaction) throws -> [Finding] {
        let quick = try quick(in: tx)
        return Array(quick.prefix(3)) + [try integrity(in: tx), try references(in: tx)]
            + facts.verifications.map { verify($0, in: tx) } + quick.dropFirst(3)
    }

    // MARK: - Files

    private var file: Finding {
        guard let status = FileStatus(facts.databasePath) else {
            return Finding("Database file", .red, "\(facts.databasePath) is not there. Start the server to make it.")
        }
        let size = "\(facts.databasePath), \(Self.size(status.bytes))"
        if access(facts.databasePath, W_OK) != 0 {
            return Finding("Database file", .red, "\(size), can't be written by this user. Mend its owner or mode.")
        }
        if status.permissions & 0o007 != 0 {
            return Finding(
                "Database file", .yellow,
                "\(size), can be read by every user of this machine. Run: chmod 600 \(facts.databasePath)")
        }
        return Finding("Database file", .green, size)
    }

    private var log: Finding {
        let bytes = FileStatus(facts.databasePath + "-wal")?.bytes ?? 0
        guard bytes > 256 << 20 else {
            return Finding("Write-ahead log", .green, bytes == 0 ? "empty" : Self.size(bytes))
        }
        return Finding(
            "Write-ahead log", .yellow,
            "\(Self.size(bytes)): a reader keeps it from being moved into the file. Restart the server if it stays.")
    }

    private var disk: Finding {
        var status = statvfs()
        let folder = Self.folder(of: facts.databasePath)
        guard statvfs(folder, &status) == 0 else {
            return Finding("Disk space", .red, "The folder \(folder) can't be examined.")
        }
        let free = Int64(clamping: UInt64(status.f_bavail).multipliedReportingOverflow(by: UInt64(status.f_frsize)).0)
        let needed = FileStatus(facts.databasePath)?.bytes ?? 0
        if free < 200 << 20 {
            return Finding("Disk space", .red, "\(Self.size(free)) free. Make room now: writes will be refused.")
        }
        if free < max(1 << 30, needed) {
            return Finding("Disk space", .yellow, "\(Self.size(free)) free: too little for another copy. Make room.")
        }
        return Finding("Disk space", .green, "\(Self.size(free)) free")
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    /// `12.3 MB`.
    static func size(_ bytes: Int64) -> String {
        let units: [(Int64, String)] = [(1 << 40, "TB"), (1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "KB")]
        guard let (unit, name) = units.first(where: { bytes >= $0.0 }) else { return "\(bytes) bytes" }
        return "\(bytes / unit).\(bytes % unit * 10 / unit) \(name)"
    }

    // MARK: - Contents

    private func integrity(in tx: any Transaction) throws -> Finding {
        guard let damage = try DoctorStore.damage(in: tx) else {
            return Finding("Integrity", .green, "every page of the file is sound")
        }
        return Finding(
            "Integrity", .red, "\(damage). Stop the server, keep the file, and restore the newest good backup.")
    }

    private func references(in tx: any Transaction) throws -> Finding {
        guard let broken = try DoctorStore.brokenReference(in: tx) else {
            return Finding("References", .green, "every row that points to another one finds it")
        }
        return Finding(
            "References", .red, "\(broken) that is not there. The file was changed by hand; restore a backup.")
    }

    private func verify(_ verification: InstanceFacts.Verification, in tx: any Transaction) -> Finding {
        do {
            switch try verification.run(tx) {
            case .good(let words): return Finding(verification.name, .green, words)
            case .bad(let words): return Finding(verification.name, .red, words)
            }
        } catch {
            return Finding(verification.name, .red, "It can't be verified: \(error)")
        }
    }

    private func schema(in tx: any Transaction) throws -> Finding {
        let found = try DoctorStore.schemaVersion(in: tx)
        if found == facts.schemaVersion {
            return Finding("Schema", .green, "version \(found), as this program expects")
        }
        return found < facts.schemaVersion
            ? Finding(
                "Schema", .yellow,
                "version \(found); this program brings \(facts.schemaVersion). Run: raptorflow migrate")
            : Finding("Schema", .red, "version \(found) is newer than this program. Start the newer program.")
    }

    private func clock(in tx: any Transaction) throws -> Finding {
        if tx.now < Timestamp(milliseconds: 1_767_225_600_000) {
            return Finding("Clock", .red, "It says \(tx.now), which has passed. Set the clock of this machine.")
        }
        // A file of an older schema has no such clock; that it is old is a finding of its own.
        let (doubt, ahead) = (try? (Billing.clockDoubt(in: tx), Billing.testClockAhead(in: tx))) ?? (nil, .days(0))
        if let doubt {
            return Finding(
                "Clock", .red,
                "\(doubt) Nothing is billed until it is right, or until an operator says so on the page Clock.")
        }
        // In sandbox mode time may have been moved ahead of this machine's.
        if let newest = try DoctorStore.newestRecord(in: tx), newest > tx.now.adding(ahead).adding(.minutes(1)) {
            return Finding(
                "Clock", .red,
                "It says \(tx.now), but the newest record is of \(newest). The clock was moved back; set it right.")
        }
        return Finding("Clock", .green, "\(tx.now)")
    }
}
