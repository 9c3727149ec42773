// From the outbox to a server on a real port, and what becomes of a message that is not taken.
import Core
import Jobs
import Storage
import StorageSQLite
import Testing

@testable import Mail

struct DeliveryTests {
    @Test func `a message reaches the server, and its secret is cut out of the outbox`() async throws {
        let server = ScriptedServer()
        let outbox = try OutboxFixture(server: server)
        let id = try await outbox.send(subject: "Join Acme", text: "Open https://app.example.com/join#s3cret now.\n.\n")
        try await outbox.runner.runDue()
        let message = try #require(try outbox.message(id))
        #expect(message.state == .sent && message.sentAt == OutboxFixture.start)
        #expect(message.text == "Open https://app.example.com/join#… now.\n.\n")
        let lines = server.received
        #expect(
            lines.starts(with: ["EHLO localhost", "MAIL FROM:<billing@example.org>", "RCPT TO:<meera@example.com>"]))
        #expect(lines.contains("Subject: Join Acme") && lines.contains("To: <meera@example.com>"))
        #expect(lines.contains("Message-ID: <\(id)@example.org>"))
        #expect(lines.contains("Date: Mon, 23 Nov 2026 05:31:38 +0000"))
        #expect(!outbox.log.text.contains("s3cret"))
    }

    @Test func `without a server a message is held, readable, and its text is not logged`() async throws {
        let outbox = try OutboxFixture()
        let id = try await outbox.send(text: "https://app.example.com/join#s3cret")
        try await outbox.runner.runDue()
        let message = try #require(try outbox.message(id))
        #expect(message.state == .held && message.text.contains("s3cret"))
        #expect(outbox.log.text.contains(id.text) && outbox.log.text.contains("meera@example.com"))
        #expect(!outbox.log.text.contains("s3cret"))
    }

    @Test func `a refusal for good fails the message at once`() async throws {
        let server = ScriptedServer(["220 hi\r\n", "250 hi\r\n", "250 ok\r\n", "550 5.1.1 no such user\u{7}\r\n"])
        let outbox = try OutboxFixture(server: server)
        let id = try await outbox.send()
        try await outbox.runner.runDue()
        let message = try #require(try outbox.message(id))
        #expect(message.state == .failed)
        #expect(message.lastError == "the mail server refused: 550 5.1.1 no such user?")
    }

    @Test(arguments: [
        ["451 later\r\n"], ["220 hi\r\n", "250 hi\r\n", "250 ok\r\n", "450 busy\r\n"], ["220 hi\r\n"],
        ["220 hi\r\n", "nonsense\r\n"], ["220 hi\r\n", "250-" + String(repeating: "x", count: 9000)],
    ])
    func `what may pass is tried again`(answers: [String]) async throws {
        let outbox = try OutboxFixture(server: ScriptedServer(answers))
        let id = try await outbox.send()
        try await outbox.runner.runDue()
        let message = try #require(try outbox.message(id))
        #expect(message.state == .queued && message.lastError != nil)
        let waiting = try outbox.database.read(in: .instance) {
            try $0.exists("SELECT 1 FROM jobs WHERE state = 'scheduled' AND kind = 'mail.send'")
        }
        #expect(waiting)
    }

    @Test func `a server that is not there is tried again, and in the end the message has failed`() async throws {
        let outbox = try OutboxFixture(port: 1)
        let id = try await outbox.send()
        for _ in 0..<12 {
            try await outbox.runner.runDue()
            outbox.clock.advance(by: .hours(8))
        }
        #expect(try outbox.message(id)?.state == .failed)
    }

    @Test func `a message of a unit that is rolled back never was`() async throws {
        let outbox = try OutboxFixture()
        let message = Message(to: try OutboxFixture.address("a@example.com"), subject: "s", text: "t")
        await #expect(throws: OutboxFixture.Unusable.self) {
            try await outbox.database.write(in: outbox.scope, by: .system("test")) { tx in
                try Mail.send(message, in: tx)
                throw OutboxFixture.Unusable()
            }
        }
        #expect(try await outbox.runner.runDue() == 0)
    }

    @Test func `an organisation does not see the messages of another`() async throws {
        let outbox = try OutboxFixture()
        let id = try await outbox.send()
        let other = Scope.organization(OrganizationID(at: OutboxFixture.start))
        #expect(try outbox.database.read(in: other) { try MailStore.message(id, in: $0) } == nil)
        #expect(try outbox.database.read(in: other) { try MailStore.page(before: nil, limit: 9, in: $0) }.isEmpty)
        #expect(try outbox.database.read(in: .instance) { try MailStore.message(id, in: $0) } == nil)
    }

    @Test func `old messages are deleted`() async throws {
        let outbox = try OutboxFixture()
        let id = try await outbox.send()
        try await outbox.runner.start()
        try await outbox.runner.runDue()
        outbox.clock.advance(by: .days(31))
        try await outbox.runner.runDue()
        #expect(try outbox.message(id) == nil)
    }
}
