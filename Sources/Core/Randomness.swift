// Where randomness comes from: the kernel's generator, or a fixed sequence in a test.
import Synchronization

/// The source of random bytes; the system's is cryptographically strong (getrandom).
package struct Randomness: Sendable {
    private let source: @Sendable (Int) -> [UInt8]

    package init(_ source: @escaping @Sendable (_ count: Int) -> [UInt8]) { self.source = source }

    /// The given number of random bytes.
    package func bytes(_ count: Int) -> [UInt8] { source(count) }

    /// The operating system's generator.
    package static let system = Randomness { count in
        var generator = SystemRandomNumberGenerator()
        var bytes = [UInt8]()
        bytes.reserveCapacity(count + 7)
        while bytes.count < count {
            withUnsafeBytes(of: generator.next()) { bytes.append(contentsOf: $0) }
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }

    /// The same bytes, fetched a few hundred at a time: an identifier is no secret, and there are several in a request.
    package static let identifiers = {
        let stock = Mutex<ArraySlice<UInt8>>([])
        return Randomness { count in
            stock.withLock { stock in
                if stock.count < count { stock = system.bytes(max(count, 512))[...] }
                defer { stock.removeFirst(count) }
                return Array(stock.prefix(count))
            }
        }
    }()
}
