// What a text can and can't do to a message.
import Core
import Foundation
import Testing

@testable import Mail

struct FormatTests {
    private func format(subject: String = "s", text: String = "t") throws -> [String] {
        let sender = try OutboxFixture.address("a@example.org")
        let recipient = try OutboxFixture.address("b@example.com")
        let format = MailFormat(
            id: MessageID(at: OutboxFixture.start), sender: sender, recipient: recipient, subject: subject, text: text,
            date: OutboxFixture.start)
        return String(decoding: format.bytes, as: UTF8.self).components(separatedBy: "\r\n")
    }

    @Test(arguments: [
        "x\r\nBcc: everybody@example.com", "x\nBcc: a@b.c", "x\r\rBcc: a@b.c", "x\u{2028}y", "=?utf-8?B?QmNj?=", "\0",
        "x\u{0B}Bcc: a@b.c", String(repeating: "long ", count: 400), "नमस्ते ₹1,299", "",
        "👨‍👩‍👧‍👦" + String(repeating: "e\u{301}", count: 90) + "a" + String(repeating: "\u{301}", count: 200),
    ])
    func `a subject stays one header of short lines`(subject: String) throws {
        let lines = try format(subject: subject)
        let header = lines.prefix { !$0.isEmpty }
        #expect(header.filter { !$0.hasPrefix(" ") }.count == 9)
        #expect(header.allSatisfy { $0.utf8.count <= 90 && $0.utf8.allSatisfy { (32...126).contains($0) } })
        #expect(!header.contains { $0.lowercased().hasPrefix("bcc") })
    }

    @Test func `a subject comes back as it was`() {
        let subject = "Rechnung für Übung — ₹1,299 " + String(repeating: "ä", count: 60)
        let words = MailFormat.word(subject).components(separatedBy: "\r\n ")
        let bytes = words.flatMap { word in Data(base64Encoded: String(word.dropFirst(10).dropLast(2))) ?? Data() }
        #expect(words.count > 1)
        #expect(String(decoding: bytes, as: UTF8.self) == subject)
    }

    @Test func `the text comes back with the line ends of mail`() throws {
        let lines = try format(text: "one\n.\r\nthree ₹\n" + String(repeating: "x", count: 5000))
        let body = lines.drop { !$0.isEmpty }.dropFirst()
        #expect(body.allSatisfy { $0.utf8.count <= 76 })
        let text = String(decoding: Data(base64Encoded: body.joined()) ?? Data(), as: UTF8.self)
        #expect(text == "one\r\n.\r\nthree ₹\r\n" + String(repeating: "x", count: 5000))
    }

    @Test func `an answer of several lines is read as one, and only when it is complete`() throws {
        let bytes = Array("250-a\r\n250-b\r\n250 c\r\n354 d\r\n".utf8)
        for length in 0..<21 { #expect(try SMTPAnswer.parse(Array(bytes.prefix(length))) == nil) }
        let (answer, length) = try #require(try SMTPAnswer.parse(bytes))
        #expect(answer == SMTPAnswer(code: 250, text: "a b c") && length == 21)
    }

    @Test(arguments: ["abc hello\r\n", "25\r\n", "250:x\r\n", "\r\n"])
    func `what is no answer is refused`(text: String) {
        #expect(throws: SMTPFailure.self) { try SMTPAnswer.parse(Array(text.utf8)) }
    }
}
