// The options in the form in which the parts of the product want them.
import Core
import Foundation
import Identity
import Mail
import Organizations
import Web

extension Settings {
    /// Names under which requests may reach this instance.
    var hosts: Set<String> {
        let own = String(publicURL.drop(while: { $0 != ":" }).dropFirst(3))
        let local = host == "0.0.0.0" || host == "::" ? [] : ["\(host):\(port)"]
        return Set([own.lowercased(), "127.0.0.1:\(port)", "localhost:\(port)", "[::1]:\(port)"] + local)
    }

    /// The issuers whose tokens are taken. Throws `IssuersRefused`.
    func issuers() throws -> [Issuer] {
        let supabase = supabaseURL.map { [Issuer.supabase($0 + "/auth/v1")] } ?? []
        guard let issuersFile else { return supabase }
        do {
            let bytes = Self.bytes(of: issuersFile) ?? []
            let listed = try IssuersFile.read(bytes) { Self.bytes(of: $0) }
            guard let twice = listed.first(where: { $0.issuer == supabase.first?.issuer }) else {
                return supabase + listed
            }
            throw IssuersRefused(problems: ["\(twice.name) is the project of supabase.url already: keep one"])
        } catch let refused as IssuersRefused {
            throw IssuersRefused(problems: refused.problems.map { "\(issuersFile): \($0)." })
        }
    }

    /// The providers that people sign in through. Throws `IssuersRefused`.
    func signInProviders() throws -> [SignInProvider] {
        guard let providersFile else { return knownProviders }
        do {
            let listed = try ProvidersFile.read(Self.bytes(of: providersFile) ?? []) { Self.bytes(of: $0) }
            let issuers = knownProviders.compactMap(\.issuer)
            guard let twice = listed.first(where: { $0.issuer.map(issuers.contains) ?? false }) else {
                return knownProviders + listed
            }
            throw IssuersRefused(problems: ["\(twice.name) has options of its own already: keep one"])
        } catch let refused as IssuersRefused {
            throw IssuersRefused(problems: refused.problems.map { "\(providersFile): \($0)." })
        }
    }

    private static func bytes(of path: String) -> [UInt8]? {
        FileManager.default.contents(atPath: path).map { Array($0.prefix(262_144)) }
    }

    var accounts: AccountPolicy {
        var policy = AccountPolicy()
        policy.signUp = AccountPolicy.SignUp(rawValue: signUp) ?? .invite
        policy.domains = accountDomains
        policy.hasMagicLinks = hasMagicLinks
        policy.invitations = Organizations.invitations
        policy.secondFactor = AccountPolicy.SecondFactorRule(rawValue: secondFactor) ?? .optional
        policy.allowsImpersonation = allowsImpersonation
        policy.names = { user, tx in try Organizations.memberships(of: user, in: tx).map(\.organization.name) }
        return policy
    }

    var smtpServer: SMTPServer? {
        guard let smtp, let sender = EmailAddress(smtp.from) else { return nil }
        return SMTPServer(host: smtp.host, port: UInt16(clamping: smtp.port), sender: sender)
    }

    var serverOptions: ServerOptions {
        var options = ServerOptions()
        options.host = host
        options.port = port
        options.certificate = tls.map { CertificateFiles(chain: $0.certificate, key: $0.key) }
        options.trustedProxies = proxies
        return options
    }

    /// The proxies as the server takes them; what is no address was refused when the options were read.
    var proxies: TrustedProxies { (try? TrustedProxies(trustedProxies.sorted())) ?? .none }

    var rateLimits: Limits {
        var rates = Limits.Rates()
        rates.address = Rate(perMinute: limits.perAddress)
        rates.principal = Rate(perMinute: limits.perPrincipal)
        rates.organization = Rate(perMinute: limits.perOrganization)
        let isAny = rates.address != nil || rates.principal != nil || rates.organization != nil
        return isAny ? Limits(rates) : .none
    }
}
