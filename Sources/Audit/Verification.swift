// Finds a record that was changed, removed or slipped in.
import Core
package import Storage

extension Audit {
    /// What a verification found.
    package struct Report: Sendable {
        package var chains = 0
        package var records: Int64 = 0
        /// Checkpoints that were compared with the records.
        package var checkpoints = 0
        /// The first bad record, in words that name chain and sequence; nil when all is well.
        package var firstProblem: String?
    }

    /// What a verification is given from outside the file.
    package struct Evidence: Sendable {
        /// The key that checkpoints have to be signed with; nil takes each one's own.
        package var publicKey: [UInt8]?
        /// Checkpoints that were kept elsewhere: from the log, the API, or an auditor's files.
        package var checkpoints: [Checkpoint]

        package init(publicKey: [UInt8]? = nil, checkpoints: [Checkpoint] = []) {
            self.publicKey = publicKey
            self.checkpoints = checkpoints
        }
    }

    /// Walks every chain and compares records, links, heads, tiles and checkpoints.
    ///
    /// Runs in the scope of the instance; takes a few microseconds a record.
    package static func verify(with evidence: Evidence = Evidence(), in tx: any Transaction) throws -> Report {
        var report = Report()
        if let chain = try AuditStore.headless(in: tx).first {
            report.firstProblem = "chain \(chain): its head is missing"
            return report
        }
        let heads = try AuditStore.heads(in: tx)
        let chains = Set(heads.map(\.chain))
        if let missing = evidence.checkpoints.first(where: { !chains.contains($0.chain) }) {
            report.firstProblem = "chain \(missing.chain): there is a checkpoint of it, but no such chain"
            return report
        }
        for head in heads {
            report.chains += 1
            if let problem = try walk(head.chain, to: head.sequence, head.hash, evidence, &report, in: tx) {
                report.firstProblem = "chain \(head.chain): \(problem)"
                return report
            }
        }
        return report
    }

    /// Walks one chain; it has to be asked for in a scope that sees it.
    static func verify(_ chain: Chain, with evidence: Evidence = Evidence(), in tx: any Transaction) throws -> Report {
        var report = Report()
        let head = try AuditStore.head(of: chain, in: tx)
        report.chains = 1
        report.firstProblem = try walk(chain.key, to: head.sequence, head.hash, evidence, &report, in: tx)
        return report
    }

    private static func walk(
        _ chain: String, to last: Int64, _ head: [UInt8], _ evidence: Evidence, _ report: inout Report,
        in tx: any Transaction
    ) throws -> String? {
        var trees: TreeVerification
        switch try TreeVerification.start(chain, evidence, in: tx) {
        case .ready(let verification): trees = verification
        case .bad(let problem): return problem
        }
        var sequence = trees.pruned
        var hash = trees.prunedHash
        let key = Chain(key: chain)
        while true {
            let records: [AuditStore.Stored]
            do {
                records = try AuditStore.stretch(of: key, after: sequence, limit: 500, in: tx)
            } catch StorageError.unexpectedValue {
                return "a record after \(sequence) holds what no record can hold"
            }
            if records.isEmpty { break }
            for record in records {
                guard record.event.sequence == sequence + 1 else { return "record \(sequence + 1) is missing" }
                hash = record.event.hash(after: hash, in: key)
                sequence += 1
                guard record.hash == hash else { return "record \(sequence) was changed after it was written" }
                report.records += 1
                if let problem = try trees.add(record.event, in: tx) { return problem }
            }
        }
        guard sequence >= last else { return "the newest records are missing: \(sequence) of \(last) are left" }
        guard sequence == last, hash == head else { return "the head does not match the newest record \(sequence)" }
        let problem = try trees.finish(in: tx)
        report.checkpoints += trees.checked
        return problem
    }

    /// What happened to one thing, newest first, at most 50: for its page.
    package static func timeline(of target: Target, in tx: any Transaction) throws -> [AuditEvent] {
        try AuditStore.about(target, limit: 50, in: tx)
    }
}

extension Audit.Chain {
    /// From the value of the column `organization_id`.
    init(key: String) {
        self = key == Self.instance.key ? .instance : .organization(OrganizationID(stored: key))
    }

    /// The scope in which records of the chain are written.
    var scope: Scope {
        switch self {
        case .organization(let id): .organization(id)
        case .instance: .instance
        }
    }
}
