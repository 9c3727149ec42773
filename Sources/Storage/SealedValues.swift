// What features keep sealed, told in one way, so that all of it can be counted and tried.
import Core

/// A column of sealed values.
package struct SealedValues: Sendable {
    /// One of them.
    package struct Value: Sendable {
        /// Where it stands in the order of the column: what the next page starts after.
        package let place: String
        /// What it was sealed for (see `Seal`).
        package let context: String
        package let sealed: [UInt8]

        package init(place: String, context: String, sealed: [UInt8]) {
            self.place = place
            self.context = context
            self.sealed = sealed
        }
    }

    /// For people: `seeds of second factors`.
    package let name: String
    /// The instance's key that seals them.
    package let keyName: String
    private let page: @Sendable (_ after: String, _ limit: Int, any Transaction) throws -> [Value]

    /// - Parameter page: values in the order of their places, below a limit; the first page comes after the empty text.
    package init(
        _ name: String, keyName: String,
        page: @escaping @Sendable (_ after: String, _ limit: Int, any Transaction) throws -> [Value]
    ) {
        self.name = name
        self.keyName = keyName
        self.page = page
    }

    private static let pageSize = 500

    /// Does something with each, a page in memory at a time; returns how many there were. Scope: instance.
    @discardableResult
    package func forEach(in tx: any Transaction, _ act: (Value) throws -> Void = { _ in }) throws -> Int {
        var count = 0
        var after = ""
        while true {
            let values = try page(after, Self.pageSize, tx)
            for value in values { try act(value) }
            count += values.count
            guard values.count == Self.pageSize, let last = values.last else { return count }
            after = last.place
        }
    }
}
