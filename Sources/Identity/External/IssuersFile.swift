// Reads the file that lists issuers: strictly, and with a sentence for each thing that is wrong.
import Core
import Tokens
import Web

/// Why a list of issuers is not taken: every problem in a sentence.
package struct IssuersRefused: Error, CustomStringConvertible {
    package let problems: [String]

    package init(problems: [String]) { self.problems = problems }

    package var description: String { problems.joined(separator: "\n") }
}

/// The JSON file of issuers: `{"issuers": [{"name": "corp", "issuer": "https://…", "audiences": ["raptorflow"]}]}`.
package struct IssuersFile {
    private static let fields: Set<String> = [
        "name", "profile", "issuer", "jwks_url", "jwks_file", "algorithms", "audiences", "role", "skew_seconds",
        "longest_minutes", "takes_anonymous", "confirms_email", "hs256_secret_file",
    ]

    private var problems: [String] = []
    private let readFile: (String) -> [UInt8]?

    /// Throws `IssuersRefused`.
    ///
    /// - Parameter readFile: the bytes of a file that the list names; nil when it can't be read.
    package static func read(_ bytes: [UInt8], readFile: (String) -> [UInt8]?) throws -> [Issuer] {
        try withoutActuallyEscaping(readFile) { readFile in
            var file = IssuersFile(readFile: readFile)
            let issuers = file.issuers(bytes)
            guard file.problems.isEmpty else { throw IssuersRefused(problems: file.problems) }
            return issuers
        }
    }

    private init(readFile: @escaping (String) -> [UInt8]?) { self.readFile = readFile }

    private mutating func issuers(_ bytes: [UInt8]) -> [Issuer] {
        guard let items = (try? JSONParser.parse(bytes))?["issuers"]?.arrayValue else {
            problems.append("it must be JSON like {\"issuers\": [{\"name\": \"corp\", \"issuer\": \"https://…\"}]}")
            return []
        }
        let issuers = items.enumerated().compactMap { number, item in issuer(item, number + 1) }
        if Set(issuers.map(\.issuer)).count < issuers.count { problems.append("an issuer is listed twice") }
        if Set(issuers.map(\.name)).count < issuers.count { problems.append("two issuers have the same name") }
        return issuers
    }

    private mutating func issuer(_ value: JSONValue, _ number: Int) -> Issuer? {
        let before = problems.count
        guard case .object(let members) = value else {
            problems.append("issuer \(number) must be an object")
            return nil
        }
        for member in members where !Self.fields.contains(member.name) {
            problems.append("issuer \(number): there is no field \(member.name.prefix(40))")
        }
        let name = text("name", of: value, number) ?? ""
        let address = text("issuer", of: value, number) ?? ""
        require(Self.isName(name), "\(number): name must have 1 to 40 lower-case letters, digits and hyphens")
        require(Self.isAddress(address), "\(number): issuer must be an https address")
        let keys = source(value, address, number)
        let profile = text("profile", of: value, number)
        require(profile == nil || profile == "supabase", "\(number): the only profile is supabase")
        guard problems.count == before, let keys else { return nil }
        var issuer =
            profile == nil
            ? Issuer(name: name, issuer: address, audiences: [], keys: keys)
            : Issuer.supabase(address, name: name, keys: keys)
        apply(value, to: &issuer, number)
        return problems.count == before ? issuer : nil
    }

    private mutating func source(_ value: JSONValue, _ issuer: String, _ number: Int) -> Issuer.KeySource? {
        if let path = text("jwks_file", of: value, number) {
            guard let set = readFile(path).flatMap({ KeySet(document: $0) }), !set.keys.isEmpty else {
                problems.append("issuer \(number): \(path) holds no usable public key")
                return nil
            }
            return .pinned(set)
        }
        let address = text("jwks_url", of: value, number) ?? issuer + "/.well-known/jwks.json"
        require(Self.isAddress(address), "\(number): jwks_url must be an https address")
        return .address(address)
    }

    private mutating func apply(_ value: JSONValue, to issuer: inout Issuer, _ number: Int) {
        if let names = texts("algorithms", of: value, number) {
            let known = names.compactMap(TokenAlgorithm.init(name:))
            let choices = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
            require(!known.isEmpty && known.count == names.count, "\(number): algorithms are \(choices)")
            issuer.algorithms = Set(known)
        }
        if let audiences = texts("audiences", of: value, number) { issuer.rule.audiences = Set(audiences) }
        require(!issuer.rule.audiences.isEmpty, "\(number): audiences must name whom the tokens are for")
        if let role = text("role", of: value, number) { issuer.role = role }
        issuer.rule.skew = .seconds(whole("skew_seconds", of: value, 0...120, number) ?? 30)
        issuer.rule.longest = .minutes(whole("longest_minutes", of: value, 1...10_080, number) ?? 1440)
        issuer.takesAnonymous = flag("takes_anonymous", of: value, number)
        issuer.confirmsEmail = flag("confirms_email", of: value, number)
        if let path = text("hs256_secret_file", of: value, number) {
            let bytes = readFile(path).map { $0.prefix { $0 != 10 && $0 != 13 } }
            issuer.secret = bytes.flatMap { SharedSecret(Array($0)) }
            require(
                issuer.secret != nil, "\(number): \(path) must hold a secret of at least 32 bytes in its first line")
        }
    }

    private mutating func require(_ isRight: Bool, _ what: String) {
        if !isRight { problems.append("issuer \(what)") }
    }

    private mutating func text(_ name: String, of value: JSONValue, _ number: Int) -> String? {
        guard let field = value[name] else { return nil }
        if let text = field.stringValue, (1...2000).contains(text.utf8.count) { return text }
        problems.append("issuer \(number): \(name) must be a text")
        return nil
    }

    private mutating func texts(_ name: String, of value: JSONValue, _ number: Int) -> [String]? {
        guard let field = value[name] else { return nil }
        if let items = field.arrayValue, items.allSatisfy({ $0.stringValue != nil }) {
            return items.compactMap(\.stringValue)
        }
        problems.append("issuer \(number): \(name) must be a list of texts")
        return nil
    }

    private mutating func whole(
        _ name: String, of value: JSONValue, _ range: ClosedRange<Int64>, _ number: Int
    ) -> Int64? {
        guard let field = value[name] else { return nil }
        if let count = field.integerValue, range.contains(count) { return count }
        problems.append(
            "issuer \(number): \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    private mutating func flag(_ name: String, of value: JSONValue, _ number: Int) -> Bool {
        guard let field = value[name] else { return false }
        if let flag = field.boolValue { return flag }
        problems.append("issuer \(number): \(name) must be true or false")
        return false
    }

    private static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
            && text.first != "-" && text.last != "-"
    }

    /// https, or http to this machine.
    private static func isAddress(_ text: String) -> Bool {
        let local = ["http://127.0.0.1:", "http://localhost:", "http://[::1]:"]
        let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 < 127 && !"\"<>\\^`{|}@#?".utf8.contains($0) }
        return isPlain && (text.hasPrefix("https://") && text.utf8.count > 8 || local.contains { text.hasPrefix($0) })
    }
}
