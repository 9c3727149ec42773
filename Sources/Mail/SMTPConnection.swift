// One conversation with a mail server over a socket whose every wait has an end.
import Core
import Dispatch
import Glibc

/// Hands messages to a server (RFC 5321), one conversation for each; blocking work on threads of its own.
struct SMTPClient: Sendable {
    let server: SMTPServer
    private static let threads = DispatchQueue(label: "raptorflow.mail", attributes: .concurrent)

    /// Delivers one message; throws `SMTPFailure`.
    func deliver(_ message: MailFormat) async throws {
        let server = server
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            Self.threads.async {
                continuation.resume(
                    with: Result {
                        var connection = try SMTPConnection(to: server)
                        defer { connection.close() }
                        try connection.send(message, from: server)
                    })
            }
        }
    }
}

/// The conversation: greeting, EHLO, MAIL, RCPT, DATA, QUIT.
private struct SMTPConnection {
    private let socket: Int32
    private var received: [UInt8] = []

    init(to server: SMTPServer) throws(SMTPFailure) {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var found: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(server.host, String(server.port), &hints, &found)
        guard status == 0, let found else { throw .connection(String(cString: gai_strerror(status))) }
        defer { freeaddrinfo(found) }
        var reason = "no address"
        for address in sequence(first: found, next: { $0.pointee.ai_next }) {
            let info = address.pointee
            let descriptor = Glibc.socket(
                info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
            guard descriptor >= 0 else { continue }
            Self.limitWaits(of: descriptor, to: server.timeout)
            if connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 {
                socket = descriptor
                return
            }
            reason = String(cString: strerror(errno))
            Glibc.close(descriptor)
        }
        throw .connection(reason)
    }

    /// Linux lets the send timeout bound `connect` as well.
    private static func limitWaits(of descriptor: Int32, to timeout: Milliseconds) {
        var limit = timeval(tv_sec: Int(timeout.count / 1000), tv_usec: Int(timeout.count % 1000) * 1000)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
    }

    func close() { Glibc.close(socket) }

    mutating func send(_ message: MailFormat, from server: SMTPServer) throws(SMTPFailure) {
        try expect(220)
        try say("EHLO \(server.name)", expecting: 250)
        try say("MAIL FROM:<\(server.sender.text)>", expecting: 250)
        try say("RCPT TO:<\(message.recipient.text)>", expecting: 250, 251)
        try say("DATA", expecting: 354)
        try write(Self.stuffed(message.bytes) + Array(".\r\n".utf8))
        try expect(250)
        // The message is theirs now: what happens to the farewell does not matter.
        try? write(Array("QUIT\r\n".utf8))
    }

    private mutating func say(_ command: String, expecting codes: Int...) throws(SMTPFailure) {
        try write(Array("\(command)\r\n".utf8))
        let answer = try read()
        guard codes.contains(answer.code) else { throw .refused(code: answer.code, text: answer.text) }
    }

    private mutating func expect(_ code: Int) throws(SMTPFailure) {
        let answer = try read()
        guard answer.code == code else { throw .refused(code: answer.code, text: answer.text) }
    }

    private mutating func read() throws(SMTPFailure) -> SMTPAnswer {
        while true {
            if let (answer, length) = try SMTPAnswer.parse(received) {
                received.removeFirst(length)
                return answer
            }
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else {
                throw .connection(count == 0 ? "it closed the connection" : String(cString: strerror(errno)))
            }
            received += buffer.prefix(count)
        }
    }

    private func write(_ bytes: [UInt8]) throws(SMTPFailure) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
            guard count > 0 else { throw .connection(String(cString: strerror(errno))) }
            rest = rest.dropFirst(count)
        }
    }

    /// A line that begins with a dot gets a second one (RFC 5321 4.5.2).
    private static func stuffed(_ bytes: [UInt8]) -> [UInt8] {
        var output: [UInt8] = []
        output.reserveCapacity(bytes.count + 16)
        var isLineStart = true
        for byte in bytes {
            if isLineStart, byte == 46 { output.append(46) }
            output.append(byte)
            isLineStart = byte == 10
        }
        return output
    }
}
