// Who may make an account, and which ways in there are.
package import Core
package import Storage

/// What the instance's options say about accounts.
package struct AccountPolicy: Sendable {
    /// Who may make an account beside the command line.
    package enum SignUp: String, Sendable {
        /// Nobody: invitations are for people who have one.
        case closed
        /// People who are invited.
        case invite
        /// Everybody with a mailbox.
        case open
    }

    package var signUp = SignUp.invite
    /// The part after the `@` that addresses must have, in lower case; any when it is empty.
    package var domains: Set<String> = []
    /// Whether a mailed link signs somebody in, without a password.
    package var hasMagicLinks = false
    /// Whether operators may act for somebody.
    package var allowsImpersonation = true

    /// Who has to sign in with a second factor, whatever their organisations ask for.
    package enum SecondFactorRule: String, Sendable {
        case optional
        /// Those who run the instance, to run it.
        case operators
        /// Also every member, to be let into an organisation.
        case everybody
    }

    package var secondFactor = SecondFactorRule.optional

    /// Names that nobody's password may be made of, beside their own: of the organisations that they belong to.
    package var names: @Sendable (UserID, any Transaction) throws -> [String] = { _, _ in [] }

    /// What an invitation is for, and how it is accepted; given by who knows organisations.
    package struct Invitations: Sendable {
        /// The address that an invitation was mailed to. Throws `invitation_unusable` (422).
        package var address: @Sendable (_ token: String, any Transaction) throws -> EmailAddress
        /// Accepts an invitation for somebody; gives the page to go on to.
        package var accept: @Sendable (_ token: String, UserID, any Transaction) throws -> String

        package init(
            address: @escaping @Sendable (String, any Transaction) throws -> EmailAddress,
            accept: @escaping @Sendable (String, UserID, any Transaction) throws -> String
        ) {
            self.address = address
            self.accept = accept
        }
    }

    package var invitations = Invitations(
        address: { _, _ in throw IdentityProblem.linkUnusable },
        accept: { _, _, _ in throw IdentityProblem.linkUnusable })

    package init() {}

    /// Whether somebody may take this address here. An address has one `@`, and domains are compared whole.
    package func admits(_ address: EmailAddress) -> Bool {
        domains.isEmpty || domains.contains(String(address.folded.drop { $0 != "@" }.dropFirst()))
    }

    /// Throws `validation_failed` at the pointer when the address may not be used here.
    package func check(_ address: EmailAddress, at pointer: String = "/email") throws(Problem) {
        var validation = Validation()
        validation.require(
            admits(address), pointer, "domain_not_allowed",
            "Addresses here end in \(domains.sorted().map { "@" + $0 }.joined(separator: " or ")).")
        try validation.check()
    }
}
