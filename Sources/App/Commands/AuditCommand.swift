// raptorflow audit verify: finds a record that was changed, removed or slipped in.
import ArgumentParser
import Operations
import Storage

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify the audit log.", subcommands: [Verify.self])

    struct Verify: Command {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Walk every chain of the audit log from its first record.",
            discussion: "Works while the server runs. Status 1, with the first bad record, when one was touched.")

        func run(in invocation: Invocation) async throws {
            try await Verifying.run(Surroundings.audit, in: invocation)
        }
    }
}

/// Runs one verification and says how it ended.
enum Verifying {
    static func run(_ verification: InstanceFacts.Verification, in invocation: Invocation) async throws {
        let opened = try DatabaseFile.openAsItIs(try invocation.settings().settings.database, requiringCurrent: true)
        let outcome = try await opened.reading { tx in try verification.run(tx) }
        switch outcome {
        case .good(let words): Terminal.say("\(verification.name): \(words).")
        case .bad(let words):
            Terminal.say("\(verification.name): NOT GOOD. First problem: \(words).")
            throw ProblemsFound()
        }
    }
}
