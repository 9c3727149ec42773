// raptorflow ledger verify: balances, chain and triggers of the books.
import ArgumentParser
import Operations

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Verify the ledger.", subcommands: [Verify.self])

    struct Verify: Command {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Check balances, chain and triggers, and name the first bad entry.",
            discussion: "Works while the server runs. Status 1 when something was touched.")

        func run(in invocation: Invocation) async throws {
            try await Verifying.run(Surroundings.ledger, in: invocation)
        }
    }
}
