// Money, roles, addresses, pages and spellings.
import Core
import Foundation
import Testing

struct RulesTests {
    @Test(
        arguments: [
            (129_900, "INR", "₹1,299.00"), (1_234_567_890, "INR", "₹1,23,45,678.90"), (5, "USD", "$0.05"),
            (-100_000_000, "USD", "−$1,000,000.00"), (500, "JPY", "JPY 500"), (1_234_567, "KWD", "KWD 1,234.567"),
            (0, "INR", "₹0.00"), (9_007_199_254_740_991, "USD", "$90,071,992,547,409.91"),
        ] as [(Int64, String, String)])
    func `money is written with the decimals and groups of its currency`(amount: Int64, code: String, text: String) {
        #expect(Money(amount, Currency(stored: code))?.formatted == text)
    }

    @Test func `money outside what JSON keeps exactly is refused`() {
        #expect(Money(Money.limit, .inr) != nil)
        #expect(Money(Money.limit + 1, .inr) == nil)
        #expect(Money(-Money.limit - 1, .inr) == nil)
        #expect(throws: DecodingError.self) {
            try JSONDecoder().decode(
                Money.self, from: Data(#"{"amount": 9007199254740992, "currency": "INR"}"#.utf8))
        }
    }

    @Test(arguments: ["inr", "IN", "INRX", "IN1", "", "₹₹₹"])
    func `a currency is three upper-case letters`(code: String) {
        #expect(Currency(code) == nil)
    }

    @Test func `each role holds everything that the role below it holds, and something more`() {
        for (lower, higher) in zip(Role.allCases, Role.allCases.dropFirst()) {
            let below = Permission.allCases.filter(lower.allows)
            let above = Permission.allCases.filter(higher.allows)
            #expect(Set(below).isStrictSubset(of: above))
        }
        #expect(Permission.allCases.allSatisfy(Role.owner.allows))
    }

    @Test func `a viewer changes nothing, and only an owner decides about money`() {
        #expect(Permission.allCases.filter(Role.viewer.allows).allSatisfy { $0.rawValue.hasSuffix(":read") })
        #expect(Permission.billingManage.least == .owner)
        #expect(Permission.organizationDelete.least == .owner)
    }

    @Test(arguments: ["ana@example.com", "a.b+c@sub.example.co.in", "x@xn--bcher-kva.example", "o'hara@example.org"])
    func `an address that mail can be sent to is taken`(text: String) {
        #expect(EmailAddress(text)?.text == text)
    }

    @Test(arguments: [
        "", "a", "a@b", "@example.com", "a@", "a@@example.com", "a b@example.com", "a@exa mple.com", "a@example..com",
        "a@-example.com", ".a@example.com", "a@example.com\r\nBcc: x@y.z", "\"a\"@example.com", "a@[127.0.0.1]",
        "ä@example.com", "a@example.com,b@example.com",
    ])
    func `what is no plain address is refused`(text: String) {
        #expect(EmailAddress(text) == nil)
    }

    @Test func `addresses that differ in case only are the same person's`() {
        #expect(EmailAddress("Ana@Example.COM")?.folded == EmailAddress("ana@example.com")?.folded)
    }

    @Test func `a page ends without a cursor and goes on with the last key`() {
        let request = PageRequest(limit: 2)
        #expect(request.page([1, 2, 3], key: String.init).nextCursor == "2")
        #expect(request.page([1, 2], key: String.init).nextCursor == nil)
        #expect(PageRequest(limit: 100_000).limit == 100)
        #expect(PageRequest(limit: -5).limit == 1)
    }

    @Test func `every bad field is named in one answer`() {
        var validation = Validation()
        validation.require(false, "/a", "required", "It is missing.")
        validation.require(true, "/b", "required", "It is missing.")
        validation.require(false, "/c", "format", "It is odd.")
        #expect { try validation.check() } throws: { ($0 as? Problem)?.fields.map(\.pointer) == ["/a", "/c"] }
    }
}

struct EncodingsTests {
    @Test func `base64url agrees with Foundation and reads only the canonical spelling`() {
        for count in 0..<70 {
            let bytes = Randomness.system.bytes(count)
            let expected = Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
            #expect(Base64URL.encode(bytes) == expected)
            #expect(Base64URL.decode(expected) == bytes)
        }
        for text in ["A", "AB", "AA==", "A+", "AAB", "é"] { #expect(Base64URL.decode(text) == nil) }
    }

    @Test func `hexadecimal goes both ways and refuses the rest`() {
        #expect(Hex.encode([0, 15, 255]) == "000fff")
        #expect(Hex.decode("000FfF") == [0, 15, 255])
        #expect(Hex.decode("0") == nil)
        #expect(Hex.decode("0g") == nil)
    }

    @Test func `the check value of CRC-32 is the standard's`() {
        #expect(Array("123456789".utf8).withUnsafeBufferPointer(CRC32.checksum) == 0xCBF4_3926)
    }

    @Test func `base62 pads to six characters and draws evenly`() {
        #expect(Base62.sixCharacters(0) == "000000")
        #expect(Base62.sixCharacters(.max) == "4gfFC3")
        let text = Base62.random(62_000)
        let counts = Dictionary(grouping: text, by: { $0 }).mapValues(\.count)
        #expect(counts.count == 62)
        #expect(counts.values.allSatisfy { (800...1200).contains($0) })
    }

    @Test func `every embedded file is there and none is empty`() {
        #expect(Resources.names.contains("console/app.css"))
        for name in Resources.names { #expect(Resources().bytes(name)?.isEmpty == false) }
        #expect(Resources().bytes("../Package.swift") == nil)
    }
}
