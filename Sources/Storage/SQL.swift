// Statements as text whose interpolations can only bind.
package import Core

/// A statement: text with `?` for each bound value.
///
/// Interpolating a value binds it; interpolating an `SQL` inserts its text.
///
///     try tx.rows("SELECT \(columns) FROM members WHERE user_id = \(user) LIMIT \(limit)", Member.init)
package struct SQL: ExpressibleByStringInterpolation, Sendable {
    package private(set) var text: String
    package private(set) var values: [SQLValue]

    package init(stringLiteral value: StaticString) {
        text = value.description
        values = []
    }

    package init(stringInterpolation: Interpolation) {
        text = stringInterpolation.text
        values = stringInterpolation.values
    }

    /// Takes a statement made at run time, without values: for tools and tests that name tables they found.
    package init(unchecked text: String) {
        self.text = text
        values = []
    }

    /// Collects the text and the bound values of a literal.
    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""
        fileprivate var values: [SQLValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount)
            values.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { text.append(String(decoding: $0, as: UTF8.self)) }
        }

        /// Binds a value.
        package mutating func appendInterpolation(_ value: some SQLBindable) {
            text.append("?")
            values.append(value.sqlValue)
        }

        /// Binds a value, or NULL.
        package mutating func appendInterpolation(_ value: (some SQLBindable)?) {
            text.append("?")
            values.append(value?.sqlValue ?? .null)
        }

        /// Inserts a piece of a statement with its own bindings.
        package mutating func appendInterpolation(_ piece: SQL) {
            text.append(piece.text)
            values.append(contentsOf: piece.values)
        }

        /// Binds a list: `IN \(list: ids)`; an empty list matches nothing.
        package mutating func appendInterpolation(list: [some SQLBindable]) {
            text.append("(" + list.map { _ in "?" }.joined(separator: ", ") + ")")
            values.append(contentsOf: list.map(\.sqlValue))
        }
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var result = left
        result.text.append(right.text)
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
extension Role: SQLBindable {}
extension Permission: SQLBindable {}

/// String enums bind their raw value: `extension State: SQLBindable {}` is enough.
extension SQLBindable where Self: RawRepresentable, RawValue == String {
    package var sqlValue: SQLValue { .text(rawValue) }
}
