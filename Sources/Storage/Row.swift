// One row of an answer, read by position.
package import Core

/// What a driver offers of the row it stands on; valid only inside the mapping closure.
package protocol RowSource {
    func value(at column: Int) -> SQLValue
    func integer(at column: Int) -> Int64?
    func text(at column: Int) -> String?
}

/// One row, read by the position of its columns; each accessor throws `StorageError.unexpectedValue` when the column
/// holds something else.
package struct Row {
    private let source: any RowSource

    package init(_ source: any RowSource) { self.source = source }

    package func text(_ column: Int) throws -> String { try required(source.text(at: column), column) }
    package func optionalText(_ column: Int) -> String? { source.text(at: column) }
    package func int(_ column: Int) throws -> Int64 { try required(source.integer(at: column), column) }
    package func optionalInt(_ column: Int) -> Int64? { source.integer(at: column) }
    package func flag(_ column: Int) throws -> Bool { try int(column) != 0 }
    package func time(_ column: Int) throws -> Timestamp { Timestamp(milliseconds: try int(column)) }

    package func optionalTime(_ column: Int) -> Timestamp? {
        source.integer(at: column).map(Timestamp.init(milliseconds:))
    }

    package func id<Kind>(_ column: Int) throws -> Identifier<Kind> { Identifier(stored: try text(column)) }

    package func optionalID<Kind>(_ column: Int) -> Identifier<Kind>? {
        source.text(at: column).map { Identifier(stored: $0) }
    }

    package func bytes(_ column: Int) throws -> [UInt8] {
        guard case .bytes(let bytes) = source.value(at: column) else { throw StorageError.unexpectedValue(column) }
        return bytes
    }

    package func optionalBytes(_ column: Int) -> [UInt8]? {
        guard case .bytes(let bytes) = source.value(at: column) else { return nil }
        return bytes
    }

    /// A string enum stored by its raw value.
    package func choice<Choice: RawRepresentable<String>>(_ column: Int) throws -> Choice {
        try required(Choice(rawValue: try text(column)), column)
    }

    /// An amount in one column and its currency in another.
    package func money(_ amount: Int, currency: Int) throws -> Money {
        Money(stored: try int(amount), Currency(stored: try text(currency)))
    }

    /// The column as it is stored.
    package func value(_ column: Int) -> SQLValue { source.value(at: column) }

    private func required<Value>(_ value: Value?, _ column: Int) throws -> Value {
        guard let value else { throw StorageError.unexpectedValue(column) }
        return value
    }
}
