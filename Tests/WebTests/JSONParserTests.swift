// H6 of the list of gaps: a document means one thing or nothing.
import Core
import Testing
import Web

@Suite struct JSONParserTests {
    private func refusal(_ text: String) -> Problem? { refusal(Array(text.utf8)) }

    private func refusal(_ bytes: [UInt8]) -> Problem? {
        do {
            _ = try JSONParser.parse(bytes)
            return nil
        } catch {
            return error
        }
    }

    @Test(arguments: [
        #"{"a":1,"a":2}"#, #"{"a":1,"\u0061":2}"#, #"{"b":{"a":1,"a":1}}"#, #"[{"a":1,"a":1}]"#,
    ])
    func `H6 a name that occurs twice is refused, however it is spelled`(text: String) throws {
        let problem = try #require(refusal(text))
        #expect(problem.status == 422)
        #expect(problem.fields.first?.code == "duplicate_field")
        #expect(problem.fields.first?.pointer.hasSuffix("/a") == true)
    }

    @Test(
        arguments: [
            [0x22, 0xFF, 0x22], [0x22, 0xC0, 0x80, 0x22], [0x22, 0xED, 0xA0, 0x80, 0x22],
            [0x22, 0xF4, 0x90, 0x80, 0x80, 0x22],
            [0xEF, 0xBB, 0xBF, 0x31], [0x22, 0xE2, 0x82, 0x22],
        ] as [[UInt8]])
    func `H6 bytes that are no UTF-8, or a byte order mark, are refused`(bytes: [UInt8]) {
        #expect(refusal(bytes)?.code == "malformed_json")
    }

    @Test(arguments: [
        "", " ", "{", "[", "[1", "[1,]", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{a:1}", "{'a':1}", "[1 2]", "1 2", "nul",
        "nulL", "True", "NaN", "Infinity", "-", "+1", "01", "-01", "1.", ".5", "1e", "1e+", "0x1", "1_0", "\"",
        "\"\\\"",
        "\"\\x\"", "\"\\u12\"", "\"\\u12g4\"", "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "\"a\nb\"",
        "\"\u{1}\"",
        "// c\n1", "[1]]", "{}{}", "\u{a0}1",
    ])
    func `what RFC 8259 doesn't allow is refused`(text: String) {
        #expect(refusal(text)?.code == "malformed_json")
        #expect(refusal(text)?.status == 400)
    }

    @Test func `values keep their kind, their order and their digits`() throws {
        let text = #"""
            {"z":[1,-0,1.0,1e2,9223372036854775807,9223372036854775808],"a":"\u00e9\ud83d\ude00\/",\#
            "n":null,"t":true}
            """#
        let value = try JSONParser.parse(Array(text.utf8))
        #expect(
            value["z"]?.arrayValue == [
                .integer(1), .integer(0), .number("1.0"), .number("1e2"), .integer(.max),
                .number("9223372036854775808"),
            ])
        #expect(value["a"] == .string("é😀/"))
        #expect(value["n"] == .null)
        guard case .object(let members) = value else { return #expect(Bool(false), "no object") }
        #expect(members.map(\.name) == ["z", "a", "n", "t"])
    }

    @Test func `64 levels are read, 65 and a hundred thousand are refused at once`() {
        let nested = { (depth: Int) in String(repeating: "[", count: depth) + String(repeating: "]", count: depth) }
        #expect(refusal(nested(64)) == nil)
        #expect(refusal(nested(66))?.code == "malformed_json")
        #expect(refusal(nested(100_000))?.code == "malformed_json")
        #expect(refusal(String(repeating: #"{"a":"#, count: 100_000))?.code == "malformed_json")
    }

    @Test func `a number of more than 64 digits is refused`() {
        #expect(refusal(String(repeating: "9", count: 64)) == nil)
        #expect(refusal(String(repeating: "9", count: 65))?.code == "malformed_json")
    }

    @Test func `what is written can be read again and is the same`() throws {
        let value = JSONValue.object([
            "quote\"": .string("a\u{0}\n\u{1f}\\\"é"),
            "list": .array([.integer(-5), .bool(false), .null, .object([])]),
        ])
        #expect(try JSONParser.parse(Array(value.text.utf8)) == value)
        #expect(try JSONParser.parse(Array(value.prettyText.utf8)) == value)
    }
}
