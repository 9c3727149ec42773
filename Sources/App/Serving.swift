// Runs an instance from its first log line to its last: what serve and demo share.
import Billing
import Core
import Dispatch
import Logging
import ServiceLifecycle
import Storage

/// One run of the server.
struct Serving {
    var settings: Settings
    var clock = Clock.system
    var additions = Application.Additions()
    /// Done once the product is made, before it answers.
    var prepare: @Sendable (Application) async throws -> Void = { _ in }
    /// The lines that a person sees first, once the server answers.
    var greeting: @Sendable (Application) async throws -> String

    /// Runs until a signal comes; throws what kept the server from running.
    func run() async throws {
        let log = Log(format: settings.logFormat, level: settings.logLevel)
        log.takeOver()
        defer { log.flush() }
        let logger = log.logger("raptorflow")
        var additions = additions
        // In sandbox mode time can be moved, and stays where it was moved to.
        let movable = settings.mode == .sandbox && additions.testClock == nil ? MovableClock() : nil
        if let movable { additions.testClock = TestClock { movable.advance(by: $0) } }
        let file = try DatabaseFile.open(
            settings.database, visibility: Application.visibility, resources: Resources(folder: settings.resources),
            clock: movable?.clock ?? clock)
        do {
            let database: any Database = file.database
            movable?.advance(by: try database.read(in: .instance) { tx in try Billing.testClockAhead(in: tx) })
            let application = try await Application(
                settings: settings, database: file.database, logger: logger, additions: additions, record: log.record)
            if let path = application.madeMasterKeyFile {
                logger.notice(
                    "A master key was made. Keep a copy of its file elsewhere: a backup is of no use without it",
                    metadata: ["file": "\(path)"])
            }
            try await serve(application, logger, log)
            try await application.shutdown()
        } catch {
            try? file.close()
            throw error
        }
        try file.close()
        logger.notice("Stopped. The database is one file now", metadata: ["database": "\(settings.database)"])
    }

    private func serve(_ application: Application, _ logger: Logger, _ log: Log) async throws {
        do {
            try await prepare(application)
            let group = ServiceGroup(configuration: configuration(application, logger))
            let signals = Stopping.listen(
                begin: {
                    logger.notice("A signal came: finishing what runs, then stopping")
                    Task { await group.triggerGracefulShutdown() }
                },
                giveUp: { reason in
                    logger.error("\(reason)")
                    log.flush()
                })
            if !settings.parts.contains(.web) { await announce(application, logger) }
            try await group.run()
            for signal in signals { signal.cancel() }
        } catch {
            try? await application.shutdown()
            // The only system call whose failure a person can mend here is the one that takes the port.
            guard "\(error)".contains("Address already in use") else { throw error }
            throw CommandFailed(
                "\(settings.host):\(settings.port) is taken by another program. Stop it, or choose another --port.")
        }
    }

    private func configuration(_ application: Application, _ logger: Logger) -> ServiceGroupConfiguration {
        let services = application.services { _ in await announce(application, logger) }
        var quiet = logger
        quiet.logLevel = .warning
        var configuration = ServiceGroupConfiguration(services: services, logger: quiet)
        configuration.maximumGracefulShutdownDuration = .seconds(35)
        return configuration
    }

    private func announce(_ application: Application, _ logger: Logger) async {
        logger.notice(
            "Running",
            metadata: [
                "url": "\(settings.publicURL)", "listening": "\(settings.host):\(settings.port)",
                "database": "\(settings.database)", "mode": "\(settings.mode)",
                "roles": "\(settings.parts.map(\.rawValue).sorted().joined(separator: ","))",
            ])
        do {
            Terminal.say(try await greeting(application))
        } catch {
            logger.error("The set-up link can't be made", metadata: ["error": "\(error)"])
        }
    }
}
