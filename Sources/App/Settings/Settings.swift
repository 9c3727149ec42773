// The options in force, typed: what the rest of the program reads.
package import Identity
package import Operations
import Organizations

/// Everything that can be set, checked and complete.
package struct Settings: Sendable {
    /// Pays with the simulator, or with money.
    package enum Mode: String, Sendable { case sandbox, production }
    /// What a process does.
    package enum Part: String, Sendable, CaseIterable { case web, worker }
    /// How log lines look.
    package enum LogFormat: String, Sendable { case readable, json }

    /// A mail server and the sender's address.
    package struct SMTP: Sendable {
        package var host: String
        package var port: Int
        package var from: String
    }

    /// An account at Razorpay.
    package struct Razorpay: Sendable {
        package var keyID: String
        package var keySecret: String
        /// The newest first.
        package var webhookSecrets: [String]
        package var accountID: String?
        /// The address of its API without a slash at the end.
        package var baseURL: String
    }

    /// An account at Stripe.
    package struct Stripe: Sendable {
        package var publishableKey: String
        package var secretKey: String
        /// The newest first.
        package var webhookSecrets: [String]
        /// The address of its API without a slash at the end.
        package var baseURL: String
    }

    /// A certificate chain and its key, as PEM files.
    package struct TLS: Sendable {
        package var certificate: String
        package var key: String
    }

    /// Calls a minute; 0 is no limit.
    package struct CallLimits: Sendable {
        package var perAddress: Int
        package var perPrincipal: Int
        package var perOrganization: Int
    }

    package var database: String
    package var mode: Mode
    package var parts: Set<Part>
    /// Where the master key is; unless it is configured, in the file beside the database, made on first start.
    package var masterKey: MasterKeySource
    package var logFormat: LogFormat
    /// A level's name of swift-log.
    package var logLevel: String
    package var host: String
    package var port: Int
    /// Scheme, host and port: `https://app.example.com`; the base of all links.
    package var publicURL: String
    package var trustedProxies: Set<String>
    /// Origins of other sites whose scripts may call the API.
    package var crossOrigins: Set<String>
    package var tls: TLS?
    package var limits: CallLimits
    package var resources: String?
    package var signUp: String
    /// In lower case.
    package var accountDomains: Set<String>
    package var hasMagicLinks: Bool
    package var secondFactor: String
    package var allowsImpersonation: Bool
    package var smtp: SMTP?
    /// Nil unless key id, key secret and webhook secret are all set.
    package var razorpay: Razorpay?
    /// The same of Stripe: nil unless its three keys are set.
    package var stripe: Stripe?
    /// Which provider is used for whom, as it was written.
    package var paymentRoutes = ""
    package var backupFolder: String
    /// The file that lists other issuers of tokens.
    package var issuersFile: String?
    /// The address of a Supabase project without a slash at the end.
    package var supabaseURL: String?
    /// Whom our own access tokens are for; nil: the public address.
    package var tokenAudience: String?
    /// Google, Microsoft and GitHub, as far as they are set.
    package var knownProviders: [SignInProvider] = []
    /// The file that lists other providers.
    package var providersFile: String?
    /// Another resolver than the system's.
    package var dnsServer: String?
    /// How long audit records are kept; 0 is for ever.
    package var auditRetentionDays: Int
}

