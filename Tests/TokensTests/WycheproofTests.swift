// The public test cases of Project Wycheproof for signed tokens and for key sets.
import Core
import Foundation
import Testing
import Web

@testable import Tokens

/// A group's key and its cases, from a trimmed file.
private struct Vectors {
    struct Case {
        let number: Int
        let isValid: Bool
        let token: String
        let key: JSONValue
    }

    let cases: [Case]

    init(_ name: String) throws {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Vectors/wycheproof-\(name).txt")
        var key = JSONValue.null
        var cases: [Case] = []
        for line in try String(contentsOf: url, encoding: .utf8).split(separator: "\n") where !line.hasPrefix("#") {
            if line.hasPrefix("key ") {
                key = try JSONParser.parse(Array(line.dropFirst(4).utf8))
                continue
            }
            let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
            let number = try #require(Int(parts[0]))
            cases.append(Case(number: number, isValid: parts[1] == "valid", token: String(parts[2]), key: key))
        }
        self.cases = cases
    }

    func accepted(_ accepts: (Case) -> Bool) -> Set<Int> { Set(cases.filter(accepts).map(\.number)) }
    var valid: Set<Int> { Set(cases.filter(\.isValid).map(\.number)) }
}

struct WycheproofTests {
    /// Valid cases whose algorithm is not on our list: HS256, RS384, RS512, PS256, PS384, PS512, ES512.
    private static let otherAlgorithms: Set<Int> = [
        1, 264, 265, 266, 267, 268, 269, 270, 271, 272, 273, 274, 275, 287, 288, 320, 321, 322, 323, 325, 326, 327, 328,
        346, 347, 348, 350, 351, 352, 357, 358, 359, 372, 373, 376, 377,
    ]
    /// Called valid although they hold characters outside base64url; a token has one spelling here.
    private static let notBase64URL: Set<Int> = [372, 373]
    /// Listed as invalid (padding was meant), but letter for letter the token of case 357, which is listed as valid.
    private static let listedTwice: Set<Int> = [367, 370]
    /// Valid key sets of HS256, HS384 and HS512: a key set never holds secrets here.
    private static let secretSets: Set<Int> = [2, 13, 14, 15]

    private static func accepts(_ item: Vectors.Case, _ keys: KeySet) -> Bool {
        guard let token = try? CompactToken(item.token) else { return false }
        return (try? keys.verify(token, allowing: Set(TokenAlgorithm.allCases))) != nil
    }

    @Test func `JWT-20 all 401 cases of signed tokens end as listed, other algorithms refused`() throws {
        let vectors = try Vectors("jws")
        #expect(vectors.cases.count == 401)
        let accepted = vectors.accepted { item in
            Self.accepts(item, KeySet([VerificationKey(item.key)].compactMap(\.self)))
        }
        #expect(accepted == vectors.valid.subtracting(Self.otherAlgorithms))
        #expect(accepted.count == 10)
    }

    @Test func `JWT-20 all 26 cases of key sets end as listed, sets of secrets refused`() throws {
        let vectors = try Vectors("jwk")
        #expect(vectors.cases.count == 26)
        let accepted = vectors.accepted { item in
            KeySet(document: Array(item.key.text.utf8)).map { Self.accepts(item, $0) } ?? false
        }
        #expect(accepted == vectors.valid.subtracting(Self.secretSets))
        #expect(accepted == [5])
    }

    @Test func `JWT-20 the verifier for shared secrets takes the valid HS256 cases in canonical spelling only`() throws
    {
        let vectors = try Vectors("jws")
        let secret = vectors.cases.filter { $0.key["kty"] == .string("oct") }
        let accepted = secret.filter { item in
            let bytes = item.key["k"]?.stringValue.flatMap(Base64URL.decode) ?? []
            guard let token = try? CompactToken(item.token) else { return false }
            return (try? SharedSecret(bytes)?.verify(token)) != nil
        }
        let expected = Set(secret.filter(\.isValid).map(\.number)).subtracting(Self.notBase64URL)
        #expect(expected == [1, 348, 352, 357, 358, 359, 376, 377])
        #expect(Set(accepted.map(\.number)) == expected.union(Self.listedTwice))
        let same = secret.filter { Self.listedTwice.contains($0.number) || $0.number == 357 }.map(\.token)
        #expect(same.count == 3 && Set(same).count == 1)
    }
}
