// The engine's own refusal of other organisations' rows.
import Core
import Foundation
import Storage
import StorageSQLite
import Testing

struct TenancyTests {
    let one = OrganizationID(at: Timestamp(milliseconds: 1))
    let two = OrganizationID(at: Timestamp(milliseconds: 2))

    /// A file with one tenant table, one shared table, and a row for each organisation.
    private func open() async throws -> SQLiteDatabase {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).db").path()
        let text = """
            CREATE TABLE items (id TEXT PRIMARY KEY, organization_id TEXT NOT NULL, v INTEGER NOT NULL) STRICT;
            CREATE TABLE people (id TEXT PRIMARY KEY, v INTEGER NOT NULL) STRICT;
            CREATE TABLE secrets (id TEXT PRIMARY KEY) STRICT;
            """
        let database = try SQLiteDatabase(
            path: path,
            options: .init(
                migrations: [Migration(number: 1, name: "0001_test", text: text)],
                visibility: [Visibility(readable: "people", where: "v = 1")]))
        let (one, two) = (one, two)
        try await database.write(in: .instance, by: .system("test")) { tx in
            try tx.run("INSERT INTO items (id, organization_id, v) VALUES ('a', \(one), 1), ('b', \(two), 2)")
            try tx.run("INSERT INTO people (id, v) VALUES ('p', 1), ('q', 2)")
            try tx.run("INSERT INTO secrets (id) VALUES ('s')")
        }
        return database
    }

    @Test func `a statement without any WHERE sees only its organisation's rows`() async throws {
        let database = try await open()
        let seen = try database.read(in: .organization(one)) { tx in
            try tx.rows("SELECT id FROM items") { try $0.text(0) }
        }
        #expect(seen == ["a"])
        #expect(try database.read(in: .instance) { try $0.rows("SELECT id FROM items") { try $0.text(0) } }.count == 2)
    }

    @Test func `an update and a delete without any WHERE leave the others' rows alone`() async throws {
        let database = try await open()
        _ = try await database.write(in: .organization(one), by: .system("test")) {
            try $0.run("UPDATE items SET v = 9")
        }
        _ = try await database.write(in: .organization(one), by: .system("test")) { try $0.run("DELETE FROM items") }
        let left = try database.read(in: .instance) { tx in
            try tx.rows("SELECT id, v FROM items") { "\(try $0.text(0))\(try $0.int(1))" }
        }
        #expect(left == ["b2"])
    }

    @Test func `a row can't be inserted for, moved to or taken from another organisation`() async throws {
        let database = try await open()
        let (one, two) = (one, two)
        await #expect(throws: StorageError.constraint("scope: a row of another organisation")) {
            _ = try await database.write(in: .organization(one), by: .system("test")) {
                try $0.run("INSERT INTO items (id, organization_id, v) VALUES ('c', \(two), 1)")
            }
        }
        await #expect(throws: StorageError.constraint("scope: a row moved to another organisation")) {
            _ = try await database.write(in: .organization(one), by: .system("test")) {
                try $0.run("UPDATE items SET organization_id = \(two)")
            }
        }
        let returned = try await database.write(in: .organization(one), by: .system("test")) { tx in
            try tx.rows(
                """
                INSERT INTO items (id, organization_id, v) VALUES ('b', \(one), 7)
                ON CONFLICT (id) DO UPDATE SET v = 7 RETURNING id
                """
            ) { try $0.text(0) }
        }
        #expect(returned.isEmpty)
    }

    @Test func `an organisation reads what a rule shows of a shared table and changes none of it`() async throws {
        let database = try await open()
        let seen = try database.read(in: .organization(one)) { tx in
            (
                try tx.rows("SELECT id FROM people") { try $0.text(0) },
                try tx.rows("SELECT id FROM secrets") { try $0.text(0) }
            )
        }
        #expect(seen.0 == ["p"])
        #expect(seen.1.isEmpty)
        await #expect(throws: StorageError.constraint("scope: people is the instance's own")) {
            _ = try await database.write(in: .organization(one), by: .system("test")) {
                try $0.run("UPDATE people SET v = 3")
            }
        }
    }

    @Test(arguments: [
        "SELECT id FROM main.items", "SELECT id FROM \"main\".items", "PRAGMA table_info(items)",
        "INSERT OR REPLACE INTO items VALUES ('b', 'x', 1)", "ATTACH 'x.db' AS y", "DROP TABLE items",
        "SELECT id FROM TEMP.items", "UPDATE OR REPLACE items SET id = 'b'",
        "WITH x AS (SELECT 1) DELETE FROM items", "CREATE TABLE t (a)",
    ])
    func `a statement that would go around the views is refused`(text: String) async throws {
        let database = try await open()
        await #expect(throws: StorageError.self) {
            _ = try await database.write(in: .organization(one), by: .system("test")) { tx in
                try tx.run(SQL(unchecked: text))
            }
        }
        let left = try database.read(in: .instance) { try $0.rows("SELECT id FROM items") { try $0.text(0) } }
        #expect(left.count == 2)
    }
}
