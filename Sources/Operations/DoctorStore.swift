// All SQL and all engine questions of the doctor.
import Core
import Storage

enum DoctorStore {
    /// The number of the newest migration the file has.
    static func schemaVersion(in tx: any Transaction) throws -> Int {
        try tx.first("SELECT max(number) FROM schema_migrations") { Int(try $0.int(0)) } ?? 0
    }

    /// The engine's own check of the file; nil when it finds nothing.
    static func damage(in tx: any Transaction) throws -> String? {
        let words = try tx.rows(SQL(unchecked: "PRAGMA quick_check(1)")) { try $0.text(0) }
        return words == ["ok"] ? nil : words.first ?? "no answer"
    }

    /// The first row that points to nothing, as `table row`; nil when there is none.
    static func brokenReference(in tx: any Transaction) throws -> String? {
        try tx.first(SQL(unchecked: "PRAGMA foreign_key_check")) { row in
            "\(try row.text(0)), row \(row.optionalInt(1).map(String.init) ?? "?"), refers to \(try row.text(2))"
        }
    }

    /// The instant of the newest record; nil for a new instance.
    static func newestRecord(in tx: any Transaction) throws -> Timestamp? {
        try tx.first("SELECT max(at) FROM audit_events") { $0.optionalTime(0) } ?? nil
    }
}
