// raptorflow organization: stop an organisation, or let it go on.
import ArgumentParser
import Core
import Organizations

struct OrganizationCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "organization", abstract: "Suspend an organisation, or let it go on.",
        subcommands: [Suspend.self, Resume.self])

    struct Suspend: Command {
        static let configuration = CommandConfiguration(
            commandName: "suspend", abstract: "Refuse its members and keys, from their next request on.")

        @Argument(help: "The organisation's id: org_….") var id: String
        @Option(help: "Why; it stands in both audit logs.") var reason: String

        func run(in invocation: Invocation) async throws {
            let id = try OrganizationCommand.id(id)
            let organization = try await IdentityAct.write(in: invocation) { [reason] tx in
                try Organizations.suspend(id, because: String(reason.prefix(500)), in: tx)
            }
            Terminal.say("\(organization.name) is suspended.")
        }
    }

    struct Resume: Command {
        static let configuration = CommandConfiguration(commandName: "resume", abstract: "Let it go on.")

        @Argument(help: "The organisation's id: org_….") var id: String

        func run(in invocation: Invocation) async throws {
            let id = try OrganizationCommand.id(id)
            let organization = try await IdentityAct.write(in: invocation) { tx in
                try Organizations.resume(id, in: tx)
            }
            Terminal.say("\(organization.name) goes on.")
        }
    }

    private static func id(_ text: String) throws -> OrganizationID {
        guard let id = OrganizationID(text) else { throw CommandFailed("\(text) is no id of an organisation.") }
        return id
    }
}
