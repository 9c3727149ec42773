// The demo: how it differs from an instance that is served for real.
import Core
import Operations
import Web

enum Demo {
    /// Keeps a demo away from everything real: no mail server, no payment provider, no folder of backups.
    static func confine(_ settings: inout Settings, database: String) {
        settings.database = database
        settings.mode = .sandbox
        settings.parts = [.web, .worker]
        settings.smtp = nil
        settings.razorpay = nil
        settings.stripe = nil
        settings.masterKey = .beside(database)
        settings.backupFolder = Settings.folder(of: database) + "backups"
    }

    /// The run of a demo: fills its file before it answers, unless that was done before.
    static func serving(_ settings: Settings, isFresh: Bool) throws -> Serving {
        let file = DemoFile(path: settings.database)
        let ahead = try file.prepare(isFresh: isFresh)
        let clock = DemoClock(file: file, ahead: ahead)
        var additions = Application.Additions()
        additions.ribbon = { DemoPages.ribbon(at: clock.clock.now) }
        additions.testClock = clock.testClock
        additions.addPages = { pages, parts in DemoPages(clock: clock).add(to: &pages, parts) }
        return Serving(
            settings: settings, clock: clock.clock, additions: additions,
            prepare: { application in
                if ahead == nil { try await DemoHistory(application: application, clock: clock).fill() }
            },
            greeting: { application in greeting(application.settings.publicURL, DemoCast.asha) })
    }

    private static func greeting(_ url: String, _ person: DemoPerson) -> String {
        """
        The demo runs at \(url)
        Sign in as anybody with one click: \(url)\(DemoPages.path)
        Or as the owner: \(person.email), password: \(DemoCast.password)
        """
    }
}
