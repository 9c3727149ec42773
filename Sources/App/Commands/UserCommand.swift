// raptorflow user: makes accounts and sets passwords from the command line.
import ArgumentParser
import Core
import Foundation
import Glibc
import Identity
import Storage

struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user", abstract: "Make accounts, set passwords, take second factors away, suspend.",
        subcommands: [Create.self, Reset.self, DisableSecondFactor.self, Suspend.self, Resume.self])

    struct Create: Command {
        static let configuration = CommandConfiguration(
            commandName: "create", abstract: "Make an account.",
            discussion: """
                Asks for the password on a terminal and reads its first line of standard input otherwise; with \
                --generate it makes one and prints it.
                """)

        @Argument(help: "The e-mail address.") var email: String
        @Option(help: "The person's name.") var name: String
        @Flag(help: "Let the person run this instance.") var `operator` = false
        @Flag(help: "Make a password and print it.") var generate = false

        func run(in invocation: Invocation) async throws {
            try await IdentityAct.run(in: invocation) { identity in
                let password = try Password.take(isGenerated: generate)
                let user = try await identity.createUser(
                    email: email, name: name, password: password, isOperator: `operator`, by: IdentityAct.actor)
                Terminal.say("\(user.email) has an account: \(user.id)")
                if generate { Terminal.say("Password: \(password)") }
            }
        }
    }

    struct Reset: Command {
        static let configuration = CommandConfiguration(
            commandName: "reset-password", abstract: "Set a password; ends all sessions of the account.")

        @Argument(help: "The e-mail address.") var email: String
        @Flag(help: "Make a password and print it.") var generate = false

        func run(in invocation: Invocation) async throws {
            try await IdentityAct.run(in: invocation) { identity in
                let password = try Password.take(isGenerated: generate)
                try await identity.resetPassword(email: email, to: password, by: IdentityAct.actor)
                Terminal.say("\(email) has a new password. All sessions were ended.")
                if generate { Terminal.say("Password: \(password)") }
            }
        }
    }
}

extension UserCommand {
    struct DisableSecondFactor: Command {
        static let configuration = CommandConfiguration(
            commandName: "disable-mfa",
            abstract: "Take an account's second factor and passkeys away; ends its sessions and writes to its owner.")

        @Argument(help: "The e-mail address.") var email: String

        func run(in invocation: Invocation) async throws {
            try await IdentityAct.run(in: invocation) { identity in
                try await identity.disableSecondFactor(email: email, by: IdentityAct.actor)
                Terminal.say("\(email) signs in with the password alone now. All sessions were ended.")
            }
        }
    }
}

/// Opens the database for a change of accounts, beside a running server.
enum IdentityAct {
    /// What the audit log says of it.
    static let actor = Actor.system("command line")

    static func run(in invocation: Invocation, _ act: (Identity) async throws -> Void) async throws {
        let settings = try invocation.settings().settings
        let opened = try DatabaseFile.openAsItIs(settings.database, requiringCurrent: true)
        do {
            try await act(Identity(database: opened.database, policy: settings.accounts))
        } catch {
            try? opened.close()
            throw error
        }
        try opened.close()
    }
}

/// A password from the person at the terminal, from standard input, or made.
enum Password {
    static func take(isGenerated: Bool) throws -> String {
        if isGenerated { return Base62.random(20) }
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(strippingNewline: true), !line.isEmpty else {
                throw CommandFailed("No password came on standard input.")
            }
            return line
        }
        let first = ask("Password: ")
        guard ask("Again: ") == first else { throw CommandFailed("The two are not the same.") }
        return first
    }

    /// Reads a line without showing it.
    private static func ask(_ prompt: String) -> String {
        var settings = termios()
        tcgetattr(STDIN_FILENO, &settings)
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        Terminal.ask(prompt)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            Terminal.ask("\n")
        }
        return readLine(strippingNewline: true) ?? ""
    }
}
