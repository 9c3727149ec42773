// The table of all options: this is the only place that names them.

extension Setting {
    /// Every option, in the order in which they are shown.
    package static let all: [Setting] = main + web + accounts + providers + mail + payments + keeping

    private static let main: [Setting] = [
        Setting("config", .path, default: "raptorflow.json", "The file with options; the default one may be missing."),
        Setting(
            "database", .path, default: "raptorflow.db", "The file that holds everything; made when missing."),
        Setting(
            "mode", .choice(["sandbox", "production"]), default: "sandbox", "Sandbox pays with a simulator."),
        Setting(
            "roles", .choices(["web", "worker"]), default: "web,worker",
            "What this process does: answer, work, or both."),
        Setting("master_key", .text, isSecret: true, "32 bytes in hex or base64url that seal the instance's keys."),
        Setting(
            "master_key_previous", .text, isSecret: true,
            "The master key before that one, until `secrets rotate` has run."),
        Setting("log.format", .choice(["readable", "json"]), default: "readable", "How log lines look."),
        Setting(
            "log.level", .choice(["debug", "info", "notice", "warning", "error"]), default: "info",
            "The least that is logged."),
    ]

    private static let web: [Setting] = [
        Setting(
            "host", .text, default: "127.0.0.1", "The address to listen on; 0.0.0.0 and :: are all of this machine."),
        Setting("port", .integer(0...65535), default: "8090", "The port to listen on; 0 takes a free one."),
        Setting("public_url", .origin, "Where people reach the instance; all links start with it."),
        Setting("trusted_proxies", .addresses, "Proxies whose X-Forwarded-For is believed."),
        Setting("cors.origins", .origins, "Sites whose scripts may call the API with a bearer credential."),
        Setting("tls.certificate", .path, "Certificate chain in PEM; with it the server speaks HTTPS and HTTP/2."),
        Setting("tls.key", .path, "The certificate's private key in PEM."),
        Setting(
            "limits.address_per_minute", .integer(0...1_000_000), default: "1200",
            "Calls of one client address; 0 is no limit."),
        Setting(
            "limits.principal_per_minute", .integer(0...1_000_000), default: "6000",
            "Calls of one user or key; 0 is no limit."),
        Setting(
            "limits.organization_per_minute", .integer(0...1_000_000), default: "6000",
            "Calls of one organisation whose plan names no number; 0 is no limit of any organisation."),
        Setting("dns.server", .text, "The resolver for proofs of domains: an IP address, with :port if not 53."),
        Setting("resources", .path, "A folder to read pages' files and migrations from, while designing them."),
    ]

    private static let accounts: [Setting] = [
        Setting(
            "accounts.sign_up", .choice(["closed", "invite", "open"]), default: "invite",
            "Who may make an account: nobody, people who are invited, or everybody."),
        Setting("accounts.domains", .text, "Domains of the addresses that new accounts may have, with commas."),
        Setting(
            "accounts.magic_links", .choice(["off", "on"]), default: "off",
            "Whether a mailed link signs somebody in without a password."),
        Setting(
            "accounts.second_factor", .choice(["optional", "operators", "everybody"]), default: "optional",
            "Who has to sign in with a second factor, whatever organisations ask for."),
        Setting(
            "accounts.impersonation", .choice(["off", "on"]), default: "on",
            "Whether operators may act for a user, for an hour at most."),
        Setting("issuers", .path, "A JSON file of issuers whose tokens are taken as credentials."),
        Setting("supabase.url", .address, "A Supabase project, like https://abc.supabase.co: its users may call."),
        Setting("tokens.audience", .text, "Whom our own access tokens are for; the public address when not set."),
    ]

    private static let providers: [Setting] = [
        Setting("google.client_id", .text, "What Google calls this instance; people sign in with Google then."),
        Setting("google.client_secret", .text, isSecret: true, "The secret of that client."),
        Setting("microsoft.client_id", .text, "What Microsoft Entra calls this instance."),
        Setting("microsoft.client_secret", .text, isSecret: true, "The secret of that client."),
        Setting(
            "microsoft.tenant", .text, default: "common",
            "Whose accounts: a tenant's id, organizations, consumers, or common for all."),
        Setting("github.client_id", .text, "What GitHub calls this instance."),
        Setting("github.client_secret", .text, isSecret: true, "The secret of that client."),
        Setting("github.url", .address, default: "https://github.com", "GitHub, or an Enterprise Server of yours."),
        Setting("providers", .path, "A JSON file of OpenID providers that people sign in through."),
    ]

    private static let mail: [Setting] = [
        Setting("smtp.host", .text, "The mail server; without it messages stay in the outbox."),
        Setting("smtp.port", .integer(1...65535), default: "25", "The mail server's port."),
        Setting("smtp.from", .email, "The sender's address of all messages."),
    ]

    private static let payments: [Setting] = [
        Setting("razorpay.key_id", .text, "The key id of your Razorpay account."),
        Setting("razorpay.key_secret", .text, isSecret: true, "The secret of that key."),
        Setting("razorpay.webhook_secret", .text, isSecret: true, "The secret that Razorpay signs webhooks with."),
        Setting(
            "razorpay.webhook_secret_previous", .text, isSecret: true,
            "The secret before it: what was signed with it is believed until you take it away."),
        Setting("razorpay.account_id", .text, "Your account id, acc_…: messages about another one are refused."),
        Setting("razorpay.base_url", .address, default: "https://api.razorpay.com", "Where Razorpay's API is."),
        Setting("stripe.publishable_key", .text, "The publishable key of your Stripe account."),
        Setting("stripe.secret_key", .text, isSecret: true, "The secret key of that account."),
        Setting("stripe.webhook_secret", .text, isSecret: true, "The secret that Stripe signs webhooks with."),
        Setting(
            "stripe.webhook_secret_previous", .text, isSecret: true,
            "The secret before it: what was signed with it is believed until you take it away."),
        Setting("stripe.base_url", .address, default: "https://api.stripe.com", "Where Stripe's API is."),
        Setting(
            "payments.routes", .text,
            "Who takes whose money, like USD=stripe,org_01…=razorpay; without a rule Razorpay, if it is set up."),
    ]

    private static let keeping: [Setting] = [
        Setting("backups.folder", .path, "The folder of backups; backups beside the database when nothing is set."),
        Setting(
            "audit.retention_days", .integer(0...36500), default: "0",
            "Days that audit records are kept at least; 0 is for ever."),
    ]

    /// Every option and, for secrets, those that say where it is.
    static let withVariants: [Setting] = all.flatMap { [$0, $0.fileVariant, $0.commandVariant].compactMap(\.self) }

    /// The option with the spelling that is nearest to a misspelt one; nil when none is near.
    static func nearest(to text: String, among spellings: [String]) -> String? {
        let measured = spellings.map { (spelling: $0, distance: editDistance(Array($0.utf8), Array(text.utf8))) }
        guard let best = measured.min(by: { $0.distance < $1.distance }), best.distance <= 3 else { return nil }
        return best.spelling
    }

    /// Levenshtein's distance.
    private static func editDistance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        guard right.count <= 100 else { return right.count }
        var row = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var diagonal = row[0]
            row[0] = i + 1
            for (j, b) in right.enumerated() {
                let replaced = diagonal + (a == b ? 0 : 1)
                diagonal = row[j + 1]
                row[j + 1] = min(replaced, row[j] + 1, diagonal + 1)
            }
        }
        return row[right.count]
    }
}
