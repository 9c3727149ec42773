// A prepared statement, bound and stepped through SQLite's own calls.
import Core
import GRDBSQLite
import Storage

/// One statement of one connection.
final class PreparedStatement {
    let isForInstanceOnly: Bool
    private let handle: OpaquePointer

    /// Throws `StorageError.refused` when the text is not exactly one statement that SQLite understands.
    init(_ text: String, isForInstanceOnly: Bool, on connection: OpaquePointer) throws {
        var handle: OpaquePointer?
        var text = text
        let (code, isWhole) = text.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                var rest: UnsafePointer<CChar>?
                let code = sqlite3_prepare_v3(
                    connection, characters.baseAddress, Int32(clamping: characters.count),
                    UInt32(SQLITE_PREPARE_PERSISTENT), &handle, &rest)
                let end = characters.baseAddress.map { $0 + characters.count }
                return (code, rest == end)
            }
        }
        guard code == SQLITE_OK, let handle, isWhole else {
            let reason = code == SQLITE_OK ? "it is not one statement" : String(cString: sqlite3_errmsg(connection))
            sqlite3_finalize(handle)
            throw StorageError.refused("\(reason): \(text)")
        }
        self.handle = handle
        self.isForInstanceOnly = isForInstanceOnly
    }

    deinit { sqlite3_finalize(handle) }

    /// Copies text and bytes into SQLite, since they may be gone before the statement is.
    static let transient = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    func bind(_ values: [SQLValue], on connection: Connection) throws {
        guard sqlite3_bind_parameter_count(handle) == Int32(values.count) else {
            throw StorageError.refused("\(values.count) values for \(String(cString: sqlite3_sql(handle)))")
        }
        for (index, value) in values.enumerated() {
            let position = Int32(index + 1)
            let code =
                switch value {
                case .null: sqlite3_bind_null(handle, position)
                case .integer(let number): sqlite3_bind_int64(handle, position, number)
                case .text(let text): bind(text, at: position)
                case .bytes(let bytes):
                    sqlite3_bind_blob64(
                        handle, position, bytes.isEmpty ? [0] : bytes, UInt64(bytes.count), Self.transient)
                }
            guard code == SQLITE_OK else { throw connection.lastError() }
        }
    }

    private func bind(_ text: String, at position: Int32) -> Int32 {
        var text = text
        return text.withUTF8 { buffer in
            buffer.withMemoryRebound(to: CChar.self) { characters in
                sqlite3_bind_text64(
                    handle, position, characters.baseAddress ?? UnsafePointer(Self.nothing), UInt64(characters.count),
                    Self.transient, UInt8(SQLITE_UTF8))
            }
        }
    }

    /// An address for the empty text, which a nil pointer would turn into NULL.
    nonisolated(unsafe) private static let nothing = UnsafeMutablePointer<CChar>.allocate(capacity: 1)

    /// Moves to the next row; false at the end.
    func step(on connection: Connection) throws -> Bool {
        switch sqlite3_step(handle) {
        case SQLITE_ROW: return true
        case SQLITE_DONE: return false
        default:
            let error = connection.lastError()
            reset()
            throw error
        }
    }

    /// What is bound stays until it is bound anew: every run binds all of its values.
    func reset() { sqlite3_reset(handle) }

    var row: Row { Row(StatementRow(handle: handle)) }
}

/// The row that a statement stands on.
private struct StatementRow: RowSource {
    let handle: OpaquePointer

    func integer(at column: Int) -> Int64? {
        let column = Int32(truncatingIfNeeded: column)
        guard sqlite3_column_type(handle, column) == SQLITE_INTEGER else { return nil }
        return sqlite3_column_int64(handle, column)
    }

    func text(at column: Int) -> String? {
        let column = Int32(truncatingIfNeeded: column)
        guard sqlite3_column_type(handle, column) == SQLITE_TEXT, let start = sqlite3_column_text(handle, column) else {
            return nil
        }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func value(at column: Int) -> SQLValue {
        let position = Int32(truncatingIfNeeded: column)
        switch sqlite3_column_type(handle, position) {
        case SQLITE_INTEGER: return .integer(sqlite3_column_int64(handle, position))
        case SQLITE_TEXT: return .text(text(at: column) ?? "")
        case SQLITE_BLOB:
            guard let start = sqlite3_column_blob(handle, position) else { return .bytes([]) }
            return .bytes(
                Array(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, position)))))
        case SQLITE_FLOAT: return .text(String(sqlite3_column_double(handle, position)))
        default: return .null
        }
    }
}
