// Where mail is handed over, and how what the server says is understood.
package import Core

/// The SMTP server that delivers for this instance, spoken to without encryption: meant for a relay on the same
/// machine or network.
package struct SMTPServer: Sendable, Hashable {
    package let host: String
    /// 25, or 1 to 65535.
    package let port: UInt16
    /// The address that messages come from, in the envelope and in the header.
    package let sender: EmailAddress
    /// The name this machine greets with (RFC 5321 4.1.1.1).
    package let name: String
    /// How long one answer of the server may take.
    package let timeout: Milliseconds

    package init(
        host: String, port: UInt16, sender: EmailAddress, name: String = "localhost",
        timeout: Milliseconds = .seconds(10)
    ) {
        self.host = host
        self.port = port
        self.sender = sender
        self.name = name
        self.timeout = timeout
    }
}

/// Why a message was not taken.
enum SMTPFailure: Error, Equatable, CustomStringConvertible {
    /// The server can't be reached, or the connection broke.
    case connection(String)
    /// The server did not speak SMTP, or said more than it may.
    case answer(String)
    /// The server refused a command; 4xx is worth another attempt, 5xx is not (RFC 5321 4.2.1).
    case refused(code: Int, text: String)

    var isPermanent: Bool {
        if case .refused(let code, _) = self { code >= 500 } else { false }
    }

    var description: String {
        switch self {
        case .connection(let reason): "the mail server can't be reached: \(reason)"
        case .answer(let reason): "the mail server answered something else than SMTP: \(reason)"
        case .refused(let code, let text): "the mail server refused: \(code) \(text)"
        }
    }
}

/// One answer of a server: a code and its lines (RFC 5321 4.2).
struct SMTPAnswer: Equatable {
    let code: Int
    let text: String

    /// Longest answer that is read.
    static let limit = 8192

    /// Reads one answer from the front of what arrived; nil while it is incomplete, and how many bytes it took.
    static func parse(_ bytes: [UInt8]) throws(SMTPFailure) -> (answer: SMTPAnswer, length: Int)? {
        var texts: [String] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 10) {
            let line = bytes[start..<end].last == 13 ? bytes[start..<(end - 1)] : bytes[start..<end]
            guard line.count >= 3, let code = code(line.prefix(3)) else { throw .answer("a line without a code") }
            let rest = line.dropFirst(3)
            guard rest.isEmpty || rest.first == 32 || rest.first == 45 else { throw .answer("a line without a code") }
            texts.append(printable(rest.dropFirst()))
            start = end + 1
            if rest.first != 45 { return (SMTPAnswer(code: code, text: texts.joined(separator: " ")), start) }
        }
        guard bytes.count <= limit else { throw .answer("an answer without an end") }
        return nil
    }

    private static func code(_ digits: ArraySlice<UInt8>) -> Int? {
        guard digits.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return digits.reduce(0) { $0 * 10 + Int($1 - 48) }
    }

    /// What a server says goes into the log and the console: ASCII without control characters, at most 200 bytes.
    private static func printable(_ bytes: ArraySlice<UInt8>) -> String {
        String(decoding: bytes.prefix(200).map { (32...126).contains($0) ? $0 : 63 }, as: UTF8.self)
    }
}
