// raptorflow demo: answers and works until it is told to stop.
import ArgumentParser

struct DemoCommand: Command {
    static let configuration = CommandConfiguration(
        commandName: "demo", abstract: "Run the instance: answer requests, work on jobs.",
        discussion: "SIGTERM and SIGINT finish what runs and stop; a second one stops at once.")

    func run(in invocation: Invocation) async throws {
        throw CommandFailed("later")
    }
}
