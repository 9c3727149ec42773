// raptorflow catalog: what is sold, as a file.
import ArgumentParser
import Billing
import Core
import Foundation
import Storage

struct CatalogCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "catalog", abstract: "Read and change what is sold: plans, prices, features, meters.",
        subcommands: [Apply.self, Export.self])

    struct Apply: Command {
        static let configuration = CommandConfiguration(
            commandName: "apply", abstract: "Bring the catalogue to what a file says.",
            discussion: """
                Says what changes, and changes it. The same file again changes nothing. Prices are never altered: \
                another price is sold from now on, and whoever bought the old one keeps it. Plans that the file does \
                not name stay as they are.
                """)

        @Argument(help: "A JSON file; `raptorflow catalog export` prints one.") var file: String
        @Flag(help: "Only say what would change.") var dryRun = false

        func run(in invocation: Invocation) async throws {
            guard let data = FileManager.default.contents(atPath: file) else {
                throw CommandFailed("There is no file \(file).")
            }
            let changes = try await changes(Array(data), in: invocation)
            guard !changes.isEmpty else { return Terminal.say("Nothing to change.") }
            for change in changes { Terminal.say(change) }
            let count = changes.count == 1 ? "1 change" : "\(changes.count) changes"
            Terminal.say(dryRun ? "\(count); nothing was written." : "\(count).")
        }

        private func changes(_ text: [UInt8], in invocation: Invocation) async throws -> [String] {
            if dryRun {
                let file = try DatabaseFile.openAsItIs(
                    try invocation.settings().settings.database, requiringCurrent: true)
                return try await file.reading { tx in try Billing.applyCatalogue(text, isDry: true, in: tx) }
            }
            return try await IdentityAct.write(in: invocation) { tx in
                try Billing.applyCatalogue(text, isDry: false, in: tx)
            }
        }
    }

    struct Export: Command {
        static let configuration = CommandConfiguration(
            commandName: "export", abstract: "Print the catalogue as a file that `apply` takes.")

        func run(in invocation: Invocation) async throws {
            let file = try DatabaseFile.openAsItIs(
                try invocation.settings().settings.database, requiringCurrent: true)
            Terminal.say(try await file.reading { tx in try Billing.exportCatalogue(in: tx) })
        }
    }
}
