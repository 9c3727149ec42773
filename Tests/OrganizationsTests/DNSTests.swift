// Answers of name servers, well-formed and not.
import Testing

@testable import Organizations

struct DNSTests {
    private let question = DNSQuestion(id: 0x1234, name: "_raptorflow-challenge.corp.example")

    private func name(_ text: String) -> [UInt8] {
        text.split(separator: ".").flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } + [0]
    }

    private func record(_ owner: [UInt8], type: UInt8, _ data: [UInt8]) -> [UInt8] {
        owner + [0, type, 0, 1, 0, 0, 0, 60, UInt8(data.count >> 8), UInt8(data.count & 255)] + data
    }

    private func text(_ parts: String...) -> [UInt8] { parts.flatMap { [UInt8($0.utf8.count)] + Array($0.utf8) } }

    private func answer(
        flags: [UInt8] = [0x81, 0x80], asked: String? = nil, _ records: [[UInt8]]
    ) -> [UInt8] {
        [0x12, 0x34] + flags + [0, 1, 0, UInt8(records.count), 0, 0, 0, 0]
            + name(asked ?? question.name) + [0, 16, 0, 1] + records.flatMap { $0 }
    }

    /// A pointer to the question's name, which starts behind the header.
    private let asked: [UInt8] = [0xC0, 12]

    @Test func `the texts of all records are read, and the strings of one joined`() throws {
        let datagram = answer([
            record(asked, type: 16, text("one", " and more")), record(asked, type: 16, text("two")),
        ])
        #expect(try question.texts(in: datagram) == ["one and more", "two"])
    }

    @Test func `an alias is followed, and one that leads in circles ends`() throws {
        let target = name("proof.other.example")
        let datagram = answer([
            record(asked, type: 5, target), record(target, type: 16, text("found")),
            record(name("somebody.else.example"), type: 16, text("not ours")),
        ])
        #expect(try question.texts(in: datagram) == ["found"])
        #expect(try question.texts(in: answer([record(asked, type: 5, asked)])) == [])
    }

    @Test func `no name and no record are an answer, a failure of the server is none`() throws {
        #expect(try question.texts(in: answer(flags: [0x81, 0x83], [])) == [])
        #expect(try question.texts(in: answer([])) == [])
        #expect(throws: DNSFailure.refused(code: 2)) { try question.texts(in: answer(flags: [0x81, 0x82], [])) }
        #expect(throws: DNSFailure.tooLong) { try question.texts(in: answer(flags: [0x83, 0x80], [])) }
    }

    @Test func `what answers another question is passed over`() throws {
        let good = answer([record(asked, type: 16, text("x"))])
        #expect(try question.texts(in: [0x12, 0x35] + good.dropFirst(2)) == nil)
        #expect(try question.texts(in: answer(asked: "corp.example", [])) == nil)
        #expect(try question.texts(in: answer(flags: [0x01, 0x80], [])) == nil)
        #expect(try question.texts(in: []) == nil)
    }

    @Test func `a datagram cut or changed anywhere gives an answer, nothing or a failure, and always ends`() {
        let good = answer([
            record(asked, type: 5, name("a.example")), record(name("a.example"), type: 16, text("one", "two")),
        ])
        for length in 0..<good.count { _ = try? question.texts(in: Array(good.prefix(length))) }
        for position in good.indices {
            for value in [0, 1, 63, 64, 191, 192, 255] as [UInt8] {
                var bad = good
                bad[position] = value
                _ = try? question.texts(in: bad)
            }
        }
    }

    @Test func `a name that points at itself, forwards or without an end is refused`() {
        for pointer in [[0xC0, 12] as [UInt8], [0xC0, 14], [0xFF, 0xFF], [1, 97, 0xC0, 12]] {
            var reader = DNSReader([UInt8](repeating: 0, count: 12) + pointer)
            reader.position = 12
            #expect(reader.name() == nil)
        }
    }

    @Test func `a name that can't be spelt is not asked for`() {
        for name in ["", "a..b", String(repeating: "a", count: 64) + ".example", String(repeating: "a.", count: 130)] {
            #expect(DNSQuestion(id: 1, name: name).bytes == nil)
        }
    }

    @Test(
        arguments: [
            ("127.0.0.1", "127.0.0.1", 53), ("127.0.0.1:5353", "127.0.0.1", 5353), ("::1", "::1", 53),
            ("[::1]", "::1", 53), ("[2001:db8::1]:54", "2001:db8::1", 54),
        ] as [(String, String, UInt16)])
    func `a server is an address with a port`(text: String, address: String, port: UInt16) throws {
        let server = try #require(DNSServer(text))
        #expect(server.address == address && server.port == port)
    }

    @Test(arguments: ["", "localhost", "127.0.0.1:", "127.0.0.1:0", "127.0.0.1:99999", "[::1", "[::1]53", "1.2.3"])
    func `anything else is none`(text: String) { #expect(DNSServer(text) == nil) }
}
