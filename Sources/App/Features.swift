// The features of the product: each made once, each asked for its jobs, its operations and its pages.
import AsyncHTTPClient
import Audit
import Billing
import Core
import Events
import Identity
import Jobs
import Ledger
import Logging
import Mail
import Operations
import Organizations
import Storage
import Web

/// All features over one database.
struct Features: Sendable {
    let database: any Database
    let identity: Identity
    let organizations: Organizations
    let ledger: Ledger
    let payments: Payments
    let mail: MailFeature
    let operations: Operations
    let keeper: AuditKeeper
    let auditRetentionDays: Int
    let logger: Logger

    init(
        settings: Settings, keys: InstanceKeys, issuers: [Issuer], providers: [SignInProvider], client: HTTPClient,
        database: any Database, logger: Logger, testClock: TestClock? = nil
    ) throws {
        self.database = database
        let signingKeys = SigningKeys(sealedWith: try keys.bytes(SigningKeys.sealName))
        identity = Identity(
            database: database, seal: FactorSeal(key: try keys.bytes(FactorSeal.keyName)), policy: settings.accounts,
            accessTokens: AccessTokens(
                keys: signingKeys, issuer: settings.publicURL,
                audience: settings.tokenAudience ?? settings.publicURL),
            external: ExternalTokens(issuers, fetch: KeyDownload.fetching(client), logger: logger),
            federation: Federation(
                providers, seal: FlowSeal(key: try keys.bytes(FlowSeal.keyName)),
                fetch: ProviderExchange.fetching(client), logger: logger))
        ledger = Ledger(database: database)
        payments = try Payments(
            settings: settings, keys: keys, client: client, database: database, testClock: testClock)
        organizations = Organizations(
            database: database, identity: identity, takesTestKeys: settings.mode == .sandbox,
            departures: Self.departures(payments),
            resolver: .system(server: settings.dnsServer.flatMap(DNSServer.init)),
            allowance: { try Billing.allowance($0.rawValue, in: $1) })
        mail = MailFeature(server: settings.smtpServer, logger: logger)
        keeper = AuditKeeper(database: database, signer: try AuditSigner(key: try keys.bytes("audit")))
        auditRetentionDays = settings.auditRetentionDays
        self.logger = logger
        operations = Operations(
            database: database, facts: Surroundings.facts(settings, verifications: Surroundings.verifications))
    }

    /// What goes when an organisation is deleted; invoices, payments, books and audit log stay.
    private static func departures(_ payments: Payments) -> [Organizations.Departure] {
        var billing = Organizations.Departure()
        billing.request = { [billing = payments.billing] tx in try billing.endWhenLeaving(in: tx) }
        let erasers: [@Sendable (Int, any Transaction) throws -> Int] = [
            { try Jobs.erase(limit: $0, in: $1) }, { try Events.erase(limit: $0, in: $1) },
            { try Mail.erase(limit: $0, in: $1) }, { try Billing.eraseUsage(limit: $0, in: $1) },
        ]
        return [billing]
            + erasers.map { erase in
                var departure = Organizations.Departure()
                departure.erase = erase
                return departure
            }
    }

    /// Who runs which kind of job.
    func handlers() throws -> JobHandlers {
        var handlers = JobHandlers()
        try JobsFeature.addJobs(to: &handlers)
        try mail.addJobs(to: &handlers)
        identity.addJobs(to: &handlers)
        try payments.billing.addJobs(to: &handlers)
        payments.sandbox?.addJobs(to: &handlers)
        payments.stripe?.addJobs(to: &handlers)
        ledger.addJobs(to: &handlers)
        try organizations.addJobs(to: &handlers)
        try operations.addJobs(to: &handlers)
        try Operations.addAuditJobs(
            to: &handlers, keeper: keeper, retentionDays: auditRetentionDays, logger: logger)
        return handlers
    }

    /// The JSON operations.
    func routes(_ jobs: JobsFeature) -> [Endpoint] {
        var routes = Routes()
        identity.addRoutes(to: &routes)
        organizations.addRoutes(to: &routes)
        payments.billing.addRoutes(to: &routes)
        payments.sandbox?.addRoutes(to: &routes)
        payments.stripe?.addRoutes(to: &routes)
        ledger.addRoutes(to: &routes)
        jobs.addRoutes(to: &routes)
        mail.addRoutes(to: &routes)
        Events.addRoutes(to: &routes)
        Audit.addRoutes(to: &routes, keeper: keeper)
        operations.addRoutes(to: &routes)
        return routes.endpoints
    }

    /// The console's pages, with what a start adds to them.
    func pages(_ jobs: JobsFeature, assets: Assets, _ additions: Application.Additions) -> [Endpoint] {
        let shell = ConsoleShell(
            assets: assets, demoRibbon: additions.ribbon,
            operatorItems: [
                NavItem("operator", "Instance", "/operator", .settings),
                NavItem("catalogue", "Plans", "/operator/plans", .list),
            ]
        ).shell
        var pages = Pages(shell: shell)
        identity.addPages(to: &pages, shell: shell)
        organizations.addPages(to: &pages, shell: shell)
        payments.billing.addPages(to: &pages)
        payments.sandbox?.addPages(to: &pages)
        payments.stripe?.addPages(to: &pages)
        ledger.addPages(to: &pages)
        jobs.addPages(to: &pages)
        mail.addPages(to: &pages)
        Audit.addPages(to: &pages, keeper: keeper)
        operations.addPages(to: &pages)
        additions.addPages(
            &pages, .init(database: database, identity: identity, organizations: organizations))
        return pages.endpoints
    }
}
