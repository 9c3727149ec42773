// Asks the machine's resolver over UDP; blocking work with an end, on threads of its own.
import Core
import Dispatch
import Glibc
import Synchronization

/// Looks TXT records up.
package struct TextResolver: Sendable {
    /// The texts of a name's TXT records, if it has any. Throws `dns_unavailable` (503) when nobody can tell.
    package var textRecords: @Sendable (_ name: String) async throws -> [String]

    package init(textRecords: @escaping @Sendable (String) async throws -> [String]) {
        self.textRecords = textRecords
    }

    /// The machine's resolver as `/etc/resolv.conf` names it, or one other server.
    package static func system(server: DNSServer? = nil) -> TextResolver {
        let client = DNSClient(server: server)
        return TextResolver { name in
            do {
                return try await client.texts(of: name)
            } catch let failure as DNSFailure {
                throw OrganizationsProblem.dnsUnavailable(failure)
            }
        }
    }
}

/// A resolver's address.
package struct DNSServer: Sendable, Hashable {
    package let address: String
    package let port: UInt16

    /// Reads `127.0.0.1`, `127.0.0.1:5353`, `::1` or `[::1]:5353`; nil for names and anything else.
    package init?(_ text: String) {
        var (address, port) = (Substring(text), Substring("53"))
        if text.hasPrefix("["), let end = text.firstIndex(of: "]") {
            address = text[text.index(after: text.startIndex)..<end]
            let rest = text[text.index(after: end)...]
            guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
            if !rest.isEmpty { port = rest.dropFirst() }
        } else if text.filter({ $0 == ":" }).count == 1, let colon = text.firstIndex(of: ":") {
            (address, port) = (text[..<colon], text[text.index(after: colon)...])
        }
        guard let number = UInt16(port), number > 0, Self.isAddress(String(address)) else { return nil }
        (self.address, self.port) = (String(address), number)
    }

    private static func isAddress(_ text: String) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 16)
        return inet_pton(AF_INET, text, &buffer) == 1 || inet_pton(AF_INET6, text, &buffer) == 1
    }
}

/// One question after the other: two tries of two seconds with each server.
private struct DNSClient: Sendable {
    let server: DNSServer?
    private static let threads = DispatchQueue(label: "raptorflow.dns", attributes: .concurrent)
    private static let running = Mutex(0)
    private static let limit = 8
    private static let patience = Duration.seconds(2)

    /// Throws `DNSFailure`.
    func texts(of name: String) async throws -> [String] {
        let isAllowed = Self.running.withLock { count in
            guard count < Self.limit else { return false }
            count += 1
            return true
        }
        guard isAllowed else { throw DNSFailure.busy }
        defer { Self.running.withLock { $0 -= 1 } }
        let servers = server.map { [$0] }
        return try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<[String], any Error>) in
            Self.threads.async {
                continuation.resume(with: Result { try Self.ask(for: name, servers ?? Self.configured()) })
            }
        }
    }

    /// The first three servers that the system's file names; the one on this machine when it names none.
    private static func configured() -> [DNSServer] {
        var text = [UInt8](repeating: 0, count: 16_384)
        var count = 0
        if let file = fopen("/etc/resolv.conf", "re") {
            count = fread(&text, 1, text.count, file)
            fclose(file)
        }
        let servers = String(decoding: text.prefix(count), as: UTF8.self).split(whereSeparator: \.isNewline)
            .compactMap { line -> DNSServer? in
                let words = line.split(whereSeparator: \.isWhitespace)
                return words.count > 1 && words[0] == "nameserver" ? DNSServer(String(words[1])) : nil
            }
        return servers.isEmpty ? [DNSServer("127.0.0.1")].compactMap { $0 } : Array(servers.prefix(3))
    }

    private static func ask(for name: String, _ servers: [DNSServer]) throws(DNSFailure) -> [String] {
        var last = DNSFailure.noAnswer
        for _ in 0..<2 {
            for server in servers {
                do throws(DNSFailure) {
                    return try ask(for: name, server)
                } catch {
                    last = error
                }
            }
        }
        throw last
    }

    private static func ask(for name: String, _ server: DNSServer) throws(DNSFailure) -> [String] {
        let question = DNSQuestion(id: UInt16.random(in: .min ... .max), name: name)
        guard let bytes = question.bytes else { throw .malformed }
        guard let socket = connected(to: server) else { throw .noAnswer }
        defer { close(socket) }
        guard send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else { throw .noAnswer }
        let start = ContinuousClock.now
        // Anybody may send us datagrams: what is no answer is passed over, as long as there is time.
        while true {
            let left = patience - (ContinuousClock.now - start)
            guard left > .milliseconds(1) else { throw .noAnswer }
            limitWait(of: socket, to: left)
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { throw .noAnswer }
            if let texts = try question.texts(in: Array(buffer.prefix(count))) { return texts }
        }
    }

    /// A socket that takes datagrams of this server alone, from a port that the system picks at random.
    private static func connected(to server: DNSServer) -> Int32? {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
        hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
        var found: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(server.address, String(server.port), &hints, &found) == 0, let found else { return nil }
        defer { freeaddrinfo(found) }
        let info = found.pointee
        let descriptor = socket(info.ai_family, info.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), info.ai_protocol)
        guard descriptor >= 0 else { return nil }
        guard connect(descriptor, info.ai_addr, info.ai_addrlen) == 0 else {
            close(descriptor)
            return nil
        }
        return descriptor
    }

    private static func limitWait(of descriptor: Int32, to duration: Duration) {
        let parts = duration.components
        var limit = timeval(tv_sec: Int(parts.seconds), tv_usec: Int(parts.attoseconds / 1_000_000_000_000))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    }
}
