// Cursors that only we can have made.
package import Core
import Crypto

/// Signs the sort key that a list continues after, together with the list it belongs to.
package struct CursorSigner: Sendable {
    private let key: SymmetricKey

    /// Takes 32 secret bytes.
    package init(key: [UInt8]) { self.key = SymmetricKey(data: key) }

    /// The cursor for a key of a list; the list is named by operation and organisation.
    package func sign(_ sortKey: String, list: String) -> String {
        Base64URL.encode(Array(tag(sortKey, list).prefix(16)) + Array(sortKey.utf8))
    }

    /// The sort key of a cursor; throws 422 when it was not made here for this list.
    package func open(_ cursor: String, list: String) throws(Problem) -> String {
        guard cursor.utf8.count <= 1024, let bytes = Base64URL.decode(cursor), bytes.count > 16,
            let sortKey = String(validating: bytes.dropFirst(16), as: UTF8.self),
            Self.isEqual(bytes.prefix(16), tag(sortKey, list).prefix(16))
        else {
            throw .invalid([
                FieldProblem("?cursor", "invalid_cursor", "Use next_cursor from the same list, as it was answered.")
            ])
        }
        return sortKey
    }

    private func tag(_ sortKey: String, _ list: String) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array("\(list)\u{0}\(sortKey)".utf8), using: key))
    }

    private static func isEqual(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        left.count == right.count && zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }
}

/// A list whose cursor is signed on its way out.
protocol CursorCarrying {
    func signed(_ sign: (String) -> String) -> Self
}

extension Page: CursorCarrying {
    func signed(_ sign: (String) -> String) -> Page { Page(data: data, nextCursor: nextCursor.map(sign)) }
}
