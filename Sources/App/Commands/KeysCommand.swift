// raptorflow keys: the key pairs that access tokens are signed with.
import ArgumentParser
import Identity
import Operations
import Storage

struct KeysCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "keys", abstract: "See and rotate the keys that access tokens are signed with.",
        subcommands: [List.self, Rotate.self])

    struct List: Command {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List the signing keys; their secrets stay sealed.")

        func run(in invocation: Invocation) async throws {
            try await KeysAct.run(in: invocation) { database, _ in
                let keys = try database.read(in: .instance) { tx in try SigningKeys.list(in: tx) }
                for key in keys { Terminal.say("\(key.id)  \(key.state.rawValue)  signs from \(key.signsFrom)") }
            }
        }
    }

    struct Rotate: Command {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Make a new signing key.",
            discussion: """
                The new key is published at once and signs ten minutes later, when every verifier had the time to \
                learn of it; the old one stays published until its last token has expired. With --at-once it signs now \
                and the old ones are gone: for a key that became known. Works while the server runs.
                """)

        @Flag(help: "Drop every other key now; tokens that they signed are refused.") var atOnce = false

        func run(in invocation: Invocation) async throws {
            try await KeysAct.run(in: invocation) { database, keys in
                let key = try await database.write(in: .instance, by: IdentityAct.actor) { tx in
                    try keys.rotate(atOnce: atOnce, in: tx)
                }
                Terminal.say("\(key.id) signs from \(key.signsFrom).")
            }
        }
    }
}

/// Opens the database and the key that signing keys are sealed with.
private enum KeysAct {
    static func run(
        in invocation: Invocation, _ act: (any Database, SigningKeys) async throws -> Void
    ) async throws {
        let settings = try invocation.settings().settings
        let opened = try DatabaseFile.openAsItIs(settings.database, requiringCurrent: true)
        do {
            let keys = try await InstanceKeys.unlock(
                [SigningKeys.sealName], with: settings.masterKey, database: opened.database)
            try await act(opened.database, SigningKeys(sealedWith: try keys.bytes(SigningKeys.sealName)))
        } catch {
            try? opened.close()
            throw error
        }
        try opened.close()
    }
}