extension Settings {
    /// Makes the typed options of checked texts.
    init(_ text: (String) -> String) {
        func number(_ key: String) -> Int { Int(text(key)) ?? 0 }
        func optional(_ key: String) -> String? { text(key).isEmpty ? nil : text(key) }
        database = text("database")
        auditRetentionDays = number("audit.retention_days")
        mode = Mode(rawValue: text("mode")) ?? .sandbox
        parts = Set(Setting.list(text("roles")).compactMap(Part.init))
        masterKey = MasterKeySource(
            configured: optional("master_key"), previous: optional("master_key_previous"),
            file: text("database") + ".key")
        logFormat = LogFormat(rawValue: text("log.format")) ?? .readable
        logLevel = text("log.level")
        host = text("host")
        port = number("port")
        crossOrigins = Set(Setting.list(text("cors.origins")))
        trustedProxies = Set(Setting.list(text("trusted_proxies")))
        limits = CallLimits(
            perAddress: number("limits.address_per_minute"), perPrincipal: number("limits.principal_per_minute"),
            perOrganization: number("limits.organization_per_minute"))
        resources = optional("resources")
        signUp = text("accounts.sign_up")
        accountDomains = Set(Setting.list(text("accounts.domains")).map { $0.lowercased() })
        hasMagicLinks = text("accounts.magic_links") == "on"
        secondFactor = text("accounts.second_factor")
        allowsImpersonation = text("accounts.impersonation") == "on"
        backupFolder = optional("backups.folder") ?? Self.folder(of: text("database")) + "backups"
        issuersFile = optional("issuers")
        supabaseURL = optional("supabase.url").map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
        tokenAudience = optional("tokens.audience")
        providersFile = optional("providers")
        knownProviders = Self.knownProviders(text)
        dnsServer = optional("dns.server")
        if let certificate = optional("tls.certificate"), let key = optional("tls.key") {
            tls = TLS(certificate: certificate, key: key)
        }
        if let host = optional("smtp.host"), let from = optional("smtp.from") {
            smtp = SMTP(host: host, port: number("smtp.port"), from: from)
        }
        razorpay = Self.razorpay(optional)
        stripe = Self.stripe(optional)
        paymentRoutes = text("payments.routes")
        publicURL = optional("public_url") ?? Self.localURL(host: host, port: port, isSecure: tls != nil)
    }

    private static func knownProviders(_ text: (String) -> String) -> [SignInProvider] {
        func client(_ name: String, _ make: (_ id: String, _ secret: String) -> SignInProvider?) -> SignInProvider? {
            let (id, secret) = (text("\(name).client_id"), text("\(name).client_secret"))
            return id.isEmpty || secret.isEmpty ? nil : make(id, secret)
        }
        let github = text("github.url")
        return [
            client("google") { SignInProvider.google(id: $0, secret: $1) },
            client("microsoft") { SignInProvider.microsoft(id: $0, secret: $1, tenant: text("microsoft.tenant")) },
            client("github") {
                let address = github.hasSuffix("/") ? String(github.dropLast()) : github
                return SignInProvider.gitHub(id: $0, secret: $1, address: address)
            },
        ].compactMap { $0 }
    }

    /// What contradicts itself in the options of providers.
    private func providerContradictions(_ text: (String) -> String?) -> [String] {
        var problems: [String] = []
        for name in ["google", "microsoft", "github"]
        where (text("\(name).client_id") != nil) != (text("\(name).client_secret") != nil) {
            problems.append("\(name).client_id and \(name).client_secret belong together: set both, or none.")
        }
        if let tenant = text("microsoft.tenant"), SignInProvider.microsoft(id: "", secret: "", tenant: tenant) == nil {
            problems.append(
                "microsoft.tenant must be a tenant's id in lower case, or one of: common, organizations, consumers.")
        }
        if let address = text("github.url").flatMap(WebAddress.init), address.scheme != "https", !address.isLocal {
            problems.append("github.url must be https: whoever reads what goes there could be anybody here.")
        }
        return problems
    }

    /// Where a browser of this machine finds the server.
    package static func localURL(host: String, port: Int, isSecure: Bool) -> String {
        let name = ["0.0.0.0", "::", "127.0.0.1"].contains(host) ? "127.0.0.1" : host
        let bracketed = name.contains(":") ? "[\(name)]" : name
        return "\(isSecure ? "https" : "http")://\(bracketed):\(port)"
    }

    /// The folder a file lies in, with a slash at the end; empty for the current one.
    static func folder(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[...slash])
    }

    /// What contradicts itself although each value is good.
    func contradictions(_ text: (String) -> String?) -> [String] {
        func isSet(_ key: String) -> Bool { text(key) != nil }
        var problems = providerContradictions(text)
        if isSet("tls.certificate") != isSet("tls.key") {
            problems.append("tls.certificate and tls.key belong together: set both, or none.")
        }
        if isSet("smtp.host") != isSet("smtp.from") {
            problems.append("smtp.host and smtp.from belong together: set both, or none.")
        }
        if let address = supabaseURL.flatMap(WebAddress.init), address.scheme != "https", !address.isLocal {
            problems.append("supabase.url must be https: whoever changes the keys on their way could be anybody.")
        }
        if let dnsServer, DNSServer(dnsServer) == nil {
            problems.append("dns.server must be an IP address, like 192.0.2.1 or [2001:db8::1]:5353.")
        }
        return problems + paymentContradictions(text)
    }
}
