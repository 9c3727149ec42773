// raptorflow serve: answers and works until it is told to stop.
import ArgumentParser
import Identity

struct ServeCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Run the instance: answer requests, work on jobs.",
        discussion: """
            On an empty folder it makes the database and prints a link for the first account. SIGTERM and SIGINT \
            finish what runs and stop; a second one stops at once.
            """)

    func run(in invocation: Invocation) async throws {
        var settings = try invocation.settings().settings
        try settings.takeFreePort()
        let serving = Serving(settings: settings) { application in
            let url = application.settings.publicURL
            guard application.settings.parts.contains(.web) else { return "Working." }
            guard let token = try await application.identity.issueSetUpToken() else { return "Running at \(url)" }
            return """
                Running at \(url)
                Make the first account (the link works once, for 30 minutes):
                \(url)/setup#token=\(token)
                """
        }
        try await serving.run()
    }
}
