// The composition root: makes every part, hands each what it needs, and collects what they offer.
import AsyncHTTPClient
import Audit
package import Billing
import Core
package import Identity
package import Jobs
package import Logging
import NIOCore
import Operations
package import Organizations
package import ServiceLifecycle
package import Storage
package import Web

/// The whole product over one open database.
package struct Application: Sendable {
    package let settings: Settings
    package let database: any Database
    package let identity: Identity
    package let organizations: Organizations
    package let billing: Billing
    package let runner: JobRunner
    package let gateway: Gateway
    /// Every operation and page, as the gateway serves them.
    package let endpoints: [Endpoint]
    /// The file a new master key was written to by this start; nil when there was one already.
    package let madeMasterKeyFile: String?
    private let client: HTTPClient
    private let denials: DeniedAttempts
    private let logger: Logger

    /// What all features together let an organisation see of tables that are not its own.
    package static let visibility: [Visibility] =
        Identity.visibility + Organizations.visibility + Billing.visibility + Operations.visibility

    /// What a start may add to the product: the demo's pages.
    package struct Additions: Sendable {
        /// The bar over every page, made anew for each.
        package var ribbon: (@Sendable () -> Ribbon)?
        /// What moves the time of the instance, in sandbox mode.
        package var testClock: TestClock?
        package var addPages: @Sendable (inout Pages, Application.Parts) -> Void = { _, _ in }
        package init() {}
    }

    /// The parts that additions build on.
    package struct Parts: Sendable {
        package let database: any Database
        package let identity: Identity
        package let organizations: Organizations
    }

    /// Makes the product. Throws `MasterKeyProblem`, `RouteConflict` and `StorageError`, each with its sentence.
    package init(
        settings: Settings, database: any Database, logger: Logger, additions: Additions = Additions(),
        record: @escaping @Sendable (RequestRecord) -> Void = { _ in }
    ) async throws {
        self.settings = settings
        self.database = database
        self.logger = logger
        let keys = try await InstanceKeys.unlock(
            [
                "audit", "cursors", "sandbox", AnswerSeal.keyName, FactorSeal.keyName, FlowSeal.keyName,
                SigningKeys.sealName,
            ],
            with: settings.masterKey, database: database)
        madeMasterKeyFile = keys.madeMasterKeyFile
        try await SigningKeys(sealedWith: try keys.bytes(SigningKeys.sealName)).prepare(on: database)
        let (issuers, providers) = (try settings.issuers(), try settings.signInProviders())
        client = Self.client()
        let features = try Features(
            settings: settings, keys: keys, issuers: issuers, providers: providers, client: client,
            database: database, logger: logger, testClock: additions.testClock)
        identity = features.identity
        organizations = features.organizations
        billing = features.payments.billing
        let jobs = JobsFeature(handlers: try features.handlers())
        runner = jobs.runner(on: database, logger: logger)

        let console = ConsoleAssets(resources: Resources(folder: settings.resources))
        let routes = features.routes(jobs)
        endpoints =
            routes + features.pages(jobs, assets: console.assets, additions) + console.endpoints
            + OpenAPI.endpoints(describing: routes, assets: console.assets)
        let denials = DeniedAttempts(database: database)
        self.denials = denials
        var gatewaySettings = Gateway.Settings(
            authentication: organizations.authentication, cursors: CursorSigner(key: try keys.bytes("cursors")),
            answers: AnswerSeal(key: try keys.bytes(AnswerSeal.keyName)), origin: settings.publicURL,
            hosts: settings.hosts,
            trustedProxies: settings.proxies, limits: settings.rateLimits, logger: logger,
            record: record)
        gatewaySettings.crossOrigins = settings.crossOrigins
        gatewaySettings.planRate = { organization, tx in
            try Billing.callsPerMinute(of: organization, in: tx).flatMap { Rate(perMinute: $0) }
        }
        gatewaySettings.isLimited = { organization, tx in try Billing.isLimited(organization, in: tx) }
        gatewaySettings.browsers = KnownDevices.check
        gatewaySettings.onDenial = { denials.note($0) }
        gateway = try Gateway(endpoints: endpoints, database: database, settings: gatewaySettings)
    }

    /// What runs for long, in the order of dependency: the last one is stopped first.
    package func services(onRunning: @escaping @Sendable (Int) async -> Void) -> [any Service] {
        var services: [any Service] = [
            FlushService(interval: .seconds(60), logger: logger) { [organizations] in
                try await organizations.flushLastUse()
            },
            FlushService(interval: .seconds(1), logger: logger) { [denials] in try await denials.flush() },
        ]
        if !identity.external.all.isEmpty {
            services.append(IssuerKeysService(external: identity.external, clock: database.clock, logger: logger))
        }
        if settings.parts.contains(.worker) { services.append(runner) }
        if settings.parts.contains(.web) {
            services.append(
                HTTPServer(
                    gateway: gateway, options: settings.serverOptions, logger: logger, onRunning: onRunning))
        }
        return services
    }

    /// Lets go of what is held outside the database; call once the services have ended.
    package func shutdown() async throws { try await client.shutdown() }

    private static func client() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.redirectConfiguration = .disallow
        configuration.timeout = .init(connect: .seconds(5), read: .seconds(15))
        return HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
    }
}

/// Writes down from time to time what was gathered in memory, and once more at the end.
private struct FlushService: Service {
    let interval: Duration
    let logger: Logger
    let flush: @Sendable () async throws -> Void

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                try await Task.sleep(for: interval)
                await attempt()
            }
        }
        await attempt()
    }

    private func attempt() async {
        do {
            try await flush()
        } catch {
            logger.warning(
                "What was gathered in memory can't be written at the moment", metadata: ["error": "\(error)"])
        }
    }
}
