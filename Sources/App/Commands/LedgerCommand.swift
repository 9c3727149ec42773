// raptorflow ledger: verify the books, and export one.
import ArgumentParser
import Core
import Ledger
import Operations
import Storage

struct LedgerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ledger", abstract: "Verify and export the books.", subcommands: [Verify.self, Export.self])

    /// Whose book an option names.
    private static func book(_ name: String) throws -> OrganizationID {
        if name == Ledger.instanceBook.text { return Ledger.instanceBook }
        guard let id = OrganizationID(name) else {
            throw CommandFailed("\(name) is no identifier of an organisation. Write org_…, or instance.")
        }
        return id
    }

    struct Verify: Command {
        static let configuration = CommandConfiguration(
            commandName: "verify", abstract: "Check balances, chain and triggers, and name the first bad entry.",
            discussion: """
                Works while the server runs. Says the head of one book, to be published: a later run with --head \
                finds out whether the book was put back since. Status 1 when something was touched.
                """)

        @Option(help: "A head that was published, SEQ:HASH: the book must still have that entry.")
        var head: [String] = []

        @Option(name: .customLong("of"), help: "Whose head: org_…, or instance for the instance's own book.")
        var book = Ledger.instanceBook.text

        func run(in invocation: Invocation) async throws {
            let organization = try LedgerCommand.book(book)
            let published = try head.map { text in
                guard let head = LedgerHead(text, organization: organization) else {
                    throw CommandFailed("\(text) is no head. Write the entry's number, a colon and its hash.")
                }
                return head
            }
            try await Verifying.run(
                InstanceFacts.Verification("Ledger") { tx in
                    for head in published {
                        if let words = try Ledger.contradiction(to: head, in: tx) {
                            return .bad("book of \(organization): \(words)")
                        }
                    }
                    guard case .good(let words) = try Surroundings.ledger.run(tx) else {
                        return try Surroundings.ledger.run(tx)
                    }
                    let now = try Ledger.head(of: organization, in: tx)
                    return .good("\(words). Head of \(organization): \(now?.text ?? "none, the book is empty")")
                }, in: invocation)
        }
    }

    struct Export: Command {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Write a whole book to standard output.",
            discussion: "Works while the server runs, and shows the book as of one instant.")

        @Option(help: "csv, beancount or hledger.")
        var format: String

        @Option(name: .customLong("of"), help: "Whose book: org_…, or instance for the instance's own.")
        var book = Ledger.instanceBook.text

        /// Entries that are in memory at a time.
        private static let stretch = 2000

        func run(in invocation: Invocation) async throws {
            guard let format = BookFormat(rawValue: format) else {
                throw CommandFailed("\(format) is no format. Use csv, beancount or hledger.")
            }
            let organization = try LedgerCommand.book(book)
            let opened = try DatabaseFile.openAsItIs(
                try invocation.settings().settings.database, requiringCurrent: true)
            try await opened.reading { tx in
                try tx.scoped(to: .organization(organization)) { tx in
                    var next: Int64? = 0
                    while let after = next {
                        let part = try Ledger.export(format, after: after, limit: Self.stretch, in: tx)
                        Terminal.put(part.bytes)
                        next = part.next
                    }
                }
            }
        }
    }
}
