// The command line: takes the options out, finds the command, runs it, and turns errors into sentences.
import ArgumentParser
import Core
import Foundation
import Glibc
import Storage

/// What a command is run with.
package struct Invocation: Sendable {
    let flags: CommandLineFlags
    let environment: [String: String]

    /// The options in force; throws `SettingsRefused` with everything that is wrong.
    func settings() throws -> EffectiveSettings {
        try SettingsReading.read(flags: flags, environment: environment)
    }
}

/// A command of the product.
protocol Command: AsyncParsableCommand {
    func run(in invocation: Invocation) async throws
}

/// A failure that was told already: only the exit status is left to say.
struct ProblemsFound: Error {}

/// A failure in a sentence.
struct CommandFailed: Error, CustomStringConvertible {
    let description: String
    init(_ description: String) { self.description = description }
}

/// The program: one root command and everything below it.
package enum Program {
    /// Runs what the arguments say. Returns the exit status: 0 fine, 1 a problem was found, 2 wrong usage or options.
    package static func run(
        arguments: [String] = Array(CommandLine.arguments.dropFirst()),
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) async -> Int32 {
        let flags = CommandLineFlags(arguments)
        let invocation = Invocation(flags: flags, environment: environment)
        do {
            var command = try await RootCommand.asyncParseAsRoot(flags.rest)
            if let command = command as? any Command {
                try await command.run(in: invocation)
            } else {
                try command.run()
            }
            return 0
        } catch let error as ProblemsFound {
            _ = error
            return 1
        } catch {
            return report(error)
        }
    }

    private static func report(_ error: any Error) -> Int32 {
        if let sentence = sentence(for: error) {
            Terminal.note("raptorflow: \(sentence)")
            return error is SettingsRefused ? 2 : 1
        }
        let message = RootCommand.fullMessage(for: error)
        let isFine = RootCommand.exitCode(for: error).isSuccess
        if !message.isEmpty { isFine ? Terminal.say(message) : Terminal.note(message) }
        return isFine ? 0 : 2
    }

    /// What went wrong, for people; nil for errors of the argument parser, which words them itself.
    private static func sentence(for error: any Error) -> String? {
        switch error {
        case let problem as any ProblemConvertible:
            let problem = problem.problem
            let fields = problem.fields.map { "\n  · \($0.pointer.drop { $0 == "/" }): \($0.detail)" }.joined()
            let cause = problem.status >= 500 ? problem.underlying.map { " (\($0))" } ?? "" : ""
            return problem.detail + fields + cause
        case is CleanExit, is ValidationError, is ExitCode: return nil
        case let error as any CustomStringConvertible & Error where !"\(type(of: error))".contains("CommandError"):
            return error.description
        default: return nil
        }
    }
}

/// The root of all commands.
struct RootCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "raptorflow",
        abstract: "The back-end of a SaaS product in one program and one file.",
        discussion: """
            Options are the same for every command: as --flags, as RAPTORFLOW_ variables or in raptorflow.json. \
            `raptorflow options` lists them.
            """,
        version: "0.1.0",
        subcommands: [
            ServeCommand.self, DemoCommand.self, MigrateCommand.self, BackupCommand.self, RestoreCommand.self,
            DoctorCommand.self, ConfigCommand.self, OptionsCommand.self, OpenAPICommand.self, LedgerCommand.self,
            AuditCommand.self, UserCommand.self, OrganizationCommand.self, OperatorCommand.self, KeysCommand.self,
            SecretsCommand.self, CatalogCommand.self, SimulateCommand.self,
        ])
}
