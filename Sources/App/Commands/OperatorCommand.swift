// raptorflow operator: who runs this instance.
import ArgumentParser
import Identity

struct OperatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "operator", abstract: "Say who runs this instance.", subcommands: [Grant.self, Revoke.self])

    struct Grant: Command {
        static let configuration = CommandConfiguration(
            commandName: "grant", abstract: "Let somebody run this instance.")

        @Argument(help: "The e-mail address of the account.") var email: String

        func run(in invocation: Invocation) async throws {
            try await IdentityAct.run(in: invocation) { identity in
                let user = try await identity.setOperator(true, email: email, by: IdentityAct.actor)
                Terminal.say("\(user.email) runs this instance.")
            }
        }
    }

    struct Revoke: Command {
        static let configuration = CommandConfiguration(
            commandName: "revoke", abstract: "Take that away again.")

        @Argument(help: "The e-mail address of the account.") var email: String

        func run(in invocation: Invocation) async throws {
            try await IdentityAct.run(in: invocation) { identity in
                let user = try await identity.setOperator(false, email: email, by: IdentityAct.actor)
                Terminal.say("\(user.email) does not run this instance any more.")
            }
        }
    }
}
