// Links that strangers ask for by an e-mail address: a new password, a sign-in, an account.
import Audit
import Core
package import Jobs
import Storage
import Web

/// What a stranger can have mailed. The answer is the same, and takes the same time, whether there is such an account:
/// the request only writes down that it was asked, and a job does the rest.
enum LinkRequest: String, Sendable {
    case passwordReset = "password_reset"
    case magicLink = "magic_link"
    case signUp = "sign_up"
}

extension Identity {
    /// Adds the job that mails the links.
    package func addJobs(to handlers: inout JobHandlers) {
        handlers.on(Self.linkJob, "Mail a link that somebody asked for") { context in
            let (email, origin) = (try context.text("email"), try context.text("origin"))
            guard let kind = LinkRequest(rawValue: try context.text("link")) else { throw JobGivesUp("no such link") }
            return .commit { tx in try mail(kind, to: email, origin: origin, in: tx) }
        }
    }

    private static let linkJob = "identity.mail_link"

    /// Notes that somebody asked for a link to this address. Throws `sign_up_closed`, `magic_links_off` (403), and
    /// `validation_failed` for a domain that may not be used, all without looking at the accounts.
    func request(_ link: LinkRequest, email: String, origin: String, in tx: any Transaction) throws {
        switch link {
        case .passwordReset: break
        case .magicLink: guard policy.hasMagicLinks else { throw IdentityProblem.magicLinksOff }
        case .signUp:
            guard policy.signUp == .open else { throw IdentityProblem.signUpClosed }
            try policy.check(try Person(email: email, name: "-").email)
        }
        let payload = JSONValue.object([
            "link": .string(link.rawValue), "email": .string(String(email.prefix(254))), "origin": .string(origin),
        ])
        try Jobs.enqueue(Self.linkJob, payload, queue: "mail", in: tx)
    }

    func mail(_ link: LinkRequest, to email: String, origin: String, in tx: any Transaction) throws {
        switch link {
        case .passwordReset: try Self.forgotPassword(email, origin: origin, in: tx)
        case .magicLink: try Self.mailMagicLink(email, origin: origin, in: tx)
        case .signUp: try Self.mailSignUp(email, origin: origin, in: tx)
        }
    }

    /// How long a link that signs in works: 10 minutes (ASVS 6.5.5).
    static let magicLinkLifetime = Milliseconds.minutes(10)
    static let signUpLifetime = Milliseconds.hours(24)

    private static func mailMagicLink(_ email: String, origin: String, in tx: any Transaction) throws {
        guard let user = try mailable(email, .magicLink, in: tx) else { return }
        let token = Token(.once)
        try OneTimeTokenStore.replace(.magicLink, of: user.id, hash: token.hash, lifetime: magicLinkLifetime, in: tx)
        try IdentityMail.link(
            to: user, "Your sign-in link", "sign in with this link:", "\(origin)/magic-link#token=\(token.text)",
            "It works once, for ten minutes. If you did not ask for it, leave it.", in: tx)
        try Audit.record("magic_link.requested", on: .init("user", user.id), .object([]), in: tx)
    }

    /// The account of an address, unless it was mailed a link of this kind within the last minute.
    static func mailable(_ email: String, _ purpose: TokenPurpose, in tx: any Transaction) throws -> User? {
        guard let address = EmailAddress(email), let user = try IdentityStore.find(email: address, in: tx),
            try !OneTimeTokenStore.wasIssued(purpose, of: user.id, since: tx.now.adding(-.minutes(1)), in: tx)
        else { return nil }
        return user
    }

    /// Signs in with a mailed link, or asks for the second factor if the account has one; shows whose mailbox it is.
    ///
    /// Throws `link_unusable` (422), `magic_links_off` (403).
    func redeemMagicLink(_ token: String, on device: Device, by caller: Actor) async throws -> SignInOutcome {
        guard policy.hasMagicLinks else { throw IdentityProblem.magicLinksOff }
        guard let hash = Token.hash(token, .once) else { throw IdentityProblem.linkUnusable }
        let user = try database.read(in: .instance) { try Self.holder(.magicLink, hash, in: $0).user }
        return try await database.write(in: .instance, by: user.actor(like: caller)) { tx in
            let user = try Self.holder(.magicLink, hash, in: tx).user
            guard try OneTimeTokenStore.use(hash, in: tx) else { throw IdentityProblem.linkUnusable }
            try Self.confirmMailbox(of: user, in: tx)
            return try Self.enter(user, by: .link, on: device, in: tx)
        }
    }

    /// Whose token it is, and what it is about. Throws `link_unusable` (422).
    static func holder(
        _ purpose: TokenPurpose, _ hash: [UInt8], in tx: any Transaction
    ) throws -> (user: User, subject: String?) {
        guard let found = try OneTimeTokenStore.subject(purpose, hash: hash, in: tx),
            let user = try IdentityStore.find(found.user, in: tx)
        else { throw IdentityProblem.linkUnusable }
        return (user, found.text)
    }
}
