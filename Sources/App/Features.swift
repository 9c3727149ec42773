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

    init(
        settings: Settings, keys: InstanceKeys, client: HTTPClient, database: any Database, logger: Logger
    ) throws {
        self.database = database
        identity = Identity(
            database: database, seal: FactorSeal(key: try keys.bytes(FactorSeal.keyName)), policy: settings.accounts)
        organizations = Organizations(database: database, identity: identity)
        ledger = Ledger(database: database)
        payments = try Payments(settings: settings, keys: keys, client: client, database: database)
        mail = MailFeature(server: settings.smtpServer, logger: logger)
        operations = Operations(
            database: database, facts: Surroundings.facts(settings, verifications: Surroundings.verifications))
    }

    /// Who runs which kind of job.
    func handlers() throws -> JobHandlers {
        var handlers = JobHandlers()
        try JobsFeature.addJobs(to: &handlers)
        try mail.addJobs(to: &handlers)
        identity.addJobs(to: &handlers)
        try payments.billing.addJobs(to: &handlers)
        payments.sandbox?.addJobs(to: &handlers)
        try operations.addJobs(to: &handlers)
        return handlers
    }

    /// The JSON operations.
    func routes(_ jobs: JobsFeature) -> [Endpoint] {
        var routes = Routes()
        identity.addRoutes(to: &routes)
        organizations.addRoutes(to: &routes)
        payments.billing.addRoutes(to: &routes)
        payments.sandbox?.addRoutes(to: &routes)
        ledger.addRoutes(to: &routes)
        jobs.addRoutes(to: &routes)
        mail.addRoutes(to: &routes)
        Events.addRoutes(to: &routes)
        Audit.addRoutes(to: &routes)
        operations.addRoutes(to: &routes)
        return routes.endpoints
    }

    /// The console's pages, with what a start adds to them.
    func pages(_ jobs: JobsFeature, assets: Assets, _ additions: Application.Additions) -> [Endpoint] {
        let shell = ConsoleShell(
            assets: assets, demoRibbon: additions.ribbon,
            operatorItems: [NavItem("operator", "Instance", "/operator", .settings)]
        ).shell
        var pages = Pages(shell: shell)
        identity.addPages(to: &pages, shell: shell)
        organizations.addPages(to: &pages, shell: shell)
        payments.billing.addPages(to: &pages)
        payments.sandbox?.addPages(to: &pages)
        ledger.addPages(to: &pages)
        jobs.addPages(to: &pages)
        mail.addPages(to: &pages)
        Audit.addPages(to: &pages, on: database)
        operations.addPages(to: &pages)
        additions.addPages(
            &pages, .init(database: database, identity: identity, organizations: organizations))
        return pages.endpoints
    }
}
