// The reader of CBOR: one spelling for a value, and nothing that could hurt.
import Core
import Testing

@testable import Identity

struct CBORTests {
    private func read(_ hex: String) throws -> CBOR? {
        try? CBORReader.decode(try #require(Hex.decode(hex)))
    }

    /// From RFC 8949 appendix A.
    @Test func `values of the kinds that authenticators write are read`() throws {
        let values: [(String, CBOR)] = [
            ("00", .integer(0)), ("17", .integer(23)), ("1818", .integer(24)), ("1903e8", .integer(1000)),
            ("1a000f4240", .integer(1_000_000)), ("1b000000e8d4a51000", .integer(1_000_000_000_000)),
            ("20", .integer(-1)), ("3903e7", .integer(-1000)), ("3b7fffffffffffffff", .integer(Int64.min)),
            ("40", .bytes([])), ("4401020304", .bytes([1, 2, 3, 4])), ("60", .text("")), ("6449455446", .text("IETF")),
            ("62c3bc", .text("ü")), ("80", .array([])), ("83010203", .array([.integer(1), .integer(2), .integer(3)])),
            ("a0", .map([:])), ("a201020304", .map([.integer(1): .integer(2), .integer(3): .integer(4)])),
            ("a26161016162820203", .map([.text("a"): .integer(1), .text("b"): .array([.integer(2), .integer(3)])])),
            ("f4", .bool(false)), ("f5", .bool(true)), ("f6", .null),
        ]
        for (hex, value) in values { #expect(try read(hex) == value, "\(hex)") }
    }

    @Test func `MFA-6 what has another spelling, or is of a kind that nobody writes, is refused`() throws {
        let refused = [
            // Longer than it has to be.
            "1817", "190017", "1a0000ffff", "1b00000000ffffffff", "580101", "7801 61", "980101", "b80101 01",
            // Lengths that are not known yet, and their end.
            "5f42010243030405ff", "7f657374726561646d696e67ff", "9f01ff", "bf6161 01ff", "ff", "1f",
            // Tags, floating point, undefined, simple values.
            "c074323031332d30332d32315432303a30343a30305a", "f90000", "fa47c35000", "fb3ff199999999999a", "f7", "f0",
            "f820", "e0", "1c", "3d", "5e",
            // Numbers beyond 64 bits with a sign.
            "1b8000000000000000", "3bffffffffffffffff",
            // A name twice, text that is none, an end too early, something after the end.
            "a2010201 03", "a261610161 6102", "62fffe", "", "18", "19 01", "4401", "6161 61", "8301", "a101", "0000",
        ].map { $0.replacing(" ", with: "") }
        for hex in refused { #expect(try read(hex) == nil, "\(hex)") }
    }

    @Test func `depth and counts are bounded by what is there`() throws {
        let deep = { (levels: Int) in String(repeating: "81", count: levels) + "00" }
        #expect(try read(deep(CBORReader.depthLimit)) != nil)
        #expect(try read(deep(CBORReader.depthLimit + 1)) == nil)
        #expect(try read(deep(100_000)) == nil)
        for hex in ["9bffffffffffffffff", "bbffffffffffffffff00", "5bffffffffffffffff", "7b7fffffffffffffff00"] {
            #expect(try read(hex) == nil)
        }
    }

    @Test func `any bytes are read or refused, and never more`() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<20_000 {
            let bytes = (0..<Int.random(in: 0...40, using: &generator)).map { _ in UInt8.random(in: 0...255) }
            var reader = CBORReader(bytes)
            _ = try? reader.value()
            #expect(reader.position <= bytes.count)
            _ = try? AuthenticatorData([UInt8](repeating: 0, count: 32) + bytes)
        }
    }
}
