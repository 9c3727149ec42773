// The hash function against the standard and against the C library's own spelling.
import CArgon2
import Core
import Testing

@testable import Identity

struct Argon2Tests {
    @Test func `the test vector of RFC 9106 for Argon2id comes out`() throws {
        let tag = try Argon2.tag(
            of: [UInt8](repeating: 1, count: 32), salt: [UInt8](repeating: 2, count: 16),
            cost: Argon2.Cost(memory: 32, passes: 3, lanes: 4), secret: [UInt8](repeating: 3, count: 8),
            data: [UInt8](repeating: 4, count: 12))
        #expect(Hex.encode(tag) == "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659")
    }

    @Test(arguments: ["four words in a row", "pässwörter 🦖 sind lang", String(repeating: "x", count: 256)])
    func `the C library accepts our PHC string and refuses another password`(password: String) throws {
        let text = try PasswordHash(of: password).text
        #expect(text.hasPrefix("$argon2id$v=19$m=19456,t=2,p=1$"))
        #expect(argon2id_verify(text, password, password.utf8.count) == ARGON2_OK.rawValue)
        #expect(argon2id_verify(text, password + "!", password.utf8.count + 1) == ARGON2_VERIFY_MISMATCH.rawValue)
    }

    @Test func `we accept the C library's PHC string, with its own cost`() throws {
        let salt = [UInt8](repeating: 7, count: 16)
        var text = [CChar](repeating: 0, count: 200)
        let code = argon2id_hash_encoded(3, 1024, 2, "four words in a row", 19, salt, 16, 32, &text, 200)
        #expect(code == ARGON2_OK.rawValue)
        let hash = try #require(PasswordHash(String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self)))
        #expect(hash.isOutdated)
        #expect(try hash.matches("four words in a row"))
        #expect(try !hash.matches("four words in a line"))
    }

    @Test func `two hashes of one password have different salts`() throws {
        #expect(try PasswordHash(of: "four words in a row").salt != PasswordHash(of: "four words in a row").salt)
    }

    @Test(arguments: [
        "$argon2id$v=19$m=1048576,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=99,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=0$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2i$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAA",
        "$argon2id$v=19$m=19456,t=2,p=1$AA$AAAAAAAAAAAAAAAAAAAAAA", "$argon2id$v=19$m=19456,t=2,p=1$AAAA", "plain", "",
    ])
    func `a stored text that is no hash of ours, or asks for too much, is not read`(text: String) {
        #expect(PasswordHash(text) == nil)
    }
}
