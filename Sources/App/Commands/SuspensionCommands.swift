// raptorflow user suspend and resume.
import ArgumentParser
import Core
import Identity
import Organizations
import Storage
import StorageSQLite

extension UserCommand {
    struct Suspend: Command {
        static let configuration = CommandConfiguration(
            commandName: "suspend", abstract: "End all sessions of an account, and refuse new ones.",
            discussion: "The last owner of an organisation can't be suspended: suspend the organisation first.")

        @Argument(help: "The e-mail address.") var email: String
        @Option(help: "Why; it stands in the audit log.") var reason: String

        func run(in invocation: Invocation) async throws {
            let address = try UserCommand.address(email)
            try await IdentityAct.write(in: invocation) { [reason] tx in
                let user = try UserCommand.known(address, in: tx)
                try Organizations.suspendUser(user.id, because: String(reason.prefix(500)), in: tx)
            }
            Terminal.say("\(email) is suspended. All sessions were ended.")
        }
    }

    struct Resume: Command {
        static let configuration = CommandConfiguration(
            commandName: "resume", abstract: "Let a suspended account go on.")

        @Argument(help: "The e-mail address.") var email: String

        func run(in invocation: Invocation) async throws {
            let address = try UserCommand.address(email)
            try await IdentityAct.write(in: invocation) { tx in
                try Identity.resume(try UserCommand.known(address, in: tx).id, in: tx)
            }
            Terminal.say("\(email) can sign in again.")
        }
    }

    private static func address(_ text: String) throws -> EmailAddress {
        guard let address = EmailAddress(text) else { throw CommandFailed("\(text) is no e-mail address.") }
        return address
    }

    private static func known(_ address: EmailAddress, in tx: any Transaction) throws -> User {
        guard let user = try Identity.find(email: address, in: tx) else { throw Problem.notFound("account") }
        return user
    }
}

extension IdentityAct {
    /// One unit of work on the instance, beside a running server.
    static func write<Value: Sendable>(
        in invocation: Invocation, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        let settings = try invocation.settings().settings
        let opened = try DatabaseFile.openAsItIs(settings.database, requiringCurrent: true)
        do {
            let value = try await opened.database.write(in: .instance, by: actor, body)
            try opened.close()
            return value
        } catch {
            try? opened.close()
            throw error
        }
    }
}
