// Statements as text whose interpolations can only bind.
package import Core

/// A statement: text with `?` for each bound value.
///
/// Interpolating a value binds it; interpolating an `SQL` inserts its text.
///
///     try tx.rows("SELECT \(columns) FROM members WHERE user_id = \(user) LIMIT \(limit)", Member.init)
package struct SQL: ExpressibleByStringInterpolation, Sendable {
    /// The text as UTF-8: it is put together for every run of a statement, and read only when it is new.
    package private(set) var bytes: [UInt8]
    package private(set) var values: [SQLValue]

    package var text: String { String(decoding: bytes, as: UTF8.self) }

    package init(stringLiteral value: StaticString) {
        bytes = value.withUTF8Buffer { Array($0) }
        values = []
    }

    package init(stringInterpolation: Interpolation) {
        bytes = stringInterpolation.bytes
        values = stringInterpolation.values
    }

    /// Takes a statement made at run time, without values: for tools and tests that name tables they found.
    package init(unchecked text: String) {
        bytes = Array(text.utf8)
        values = []
    }

    /// Collects the text and the bound values of a literal.
    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var bytes: [UInt8] = []
        fileprivate var values: [SQLValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            bytes.reserveCapacity(literalCapacity + 16 * interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { bytes.append(contentsOf: $0) }
        }

        /// Binds a value.
        package mutating func appendInterpolation(_ value: some SQLBindable) {
            bytes.append(UInt8(ascii: "?"))
            values.append(value.sqlValue)
        }

        /// Binds a value, or NULL.
        package mutating func appendInterpolation(_ value: (some SQLBindable)?) {
            bytes.append(UInt8(ascii: "?"))
            values.append(value?.sqlValue ?? .null)
        }

        /// Inserts a piece of a statement with its own bindings.
        package mutating func appendInterpolation(_ piece: SQL) {
            bytes.append(contentsOf: piece.bytes)
            values.append(contentsOf: piece.values)
        }

        /// Binds a list: `IN \(list: ids)`; an empty list matches nothing.
        package mutating func appendInterpolation(list: [some SQLBindable]) {
            bytes.append(contentsOf: ("(" + list.map { _ in "?" }.joined(separator: ", ") + ")").utf8)
            values.append(contentsOf: list.map(\.sqlValue))
        }
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var result = left
        result.bytes.append(contentsOf: right.bytes)
        result.values.append(contentsOf: right.values)
        return result
    }
}

/// What can be bound to a statement.
package enum SQLValue: Sendable, Hashable {
    case null
    case integer(Int64)
    case text(String)
    case bytes([UInt8])
}

/// A type whose values can be bound.
package protocol SQLBindable {
    var sqlValue: SQLValue { get }
}

extension String: SQLBindable { package var sqlValue: SQLValue { .text(self) } }
extension Int: SQLBindable { package var sqlValue: SQLValue { .integer(Int64(self)) } }
extension Int64: SQLBindable { package var sqlValue: SQLValue { .integer(self) } }
extension Bool: SQLBindable { package var sqlValue: SQLValue { .integer(self ? 1 : 0) } }
extension [UInt8]: SQLBindable { package var sqlValue: SQLValue { .bytes(self) } }
extension Timestamp: SQLBindable { package var sqlValue: SQLValue { .integer(milliseconds) } }
extension Identifier: SQLBindable { package var sqlValue: SQLValue { .text(text) } }
extension Currency: SQLBindable { package var sqlValue: SQLValue { .text(code) } }
extension Permission: SQLBindable {}

extension Role: SQLBindable {
    /// A custom role stands in a column of its own; beside it the column of the four says viewer.
    package var sqlValue: SQLValue {
        if case .custom = self { return Role.viewer.sqlValue }
        return .text(rawValue)
    }
}

/// String enums bind their raw value: `extension State: SQLBindable {}` is enough.
extension SQLBindable where Self: RawRepresentable, RawValue == String {
    package var sqlValue: SQLValue { .text(rawValue) }
}
