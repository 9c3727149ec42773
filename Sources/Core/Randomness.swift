// Where randomness comes from: the kernel's generator, or a fixed sequence in a test.
import Synchronization

#if canImport(Glibc)
    import Glibc
#endif

/// The source of random bytes; the system's is cryptographically strong (getrandom).
package struct Randomness: Sendable {
    private let source: @Sendable (Int) -> [UInt8]

    package init(_ source: @escaping @Sendable (_ count: Int) -> [UInt8]) { self.source = source }

    /// The given number of random bytes.
    package func bytes(_ count: Int) -> [UInt8] { source(count) }

    /// The operating system's generator.
    package static let system = Randomness { count in
        [UInt8](unsafeUninitializedCapacity: max(0, count)) { buffer, filled in
            if let start = buffer.baseAddress { arc4random_buf(start, buffer.count) }
            filled = buffer.count
        }
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
