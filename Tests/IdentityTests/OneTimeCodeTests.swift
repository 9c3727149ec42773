// One-time codes against the standard.
import Core
import Testing

@testable import Identity

struct OneTimeCodeTests {
    private static func seed(_ count: Int) -> [UInt8] {
        Array(String(repeating: "1234567890", count: 7).utf8.prefix(count))
    }

    @Test(
        arguments: [
            (59, "94287082", "46119246", "90693936"), (1_111_111_109, "07081804", "68084774", "25091201"),
            (1_111_111_111, "14050471", "67062674", "99943326"), (1_234_567_890, "89005924", "91819424", "93441116"),
            (2_000_000_000, "69279037", "90698825", "38618901"), (20_000_000_000, "65353130", "77737706", "47863826"),
        ] as [(Int64, String, String, String)])
    func `MFA-5 the test vectors of RFC 6238 come out`(
        seconds: Int64, sha1: String, sha256: String, sha512: String
    ) {
        let step = CodeSeed.step(at: Timestamp(milliseconds: seconds * 1000))
        #expect(CodeSeed.code(seed: Self.seed(20), step: step, digits: 8, by: .sha1) == sha1)
        #expect(CodeSeed.code(seed: Self.seed(32), step: step, digits: 8, by: .sha256) == sha256)
        #expect(CodeSeed.code(seed: Self.seed(64), step: step, digits: 8, by: .sha512) == sha512)
    }

    @Test func `the code of now and the one before are taken, no other and none twice`() {
        let seed = CodeSeed(bytes: Self.seed(20))
        let now = Timestamp(milliseconds: 1_800_000_000_000)
        let step = CodeSeed.step(at: now)
        #expect(seed.step(of: seed.code(at: step), at: now, after: 0) == step)
        #expect(seed.step(of: seed.code(at: step - 1), at: now, after: 0) == step - 1)
        #expect(seed.step(of: seed.code(at: step - 2), at: now, after: 0) == nil)
        #expect(seed.step(of: seed.code(at: step + 1), at: now, after: 0) == nil)
        #expect(seed.step(of: seed.code(at: step), at: now, after: step) == nil)
        #expect(seed.step(of: seed.code(at: step - 1), at: now, after: step) == nil)
        for wrong in ["", "12345", "1234567", "abcdef", "٠١٢٣٤٥"] {
            #expect(seed.step(of: wrong, at: now, after: 0) == nil)
        }
    }

    @Test(arguments: [
        ("", ""), ("f", "MY"), ("fo", "MZXQ"), ("foo", "MZXW6"), ("foob", "MZXW6YQ"), ("fooba", "MZXW6YTB"),
        ("foobar", "MZXW6YTBOI"),
    ])
    func `Base32 is RFC 4648's`(plain: String, encoded: String) {
        #expect(Base32.encode(Array(plain.utf8)) == encoded)
    }

    @Test func `the address of the secret can't be broken out of`() {
        let seed = CodeSeed(bytes: Self.seed(20))
        #expect(
            seed.address(account: "a+b&issuer=x@example.com", issuer: "app.example.com")
                == "otpauth://totp/app.example.com:a%2Bb%26issuer%3Dx%40example.com"
                + "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=app.example.com")
    }

    @Test func `recovery codes have 128 bits, and grouping and case do not matter`() {
        let code = RecoveryCode()
        #expect(code.text.filter { $0 != "-" }.count == 26)
        #expect(RecoveryCode.hash(of: code.text) == code.hash)
        #expect(RecoveryCode.hash(of: " " + code.text.uppercased().filter { $0 != "-" }) == code.hash)
        #expect(RecoveryCode.hash(of: String(code.text.dropLast())) == nil)
        #expect(RecoveryCode().text != RecoveryCode().text)
    }
}
