// The queue as a feature: what it serves over HTTP, what it shows, and the work it does itself.
import Core
package import Logging
package import Storage
import Web

/// Jobs and schedules: durable work in the same file as everything else.
///
/// Other features enqueue with `Jobs.enqueue` and declare their handlers in `JobHandlers`; the composition root
/// collects them, makes this feature, and runs `runner` as a service.
package struct JobsFeature: Sendable {
    let handlers: JobHandlers

    /// Takes the handlers of all features, this one's included (`addJobs`).
    package init(handlers: JobHandlers) { self.handlers = handlers }

    /// Every table here has its organisation.
    package static let visibility: [Visibility] = []

    /// The service that runs the jobs.
    package func runner(
        on database: any Database, options: JobRunner.Options = JobRunner.Options(), logger: Logger
    ) -> JobRunner {
        JobRunner(database: database, handlers: handlers, options: options, logger: logger)
    }
}
