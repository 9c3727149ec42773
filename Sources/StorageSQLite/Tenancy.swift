// Row-level security from parts that SQLite has: per-connection views, triggers and functions.
import Core
import GRDB
import GRDBSQLite
import Storage

/// Makes a connection refuse the rows of other organisations by itself.
///
/// For each table a TEMP view of the same name stands in front of it and shows only the scope's rows; names resolve to
/// the view first. Writes can't go through a view and keep UPSERT and RETURNING, so the driver points the target of a
/// write at `main`, where TEMP triggers stop what belongs to somebody else: an insert fails, an update or delete finds
/// nothing. Nobody else can write `main.`: `qualify` refuses it.
enum Tenancy {
    static let organizationFunction = "current_organization"
    static let instanceFunction = "instance_scope"

    /// Adds the two functions that views and triggers ask; at every statement, so they are as plain as SQLite has them.
    static func addFunctions(to database: GRDB.Database, scope: ScopeBox) throws {
        try add(organizationFunction, to: database, scope) { context, _, _ in
            guard var text = ScopeBox.of(context)?.organization else { return sqlite3_result_null(context) }
            text.withUTF8 { bytes in
                bytes.withMemoryRebound(to: CChar.self) { characters in
                    sqlite3_result_text(
                        context, characters.baseAddress, Int32(clamping: characters.count), PreparedStatement.transient)
                }
            }
        }
        try add(instanceFunction, to: database, scope) { context, _, _ in
            sqlite3_result_int(context, ScopeBox.of(context)?.isInstance == true ? 1 : 0)
        }
    }

    private static func add(
        _ name: String, to database: GRDB.Database, _ scope: ScopeBox,
        _ function: @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void
    ) throws {
        // Deterministic within one statement, which is all that SQLite takes it for.
        let code = sqlite3_create_function_v2(
            database.sqliteConnection, name, 0, SQLITE_UTF8 | SQLITE_DETERMINISTIC,
            Unmanaged.passRetained(scope).toOpaque(), function, nil, nil
        ) { scope in if let scope { Unmanaged<ScopeBox>.fromOpaque(scope).release() } }
        guard code == SQLITE_OK else { throw StorageError.unavailable("SQLite did not take \(name)") }
    }

    /// Puts a view and triggers in front of every table of the file.
    static func protect(_ database: GRDB.Database, visibility: [Visibility]) throws {
        let tables = try String.fetchAll(
            database,
            sql: "SELECT name FROM main.sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name")
        for table in tables {
            let columns = try String.fetchAll(
                database, sql: "SELECT name FROM pragma_table_info(?)", arguments: [table])
            if columns.contains("organization_id") {
                try database.execute(sql: tenant(table))
            } else {
                let condition = visibility.first { $0.table == table }?.condition.text ?? "0"
                try database.execute(sql: shared(table, readable: condition))
            }
        }
    }

    private static func view(_ table: String, where condition: String) -> String {
        "CREATE TEMP VIEW \"\(table)\" AS SELECT * FROM main.\"\(table)\" WHERE \(condition) OR \(instanceFunction)();"
    }

    private static func tenant(_ table: String) -> String {
        let isOther = { (row: String) in
            "\(row).organization_id IS NOT \(organizationFunction)() AND NOT \(instanceFunction)()"
        }
        return view(table, where: "organization_id = \(organizationFunction)()") + """
            CREATE TEMP TRIGGER "\(table)_scope_insert" BEFORE INSERT ON main."\(table)" WHEN \(isOther("NEW"))
            BEGIN SELECT RAISE(ABORT, 'scope: a row of another organisation'); END;
            CREATE TEMP TRIGGER "\(table)_scope_update" BEFORE UPDATE ON main."\(table)" WHEN \(isOther("OLD"))
            BEGIN SELECT RAISE(IGNORE); END;
            CREATE TEMP TRIGGER "\(table)_scope_move" BEFORE UPDATE OF organization_id ON main."\(table)"
            WHEN NOT (\(isOther("OLD"))) AND \(isOther("NEW"))
            BEGIN SELECT RAISE(ABORT, 'scope: a row moved to another organisation'); END;
            CREATE TEMP TRIGGER "\(table)_scope_delete" BEFORE DELETE ON main."\(table)" WHEN \(isOther("OLD"))
            BEGIN SELECT RAISE(IGNORE); END;
            """
    }

    private static func shared(_ table: String, readable condition: String) -> String {
        let triggers = ["INSERT", "UPDATE", "DELETE"].map { verb in
            """
            CREATE TEMP TRIGGER "\(table)_scope_\(verb.lowercased())" BEFORE \(verb) ON main."\(table)"
            WHEN NOT \(instanceFunction)()
            BEGIN SELECT RAISE(ABORT, 'scope: \(table) is the instance''s own'); END;
            """
        }
        return view(table, where: "(\(condition))") + triggers.joined()
    }

    /// A statement with the target of its write pointed at the real table.
    struct Qualified {
        let text: String
        /// Not one of the four verbs: a pragma or the like, which no organisation runs.
        let isForInstanceOnly: Bool
    }

    /// Points `INSERT INTO t`, `UPDATE t` and `DELETE FROM t` at `main.t`, and refuses what would go around the views.
    static func qualify(_ text: String) throws -> Qualified {
        let words = text.split(maxSplits: 3, whereSeparator: { $0 == " " || $0 == "\n" || $0 == "\t" })
        let verb = words.first?.uppercased() ?? ""
        guard ["SELECT", "WITH", "INSERT", "UPDATE", "DELETE"].contains(verb) else {
            return Qualified(text: text, isForInstanceOnly: true)
        }
        guard !names(text, schema: "main"), !names(text, schema: "temp") else {
            throw StorageError.refused("a statement must not name a schema: \(text)")
        }
        switch verb {
        case "INSERT", "DELETE":
            let preposition = verb == "INSERT" ? "INTO" : "FROM"
            guard words.count > 2, words[1].uppercased() == preposition else {
                throw StorageError.refused("write \(verb) \(preposition): \(text)")
            }
            return Qualified(text: text.inserting("main.", before: words[2]), isForInstanceOnly: false)
        case "UPDATE":
            guard words.count > 1, words[1].uppercased() != "OR" else {
                throw StorageError.refused("UPDATE OR is not allowed: \(text)")
            }
            return Qualified(text: text.inserting("main.", before: words[1]), isForInstanceOnly: false)
        default:
            return Qualified(text: text, isForInstanceOnly: false)
        }
    }

    /// Whether the text has the word as a whole identifier; strings in our statements are bound, never spelled.
    private static func names(_ text: String, schema: String) -> Bool {
        let isPart = { (byte: UInt8) in
            (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 95
        }
        return text.utf8.split(whereSeparator: { !isPart($0) })
            .contains { String(decoding: $0, as: UTF8.self).lowercased() == schema }
    }
}

extension String {
    fileprivate func inserting(_ prefix: String, before part: Substring) -> String {
        self[..<part.startIndex] + prefix + self[part.startIndex...]
    }
}
