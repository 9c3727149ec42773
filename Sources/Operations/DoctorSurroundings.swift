// What the doctor looks at around the database: backups, options, keys, limits of the process.
import Core
import Foundation
import Storage

extension Doctor {
    func backupAge(now: Timestamp) -> Finding {
        guard let newest = backups.list().max(by: { $0.createdAt < $1.createdAt }) else {
            return Finding(
                "Backups", .yellow, "none in \(facts.backupFolder) yet. The server takes one at seven past every hour.")
        }
        // The file carries the machine's time, so its age is measured against that clock, not a moved one.
        let minutes = max(0, Clock.system.now.since(newest.createdAt).count / 60_000)
        let words = "\(newest.name) is \(Self.age(minutes)) old"
        if minutes > 26 * 60 {
            return Finding("Backups", .red, "\(words). Look at the jobs backups.refresh; is a worker running?")
        }
        return minutes > 150
            ? Finding("Backups", .yellow, "\(words), although one is taken every hour. Is a worker running?")
            : Finding("Backups", .green, words)
    }

    private static func age(_ minutes: Int64) -> String {
        switch minutes {
        case ..<1: "less than a minute"
        case ..<120: "\(minutes) min"
        case ..<2880: "\(minutes / 60) h"
        default: "\(minutes / 1440) days"
        }
    }

    var publicURL: Finding {
        let isLocal = ["://localhost", "://127.0.0.1", "://[::1]"].contains { facts.publicURL.contains($0) }
        if facts.isProduction, isLocal {
            return Finding(
                "Public URL", .red, "\(facts.publicURL) leads nowhere for others. Set public_url to the real address.")
        }
        if !isLocal, facts.publicURL.hasPrefix("http://") {
            return Finding(
                "Public URL", facts.isProduction ? .red : .yellow,
                "\(facts.publicURL) is not encrypted. Put TLS in front, or set tls.certificate and tls.key.")
        }
        return Finding("Public URL", .green, facts.publicURL)
    }

    var mail: Finding {
        if let server = facts.mailServer { return Finding("Mail", .green, "sent through \(server)") }
        return facts.isProduction
            ? Finding("Mail", .red, "No message leaves the outbox. Set smtp.host and smtp.from.")
            : Finding("Mail", .yellow, "Messages stay in the outbox. Set smtp.host and smtp.from to send them.")
    }

    var payments: Finding {
        facts.isProduction
            ? Finding("Payments", .green, "production: payments move money")
            : Finding("Payments", .yellow, "sandbox: the built-in simulator pays. Set mode to production to earn.")
    }

    func masterKey(in tx: any Transaction) -> Finding {
        do {
            let (count, older) = try InstanceKeys.check(facts.masterKey, in: tx)
            let file = facts.masterKey.file
            if facts.masterKey.configured == nil, let status = FileStatus(file), status.permissions & 0o077 != 0 {
                return Finding("Master key", .red, "\(file) can be read by others. Run: chmod 600 \(file)")
            }
            if older > 0 {
                return Finding(
                    "Master key", .yellow,
                    "\(older) of \(count) keys are sealed with an older one. Run: raptorflow secrets rotate")
            }
            return Finding(
                "Master key", .green,
                count == 0 ? "not needed yet" : "opens all \(count) keys of the instance; keep a copy of it elsewhere")
        } catch {
            return Finding("Master key", .red, "\(error)")
        }
    }

    var openFiles: Finding {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            return Finding("Open files", .yellow, "The limit can't be read.")
        }
        let count = UInt64(limit.rlim_cur)
        return count >= 4096
            ? Finding("Open files", .green, "up to \(count)")
            : Finding("Open files", .yellow, "up to \(count), so as many connections. Raise it: ulimit -n 65536")
    }
}
