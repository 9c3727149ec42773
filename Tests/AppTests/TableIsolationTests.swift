// Every table of the product, read and written from the scope of an organisation that must not.
import App
import Core
import Foundation
import Storage
import StorageSQLite
import TestSupport
import Testing

/// Rows of two organisations in every table there is: made by introspection, so that a new table is covered by itself.
struct TableIsolationTests {
    private static let mine = OrganizationID(at: Timestamp(milliseconds: 1_700_000_000_000))
    private static let other = OrganizationID(at: Timestamp(milliseconds: 1_700_000_000_000))

    /// The catalogue: everybody may read it, nobody in an organisation may change it.
    private static let readable: Set = [
        "plans", "plan_versions", "prices", "meters", "features", "plan_entitlements",
    ]

    private struct Table {
        let name: String
        let columns: [(name: String, type: String)]
        var isTenant: Bool { columns.contains { $0.name == "organization_id" } }

        /// Literals for a row of an organisation.
        func values(of organization: OrganizationID, salt: Int) -> String {
            columns.map { column in
                switch (column.name, column.type) {
                case ("organization_id", _): "'\(organization)'"
                case (_, "INTEGER"): "\(1000 + salt)"
                case (_, "BLOB"): "randomblob(32)"
                default: "'\(column.name)-\(salt)'"
                }
            }.joined(separator: ", ")
        }

        var insertion: String {
            "INSERT INTO \(name) (\(columns.map { "\"\($0.name)\"" }.joined(separator: ", "))) VALUES "
        }
    }

    /// A file whose own triggers and checks are out of the way, so that only the scope's protection is left to act.
    private func open() throws -> (database: SQLiteDatabase, tables: [Table]) {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db").path()
        let options = SQLiteDatabase.Options(
            migrations: DatabaseFile.migrations(), visibility: Application.visibility)
        let fresh = try SQLiteDatabase(path: path, options: options)
        let tables = try fresh.read(in: .instance) { tx in try Self.tables(in: tx) }
        let triggers = try fresh.read(in: .instance) { tx in
            try tx.rows("SELECT name FROM sqlite_master WHERE type = 'trigger'") { try $0.text(0) }
        }
        try fresh.close()
        var script = "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON;\n"
        for trigger in triggers { script += "DROP TRIGGER \"\(trigger)\";\n" }
        for table in tables {
            script += "DELETE FROM \(table.name);\n"
            for (salt, organization) in [Self.mine, Self.other].enumerated() {
                script += table.insertion + "(\(table.values(of: organization, salt: salt)));\n"
            }
        }
        try Self.shell(script, on: path)
        return (try SQLiteDatabase(path: path, options: options), tables)
    }

    private static func tables(in tx: any Transaction) throws -> [Table] {
        let names = try tx.rows(
            """
            SELECT name FROM sqlite_master
            WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'schema_migrations' ORDER BY name
            """
        ) { try $0.text(0) }
        return try names.map { name in
            Table(
                name: name,
                columns: try tx.rows(SQL(unchecked: "PRAGMA table_info(\(name))")) {
                    (try $0.text(1), try $0.text(2))
                })
        }
    }

    private static func shell(_ script: String, on path: String) throws {
        let shell = try Command.sqlite(path, script)
        try #require(shell.status == 0, "\(shell.output)")
    }

    private func organizations(_ table: Table, in scope: Scope, _ database: SQLiteDatabase) throws -> [String] {
        try database.read(in: scope) { tx in
            try tx.rows(SQL(unchecked: "SELECT organization_id FROM \(table.name)")) { try $0.text(0) }
        }
    }

    @Test func `TEN-10 no statement reads another organisation's row, in any table`() throws {
        let (database, tables) = try open()
        #expect(tables.count > 20)
        for table in tables where table.isTenant {
            #expect(
                try organizations(table, in: .organization(Self.mine), database) == [Self.mine.text], "\(table.name)")
            #expect(try organizations(table, in: .instance, database).count == 2, "\(table.name)")
        }
        try database.close()
    }

    @Test func `of tables without an organisation only the declared ones show anything`() throws {
        let (database, tables) = try open()
        for table in tables where !table.isTenant {
            let seen = try database.read(in: .organization(Self.mine)) { tx in
                try tx.rows(SQL(unchecked: "SELECT * FROM \(table.name)")) { _ in true }.count
            }
            let isOpen = Self.readable.contains(table.name)
            #expect(seen == (isOpen ? 2 : 0), "\(table.name)")
        }
        #expect(
            Set(Application.visibility.map(\.table)) == Self.readable.union(["organizations", "users"]),
            "A table became visible to organisations: is its condition right, and is it tested?")
        try database.close()
    }

    @Test
    func `TEN-4 and TEN-10 no statement inserts, changes, moves or deletes another organisation's row, in any table`()
        async throws
    {
        let (database, tables) = try open()
        for table in tables {
            for verb in ["INSERT", "UPDATE", "MOVE", "DELETE"] {
                let statement: String =
                    switch verb {
                    case "INSERT": table.insertion + "(\(table.values(of: Self.other, salt: 7)))"
                    case "UPDATE":
                        "UPDATE \(table.name) SET \"\(table.columns[0].name)\" = \"\(table.columns[0].name)\""
                    case "MOVE": "UPDATE \(table.name) SET organization_id = '\(Self.other)'"
                    default: "DELETE FROM \(table.name)"
                    }
                if verb == "MOVE", !table.isTenant { continue }
                let error = await refusal(of: statement, database)
                if !table.isTenant || verb == "INSERT" || verb == "MOVE" {
                    #expect(error?.hasPrefix("scope: ") == true, "\(verb) \(table.name): \(error ?? "it was allowed")")
                }
            }
            let left = try database.read(in: .instance) { tx in
                try tx.rows(SQL(unchecked: "SELECT * FROM \(table.name)")) { _ in true }.count
            }
            #expect(left >= (table.isTenant ? 1 : 2), "\(table.name)")
            guard table.isTenant else { continue }
            let owners = try organizations(table, in: .instance, database)
            #expect(owners.filter { $0 == Self.other.text }.count == 1, "\(table.name)")
        }
        try database.close()
    }

    /// What a unit in the scope of my organisation is refused with; nil when it went through.
    private func refusal(of statement: String, _ database: SQLiteDatabase) async -> String? {
        do {
            _ = try await database.write(in: .organization(Self.mine), by: .system("test")) { tx in
                try tx.run(SQL(unchecked: statement))
            }
            return nil
        } catch StorageError.constraint(let words) {
            return words
        } catch { return "\(error)" }
    }
}
