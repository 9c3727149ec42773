// Where randomness comes from: the kernel's generator, or a fixed sequence in a test.

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
}
