// A message in the form of RFC 5322, with nothing in it that the person who wrote a field could abuse.
import Core
import FoundationEssentials
import Web

/// Header and body of one message, ready for DATA.
///
/// The subject becomes an encoded word and the body base64 unless they are plain ASCII lines, so no text can end its
/// line and begin another header, and no line is too long (RFC 5322 2.1.1, RFC 2047, RFC 2045).
struct MailFormat {
    let id: MessageID
    let sender: EmailAddress
    let recipient: EmailAddress
    let subject: String
    let text: String
    let date: Timestamp

    /// Lines ended by CR LF, without the final dot.
    var bytes: [UInt8] {
        let domain = sender.text.split(separator: "@").last.map(String.init) ?? "localhost"
        let header = [
            "From: <\(sender.text)>", "To: <\(recipient.text)>", "Subject: \(Self.word(subject))",
            "Date: \(Self.date(date))", "Message-ID: <\(id.text)@\(domain)>", "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: base64",
            "Auto-Submitted: auto-generated",
        ]
        return Array((header + [""] + Self.base64Lines(text)).map { $0 + "\r\n" }.joined().utf8)
    }

    /// A header value: as it is when it is printable ASCII and short, else as encoded words of at most 75 characters.
    static func word(_ text: String) -> String {
        let isPlain = text.utf8.count <= 60 && text.utf8.allSatisfy { (32...126).contains($0) } && !text.contains("=?")
        if isPlain { return text }
        var words: [String] = []
        var part: [UInt8] = []
        for character in text {
            let bytes = Array(String(character).utf8)
            if part.count + bytes.count > 42, !part.isEmpty {
                words.append(base64(part))
                part = []
            }
            // A single character may be made of many scalars; only its first bytes fit into one word.
            part += bytes.count > 42 ? Array("?".utf8) : bytes
        }
        words.append(base64(part))
        return words.map { "=?utf-8?B?\($0)?=" }.joined(separator: "\r\n ")
    }

    private static func base64(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

    /// The body with CR LF line ends, as base64 in lines of 76 characters.
    static func base64Lines(_ text: String) -> [String] {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let encoded = Array(base64(Array(lines.joined(separator: "\r\n").utf8)).utf8)
        return stride(from: 0, to: encoded.count, by: 76).map {
            String(decoding: encoded[$0..<min($0 + 76, encoded.count)], as: UTF8.self)
        }
    }

    /// `Mon, 23 Nov 2026 05:31:38 +0000` (RFC 5322 3.3).
    static func date(_ instant: Timestamp) -> String {
        let civil = CivilDate(instant)
        let days = Int(civil.startOfDay.milliseconds / 86_400_000)
        let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][((days + 4) % 7 + 7) % 7]
        let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        let clock = instant.description.dropFirst(11).prefix(8)
        return "\(weekday), \(civil.day) \(months[civil.month - 1]) \(civil.year) \(clock) +0000"
    }
}
