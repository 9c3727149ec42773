// A mail server on a real port that says what a test tells it to say.
import Foundation
import Glibc
import Synchronization

/// Serves one conversation: greets, then answers each line with the next answer; inside DATA it reads to the dot.
final class ScriptedServer: Sendable {
    let port: UInt16
    private let listener: Int32
    private let lines = Mutex<[String]>([])

    /// What was received, line by line.
    var received: [String] { lines.withLock { $0 } }

    /// `answers` are sent as they are, the first one as the greeting; at their end the connection is closed.
    init(_ answers: [String]) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        port = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { raw in
                _ = bind(descriptor, raw, size)
                _ = listen(descriptor, 4)
                _ = getsockname(descriptor, raw, &size)
            }
            return UInt16(bigEndian: pointer.pointee.sin_port)
        }
        listener = descriptor
        Thread { [self] in serve(answers) }.start()
    }

    /// Speaks as a server that takes everything.
    convenience init() {
        self.init([
            "220 hi\r\n", "250-hi\r\n250 8BITMIME\r\n", "250 ok\r\n", "250 ok\r\n", "354 go\r\n", "250 done\r\n",
        ])
    }

    private func serve(_ answers: [String]) {
        let peer = accept(listener, nil, nil)
        defer {
            close(peer)
            close(listener)
        }
        var pending: [UInt8] = []
        for answer in answers {
            _ = send(peer, answer, answer.utf8.count, Int32(MSG_NOSIGNAL))
            // After 354 the client sends the message; the next answer follows its dot.
            var isMessage = answer.hasPrefix("354")
            repeat {
                guard let line = readLine(from: peer, &pending) else { return }
                lines.withLock { $0.append(line) }
                if line == "." { isMessage = false }
            } while isMessage
        }
    }

    private func readLine(from peer: Int32, _ pending: inout [UInt8]) -> String? {
        while true {
            if let end = pending.firstIndex(of: 10) {
                let line = pending[..<end].filter { $0 != 13 }
                pending.removeFirst(end + 1)
                return String(decoding: line, as: UTF8.self)
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(peer, &buffer, buffer.count, 0)
            guard count > 0 else { return nil }
            pending += buffer.prefix(count)
        }
    }
}
