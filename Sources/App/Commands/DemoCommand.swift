// raptorflow demo: a living company on a file of its own.
import ArgumentParser
import Core
import Web

struct DemoCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run a made-up company: three organisations, their people, money and work.",
        discussion: """
            Works on demo/raptorflow.db unless --database names another file, and never on a file that it did not \
            make. Payments go to the built-in simulator and mail stays in the outbox, whatever else is configured.
            """)

    @Flag(help: "Make the demo's file anew.") var fresh = false

    func run(in invocation: Invocation) async throws {
        let effective = try invocation.settings()
        var settings = effective.settings
        let isNamed = effective.found["database"].map { $0.origin != .fallback } ?? false
        Demo.confine(&settings, database: isNamed ? settings.database : DemoFile.standard)
        try settings.takeFreePort()
        try await Demo.serving(settings, isFresh: fresh).run()
    }
}
