// A plain TCP connection: tests of the wire send exactly the bytes they mean.
import Foundation
import Glibc
import Synchronization

/// One connection to the loopback address. Every wait has an end, and none blocks the threads that the server needs.
package final class RawConnection: Sendable {
    private let socket: Int32
    private let unread = Mutex([UInt8]())

    /// What went wrong with the socket or the answer, in words.
    package struct Failure: Error, CustomStringConvertible {
        package let description: String
    }

    package init(port: Int) async throws {
        socket = Glibc.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard socket >= 0 else { throw Failure(description: "no socket: errno \(errno)") }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = UInt16(truncatingIfNeeded: port).bigEndian
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw Failure(description: "not connected: errno \(errno)") }
    }

    deinit { Glibc.close(socket) }

    /// Sends bytes; throws when the other side no longer takes them, or takes none for 10 s.
    package func send(_ text: String) async throws { try await send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) async throws {
        try await elsewhere { [socket] in
            var rest = bytes[...]
            while !rest.isEmpty {
                guard Self.wait(socket, POLLOUT, seconds: 10) else { throw Failure(description: "nothing is taken") }
                let count = rest.withUnsafeBytes {
                    Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
                }
                if count < 0, errno == EAGAIN { continue }
                guard count > 0 else { throw Failure(description: "not sent: errno \(errno)") }
                rest = rest.dropFirst(count)
            }
        }
    }

    /// Says that nothing more will be sent (FIN), and goes on reading.
    package func endSending() { Glibc.shutdown(socket, Int32(SHUT_WR)) }

    /// Reads one answer; throws when none comes in time.
    package func answer(to method: String = "GET", within seconds: Double = 10) async throws -> RawAnswer {
        while true {
            let parsed = unread.withLock { bytes -> RawAnswer? in
                guard let (answer, length) = RawAnswer.parse(bytes, isHead: method == "HEAD") else { return nil }
                bytes.removeFirst(length)
                return answer
            }
            if let parsed { return parsed }
            guard let more = try await read(within: seconds) else { throw Failure(description: "no answer in time") }
            guard !more.isEmpty else { throw Failure(description: "closed without an answer") }
            unread.withLock { $0 += more }
        }
    }

    /// Whether the other side closes in time; what it sends before is thrown away.
    package func isClosed(within seconds: Double = 5) async throws -> Bool {
        while let bytes = try? await read(within: seconds) {
            if bytes.isEmpty { return true }
        }
        return (try? await read(within: 0)) == []
    }

    /// Whether nothing at all comes for a while, not even the end.
    package func isQuiet(for seconds: Double) async throws -> Bool {
        guard unread.withLock({ $0.isEmpty }) else { return false }
        return try await read(within: seconds) == nil
    }

    /// The next bytes; none at the end of the connection, nil when nothing comes in time.
    private func read(within seconds: Double) async throws -> [UInt8]? {
        try await elsewhere { [socket] in
            guard Self.wait(socket, POLLIN, seconds: seconds) else { return nil }
            var buffer = [UInt8](repeating: 0, count: 65_536)
            let count = Glibc.recv(socket, &buffer, buffer.count, 0)
            // A reset is an end as well.
            return count > 0 ? Array(buffer.prefix(count)) : []
        }
    }

    private static func wait(_ socket: Int32, _ event: Int32, seconds: Double) -> Bool {
        var descriptor = pollfd(fd: socket, events: Int16(event), revents: 0)
        return poll(&descriptor, 1, Int32(seconds * 1000)) > 0
    }

    /// On a thread of its own: the shared ones are few, and the server under test needs them.
    private func elsewhere<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try work() }) }
        }
    }
}
