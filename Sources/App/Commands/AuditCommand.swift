// raptorflow audit verify: finds a record that was changed, removed or slipped in.
import ArgumentParser
import Audit
import Foundation
import Operations
import Storage

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Verify the audit log.", subcommands: [Verify.self])

    struct Verify: Command {
        static let configuration = CommandConfiguration(
            commandName: "verify",
            abstract: "Walk every chain of the audit log; compare it with its tree and checkpoints.",
            discussion: "Works while the server runs. Status 1, with the first bad record, when one was touched.")

        @Option(
            name: .customLong("checkpoint"),
            help: """
                A file with checkpoints that were kept elsewhere: lines of the log, or answers of the API; \
                - reads standard input.
                """)
        var checkpoints: String?

        func run(in invocation: Invocation) async throws {
            let settings = try invocation.settings().settings
            let kept = try checkpoints.map { try Self.read($0) } ?? []
            try await Verifying.run(
                InstanceFacts.Verification(Surroundings.auditName) { tx in
                    let key = try InstanceKeys.find("audit", with: settings.masterKey, in: tx)
                    let signer = try key.map { try AuditSigner(key: $0) }
                    let outcome = try Surroundings.audit(
                        Audit.Evidence(publicKey: signer?.publicKey, checkpoints: kept), tx)
                    guard signer == nil, case .good(let words) = outcome else { return outcome }
                    return .good(words + ", by the key that each carries: the instance's own could not be opened here")
                }, in: invocation)
        }

        /// Lines without a checkpoint are left out, so that a whole log can be given.
        private static func read(_ path: String) throws -> [Checkpoint] {
            let file = path == "-" ? FileHandle.standardInput : FileHandle(forReadingAtPath: path)
            guard let bytes = try file?.read(upToCount: 64 << 20), !bytes.isEmpty else {
                throw CommandFailed("\(path) can't be read, or is empty.")
            }
            let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
            let found = lines.flatMap { Checkpoint.all(in: String($0)) }
            guard !found.isEmpty else { throw CommandFailed("There is no checkpoint in \(path).") }
            return found
        }
    }
}

/// Runs one verification and says how it ended.
enum Verifying {
    static func run(_ verification: InstanceFacts.Verification, in invocation: Invocation) async throws {
        let opened = try DatabaseFile.openAsItIs(try invocation.settings().settings.database, requiringCurrent: true)
        let outcome = try await opened.reading { tx in try verification.run(tx) }
        switch outcome {
        case .good(let words): Terminal.say("\(verification.name): \(words).")
        case .bad(let words):
            Terminal.say("\(verification.name): NOT GOOD. First problem: \(words).")
            throw ProblemsFound()
        }
    }
}
