// Statements as text whose interpolations can only bind.
package import Core

/// A statement: text with `?` for each bound value.
///
/// Interpolating a value binds it; interpolating an `SQL` inserts its text.
///
///     try tx.rows("SELECT \(columns) FROM members WHERE user_id = \(user) LIMIT \(limit)", Member.init)
package struct SQL: ExpressibleByStringInterpolation, Sendable {
    package private(set) var shape: Shape
    package private(set) var values: [SQLValue]

    package var text: String { shape.text }

    package init(stringLiteral value: StaticString) {
        shape = Shape([.literal(value)])
        values = []
    }

    package init(stringInterpolation: Interpolation) {
        shape = Shape(stringInterpolation.pieces)
        values = stringInterpolation.values
    }

    /// Takes a statement made at run time, without values: for tools and tests that name tables they found.
    package init(unchecked text: String) {
        shape = Shape([.text(text)])
        values = []
    }

    /// A statement without its values.
    ///
    /// A statement runs far more often than it is new, so its text is put together only then. Until then it is known by
    /// where the program holds its literals; the same text spelled at two places is two statements.
    package struct Shape: Hashable, Sendable {
        fileprivate var pieces: [Piece]

        fileprivate init(_ pieces: [Piece]) { self.pieces = pieces }

        package var text: String { pieces.map(\.text).joined() }
    }

    fileprivate enum Piece: Hashable, Sendable {
        case literal(StaticString)
        /// So many bound values, with commas between them.
        case values(Int)
        case text(String)

        var text: String {
            switch self {
            case .literal(let literal): literal.description
            case .values(let count): Array(repeating: "?", count: count).joined(separator: ", ")
            case .text(let text): text
            }
        }

        static func == (left: Piece, right: Piece) -> Bool {
            switch (left, right) {
            case (.literal(let left), .literal(let right)):
                left.utf8Start == right.utf8Start && left.utf8CodeUnitCount == right.utf8CodeUnitCount
            case (.values(let left), .values(let right)): left == right
            case (.text(let left), .text(let right)): left == right
            default: false
            }
        }

        func hash(into hasher: inout Hasher) {
            switch self {
            case .literal(let literal): hasher.combine(literal.utf8Start)
            case .values(let count): hasher.combine(count)
            case .text(let text): hasher.combine(text)
            }
        }
    }

    /// Collects the pieces and the bound values of a literal.
    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var pieces: [Piece] = []
        fileprivate var values: [SQLValue] = []

        package init(literalCapacity: Int, interpolationCount: Int) {
            pieces.reserveCapacity(2 * interpolationCount + 1)
            values.reserveCapacity(interpolationCount)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            if literal.utf8CodeUnitCount > 0 { pieces.append(.literal(literal)) }
        }

        /// Binds a value.
        package mutating func appendInterpolation(_ value: some SQLBindable) {
            pieces.append(.values(1))
            values.append(value.sqlValue)
        }

        /// Binds a value, or NULL.
        package mutating func appendInterpolation(_ value: (some SQLBindable)?) {
            pieces.append(.values(1))
            values.append(value?.sqlValue ?? .null)
        }

        /// Inserts a piece of a statement with its own bindings.
        package mutating func appendInterpolation(_ piece: SQL) {
            pieces.append(contentsOf: piece.shape.pieces)
            values.append(contentsOf: piece.values)
        }

        /// Binds a list: `IN \(list: ids)`; an empty list matches nothing.
        package mutating func appendInterpolation(list: [some SQLBindable]) {
            pieces.append(contentsOf: [.literal("("), .values(list.count), .literal(")")])
            values.append(contentsOf: list.map(\.sqlValue))
        }
    }

    package static func + (left: SQL, right: SQL) -> SQL {
        var result = left
        result.shape.pieces.append(contentsOf: right.shape.pieces)
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
