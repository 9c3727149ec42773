// Reads the file that lists OpenID providers: strictly, and with a sentence for each thing that is wrong.
import Core

/// The JSON file of providers: `{"providers": [{"name": "corp", "issuer": "https://…", "client_id": "…", …}]}`.
package enum ProvidersFile {
    private static let fields: Set<String> = [
        "name", "title", "issuer", "client_id", "client_secret_file", "algorithms", "confirms_email",
    ]

    /// Names that the options for Google, Microsoft and GitHub have taken.
    private static let taken: Set<String> = ["google", "microsoft", "github"]

    /// Throws `IssuersRefused`.
    ///
    /// - Parameter readFile: the bytes of a file that the list names; nil when it can't be read.
    package static func read(_ bytes: [UInt8], readFile: (String) -> [UInt8]?) throws -> [SignInProvider] {
        let example = "{\"providers\": [{\"name\": \"corp\", \"issuer\": \"https://…\", \"client_id\": \"…\"}]}"
        var (providers, problems) = ListedObject.read(bytes, "provider", fields: fields, example: example) { entry in
            provider(&entry, readFile)
        }
        if Set(providers.map(\.issuer)).count < providers.count { problems.append("an issuer is listed twice") }
        if Set(providers.map(\.name)).count < providers.count { problems.append("two providers have the same name") }
        if providers.count > 20 { problems.append("20 providers are the most") }
        guard problems.isEmpty else { throw IssuersRefused(problems: problems) }
        return providers
    }

    private static func provider(
        _ entry: inout ListedObject, _ readFile: (String) -> [UInt8]?
    ) -> SignInProvider? {
        let name = entry.name()
        entry.require(!taken.contains(name), "name \(name) is that of an option of its own")
        let title = entry.text("title") ?? name
        entry.require(title.count <= 40 && title.isPlain, "title must have at most 40 characters on one line")
        let issuer = entry.text("issuer") ?? ""
        entry.require(ServiceAddress.isSafe(issuer), "issuer must be an https address")
        let id = entry.text("client_id") ?? ""
        entry.require(!id.isEmpty && id.isPlain, "client_id is needed: what the provider calls this instance")
        let path = entry.text("client_secret_file")
        let secret = path.flatMap { ListedObject.firstLine(of: $0, readFile) }
            .flatMap { String(validating: $0, as: UTF8.self) }
        entry.require(
            secret?.isEmpty == false,
            "client_secret_file must name a file that holds the client's secret in its first line")
        var settings = OpenIDSettings(issuer)
        if let algorithms = entry.algorithms() { settings.algorithms = algorithms }
        if entry.flag("confirms_email") { settings.emailProof = .always }
        return SignInProvider(
            name: name, title: title, clientID: id, clientSecret: secret ?? "", kind: .openID(settings))
    }
}

extension String {
    /// Whether it is one line without control characters.
    fileprivate var isPlain: Bool { unicodeScalars.allSatisfy { $0.value >= 32 && $0.value != 127 } }
}
