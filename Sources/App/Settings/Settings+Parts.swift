// The options in the form in which the parts of the product want them.
import Core
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

    var accounts: AccountPolicy {
        var policy = AccountPolicy()
        policy.signUp = AccountPolicy.SignUp(rawValue: signUp) ?? .invite
        policy.domains = accountDomains
        policy.hasMagicLinks = hasMagicLinks
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
        rates.address = Rate(perMinute: limits.perAddress, burst: max(1, limits.perAddress / 6))
        rates.principal = Rate(perMinute: limits.perPrincipal, burst: max(1, limits.perPrincipal / 6))
        return limits.perAddress == 0 && limits.perPrincipal == 0 ? .none : Limits(rates)
    }
}
