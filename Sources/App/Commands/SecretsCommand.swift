// raptorflow secrets: what the database keeps sealed, whether it opens, and a new master key for all of it.
import ArgumentParser
import Core
import Identity
import Operations
import Storage
import Web

struct SecretsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "secrets", abstract: "See, check and rotate what the database keeps sealed.",
        subcommands: [List.self, Check.self, Rotate.self])

    /// Everything that the instance's keys seal.
    static let sealed = [FactorSeal.sealed, SigningKeys.sealed, AnswerSeal.sealed]

    struct List: Command {
        static let configuration = CommandConfiguration(
            commandName: "list", abstract: "List what is sealed, and by which key; never a value.",
            discussion: "Needs no master key. Works while the server runs.")

        func run(in invocation: Invocation) async throws {
            let rows = try await SecretsCommand.reading(try invocation.settings().settings) { tx in
                let keys = try InstanceKeys.list(in: tx).map { key in
                    ["key \(key.name)", key.masterKeyID.map { "master key \($0)" } ?? "not noted", "\(key.sealedAt)"]
                }
                let values = try sealed.map { column in
                    ["\(try column.forEach(in: tx)) \(column.name)", "key \(column.keyName)"]
                }
                return [["sealed", "by", "since"]] + keys + values
            }
            Terminal.say(TextTable.text(rows))
        }
    }

    struct Check: Command {
        static let configuration = CommandConfiguration(
            commandName: "check", abstract: "Open everything that is sealed, and say what does not open.",
            discussion: "Works while the server runs. Status 1 when something does not open.")

        func run(in invocation: Invocation) async throws {
            let settings = try invocation.settings().settings
            let source = settings.masterKey
            let found = try await SecretsCommand.reading(settings) { tx in
                let standing = try InstanceKeys.check(source, in: tx)
                let columns = try sealed.map { column in
                    (column.name, try Self.openAll(column, with: source, in: tx))
                }
                return (standing, columns)
            }
            Terminal.say("\(found.0.keys) keys of the instance open with the master key.")
            if found.0.byOlder > 0 {
                Terminal.say("\(found.0.byOlder) of them with an older one: run `raptorflow secrets rotate`.")
            }
            for (name, result) in found.1 {
                Terminal.say(
                    "\(result.count) \(name): \(result.broken.map { "\(Self.shown($0)) does NOT open" } ?? "all open")."
                )
            }
            if found.1.contains(where: { $0.1.broken != nil }) { throw ProblemsFound() }
        }

        /// A place in one line: its parts are divided by a character that terminals do not show.
        private static func shown(_ place: String) -> String {
            place.split(separator: "\u{0}").joined(separator: " ")
        }

        /// How many there are, and the place of the first that does not open.
        private static func openAll(
            _ column: SealedValues, with source: MasterKeySource, in tx: any Transaction
        ) throws -> (count: Int, broken: String?) {
            let seal = try InstanceKeys.find(column.keyName, with: source, in: tx).map { Seal(key: $0) }
            var broken: String?
            let count = try column.forEach(in: tx) { value in
                guard broken == nil else { return }
                do {
                    _ = try seal?.open(value.sealed, for: value.context)
                    if seal == nil { broken = value.place }
                } catch {
                    broken = value.place
                }
            }
            return (count, broken)
        }
    }

    struct Rotate: Command {
        static let configuration = CommandConfiguration(
            commandName: "rotate", abstract: "Seal everything with a new master key.",
            discussion: """
                Where the key lies in the file beside the database, a new one is made and put in front; the old one \
                stays below it for older backups, until you remove its line. Where the options give the key, set the \
                new one as master_key and the present one as master_key_previous first. Works while the server runs; \
                if it is interrupted, run it again.
                """)

        func run(in invocation: Invocation) async throws {
            let settings = try invocation.settings().settings
            let opened = try DatabaseFile.openAsItIs(settings.database, requiringCurrent: true)
            do {
                let rotation = try await MasterKeyRotation.run(settings.masterKey, on: opened.database)
                Terminal.say(
                    rotation.count == 0
                        ? "Everything is sealed with master key \(rotation.current) already."
                        : "\(rotation.count) keys of the instance are sealed with master key \(rotation.current) now.")
                if settings.masterKey.configured == nil {
                    Terminal.say("Keep a copy of \(settings.masterKey.file) elsewhere: backups from now on need it.")
                }
            } catch {
                try? opened.close()
                throw error
            }
            try opened.close()
        }
    }

    private static func reading<Value: Sendable>(
        _ settings: Settings, _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        let opened = try DatabaseFile.openAsItIs(settings.database, requiringCurrent: true)
        return try await opened.reading(body)
    }
}
