// One option of the instance: its name in every place it can be set, what it takes, and what it is for.

/// One option. Its key gives its three spellings: `smtp.host` is `--smtp-host`, `RAPTORFLOW_SMTP_HOST`, and
/// `{"smtp": {"host": …}}` in the file.
package struct Setting: Sendable {
    /// What a value has to look like.
    package enum Kind: Sendable, Equatable {
        case text
        case path
        /// `https://app.example.com`: scheme, host and port, nothing after them.
        case origin
        /// An address of a service: http or https, with an optional path.
        case address
        case email
        case integer(ClosedRange<Int>)
        case choice([String])
        /// Some of these, separated by commas.
        case choices([String])
        /// IP addresses, separated by commas.
        case addresses
        /// Origins of other sites, exact, separated by commas.
        case origins
        /// A program by its absolute path, or a JSON list of it and its arguments.
        case command
    }

    package let key: String
    package let kind: Kind
    /// What holds when nobody sets it; empty when there is nothing by default.
    package let fallback: String
    /// A secret is masked in every print, and is not taken as a flag, since every user of a machine can read those.
    package let isSecret: Bool
    /// One line for people.
    package let help: String

    package init(
        _ key: String, _ kind: Kind, default fallback: String = "", isSecret: Bool = false, _ help: String
    ) {
        self.key = key
        self.kind = kind
        self.fallback = fallback
        self.isSecret = isSecret
        self.help = help
    }

    /// `--smtp-host`.
    package var flag: String { "--" + key.map { $0 == "." || $0 == "_" ? "-" : String($0) }.joined() }

    /// `RAPTORFLOW_SMTP_HOST`.
    package var variable: String {
        Self.prefix + key.uppercased().map { $0 == "." ? "_" : String($0) }.joined()
    }

    /// What every environment variable of the product starts with.
    package static let prefix = "RAPTORFLOW_"

    /// For a secret: the option that names a file which holds it.
    package var fileVariant: Setting? {
        isSecret ? Setting(key + "_file", .path, "A file that holds \(key), instead of the value itself.") : nil
    }

    /// For a secret: the option that names a command which prints it.
    package var commandVariant: Setting? {
        isSecret ? Setting(key + "_command", .command, "A command that prints \(key).") : nil
    }

    /// What is wrong with a value, as the end of a sentence; nil when it is good.
    func objection(to value: String) -> String? {
        switch kind {
        case .text, .path: value.contains("\n") ? "must be one line" : nil
        case .origin: WebAddress(value)?.path == "" ? nil : "must be like https://app.example.com, without a path"
        case .address: WebAddress(value) == nil ? "must be an http or https address" : nil
        case .email: value.contains("@") ? nil : "must be an e-mail address"
        case .integer(let range):
            Int(value).map(range.contains) == true
                ? nil : "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let choices): choices.contains(value) ? nil : "must be one of: \(choices.joined(separator: ", "))"
        case .choices(let choices):
            !Self.list(value).isEmpty && Self.list(value).allSatisfy(choices.contains)
                ? nil : "must be some of: \(choices.joined(separator: ", "))"
        case .addresses: Self.list(value).allSatisfy(Self.isAddress) ? nil : "must be IP addresses, separated by commas"
        case .origins:
            Self.list(value).allSatisfy(WebOrigin.isExact)
                ? nil : "must be origins like https://app.example.com, in lower case; http for this machine only"
        case .command:
            SecretCommand.arguments(of: value) == nil
                ? #"must be an absolute path, or a list like ["/usr/bin/program", "argument"]"# : nil
        }
    }

    /// The parts of a list, without blanks.
    static func list(_ value: String) -> [String] {
        value.split(separator: ",").map { String($0.filter { $0 != " " }) }.filter { !$0.isEmpty }
    }

    private static func isAddress(_ text: String) -> Bool {
        let isPlain = text.utf8.allSatisfy { byte in
            switch byte {
            case 48...57, 65...70, 97...102, 46, 58: true
            default: false
            }
        }
        return isPlain && (text.contains(".") || text.contains(":"))
    }
}

/// An http or https address taken apart, as far as options need it.
struct WebAddress {
    let scheme: String
    let host: String
    let path: String

    init?(_ text: String) {
        guard let mark = text.firstRange(of: "://") else { return nil }
        scheme = String(text[..<mark.lowerBound])
        let rest = text[mark.upperBound...]
        let authority = rest.prefix { $0 != "/" }
        path = String(rest.dropFirst(authority.count))
        let isPlain = text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != 64 && $0 != 63 && $0 != 35 && $0 != 92 }
        guard scheme == "http" || scheme == "https", isPlain, !authority.isEmpty else { return nil }
        host = Self.withoutPort(authority)
        guard !host.isEmpty else { return nil }
    }

    private static func withoutPort(_ authority: Substring) -> String {
        if authority.first == "[" { return String(authority.prefix { $0 != "]" }) + "]" }
        return String(authority.prefix { $0 != ":" })
    }

    /// Whether only programs of this machine reach the address.
    var isLocal: Bool { ["localhost", "127.0.0.1", "[::1]"].contains(host) }
}

/// An origin as browsers spell it (RFC 6454 section 6.2), because it is compared byte for byte.
enum WebOrigin {
    static func isExact(_ text: String) -> Bool {
        guard let address = WebAddress(text), address.path.isEmpty, text == text.lowercased(), !text.contains("*"),
            !text.hasSuffix(address.scheme == "https" ? ":443" : ":80"), !text.hasSuffix(":")
        else { return false }
        // Whoever is on the way could write the pages of a site without TLS.
        return address.scheme == "https" || address.isLocal
    }
}
