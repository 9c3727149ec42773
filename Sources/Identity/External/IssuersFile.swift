// Reads the file that lists issuers: strictly, and with a sentence for each thing that is wrong.
import Core
import Tokens
import Web

/// Why a list of issuers or providers is not taken: every problem in a sentence.
package struct IssuersRefused: Error, CustomStringConvertible {
    package let problems: [String]

    package init(problems: [String]) { self.problems = problems }

    package var description: String { problems.joined(separator: "\n") }
}

/// The JSON file of issuers: `{"issuers": [{"name": "corp", "issuer": "https://…", "audiences": ["raptorflow"]}]}`.
package enum IssuersFile {
    private static let fields: Set<String> = [
        "name", "profile", "issuer", "jwks_url", "jwks_file", "algorithms", "audiences", "role", "skew_seconds",
        "longest_minutes", "takes_anonymous", "confirms_email", "hs256_secret_file",
    ]

    /// Throws `IssuersRefused`.
    ///
    /// - Parameter readFile: the bytes of a file that the list names; nil when it can't be read.
    package static func read(_ bytes: [UInt8], readFile: (String) -> [UInt8]?) throws -> [Issuer] {
        let example = "{\"issuers\": [{\"name\": \"corp\", \"issuer\": \"https://…\"}]}"
        var (issuers, problems) = ListedObject.read(bytes, "issuer", fields: fields, example: example) { entry in
            issuer(&entry, readFile)
        }
        if Set(issuers.map(\.issuer)).count < issuers.count { problems.append("an issuer is listed twice") }
        if Set(issuers.map(\.name)).count < issuers.count { problems.append("two issuers have the same name") }
        guard problems.isEmpty else { throw IssuersRefused(problems: problems) }
        return issuers
    }

    private static func issuer(_ entry: inout ListedObject, _ readFile: (String) -> [UInt8]?) -> Issuer? {
        let name = entry.name()
        let address = entry.text("issuer") ?? ""
        entry.require(ServiceAddress.isSafe(address), "issuer must be an https address")
        let keys = source(&entry, address, readFile)
        let profile = entry.text("profile")
        entry.require(profile == nil || profile == "supabase", "the only profile is supabase")
        guard entry.problems.isEmpty, let keys else { return nil }
        var issuer =
            profile == nil
            ? Issuer(name: name, issuer: address, audiences: [], keys: keys)
            : Issuer.supabase(address, name: name, keys: keys)
        apply(&entry, to: &issuer, readFile)
        return issuer
    }

    private static func source(
        _ entry: inout ListedObject, _ issuer: String, _ readFile: (String) -> [UInt8]?
    ) -> Issuer.KeySource? {
        if let path = entry.text("jwks_file") {
            guard let set = readFile(path).flatMap({ KeySet(document: $0) }), !set.keys.isEmpty else {
                entry.require(false, "\(path) holds no usable public key")
                return nil
            }
            return .pinned(set)
        }
        let address = entry.text("jwks_url") ?? issuer + "/.well-known/jwks.json"
        entry.require(ServiceAddress.isSafe(address), "jwks_url must be an https address")
        return .address(address)
    }

    private static func apply(
        _ entry: inout ListedObject, to issuer: inout Issuer, _ readFile: (String) -> [UInt8]?
    ) {
        if let algorithms = entry.algorithms() { issuer.algorithms = algorithms }
        if let audiences = entry.texts("audiences") { issuer.rule.audiences = Set(audiences) }
        entry.require(!issuer.rule.audiences.isEmpty, "audiences must name whom the tokens are for")
        if let role = entry.text("role") { issuer.role = role }
        issuer.rule.skew = .seconds(entry.whole("skew_seconds", 0...120) ?? 30)
        issuer.rule.longest = .minutes(entry.whole("longest_minutes", 1...10_080) ?? 1440)
        issuer.takesAnonymous = entry.flag("takes_anonymous")
        issuer.confirmsEmail = entry.flag("confirms_email")
        if let path = entry.text("hs256_secret_file") {
            issuer.secret = ListedObject.firstLine(of: path, readFile).flatMap { SharedSecret($0) }
            entry.require(
                issuer.secret != nil, "\(path) must hold a secret of at least 32 bytes in its first line")
        }
    }
}
