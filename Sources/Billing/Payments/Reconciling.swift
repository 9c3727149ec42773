// Reading the provider's report: whatever no webhook told of is found here.
import Core
import Storage

extension Billing {
    /// How much of the report is read again each time: a line is settled, and so changed, days after it appeared.
    static let reportOverlap = Milliseconds.days(4)
    /// How far back a report is read the first time, and after the longest silence.
    static let reportReach = Milliseconds.days(60)
    private static let portion = 100

    /// Reads the report of every account from where it was left.
    func reconcileAll(by actor: Actor) async throws {
        var failure: (any Error)?
        for provider in providers.all {
            do { try await reconcile(provider, by: actor) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    func reconcile(_ provider: PaymentProvider, by actor: Actor) async throws {
        let now = database.clock.now
        let through = try database.read(in: .instance) { tx in
            try SettlementStore.reportedThrough(provider.account, in: tx)
        }
        let from = max(
            through.map { $0.adding(-Self.reportOverlap) } ?? now.adding(-Self.reportOverlap),
            now.adding(-Self.reportReach))
        var facts = try await provider.report(from, now)
        facts = try await complete(facts, from: provider)
        for start in stride(from: 0, to: facts.count, by: Self.portion) {
            let part = facts[start..<min(start + Self.portion, facts.count)]
            try await database.write(in: .instance, by: actor) { tx in
                for fact in part { _ = try self.apply(fact, from: provider.account, in: tx) }
            }
        }
        try await database.write(in: .instance, by: actor) { tx in
            try SettlementStore.note(reportedThrough: now, provider.account, in: tx)
        }
    }

    /// Lines of refunds don't say whose they are: one that is not known yet is asked about, so that a refund of ours
    /// whose answer was lost is not taken for somebody else's.
    private func complete(_ facts: [Fact], from provider: PaymentProvider) async throws -> [Fact] {
        var all: [Fact] = []
        for fact in facts {
            if case .line(let line) = fact, line.kind == .refund,
                try !isKnown(line, at: provider), let refund = try await provider.refundStatus(line.id)
            {
                all.append(.refund(refund))
            }
            all.append(fact)
        }
        return all
    }

    private func isKnown(_ line: SettlementLine, at provider: PaymentProvider) throws -> Bool {
        try database.read(in: .instance) { tx in
            try PaymentStore.refund(provider: provider.account, remoteID: line.id, in: tx) != nil
        }
    }

    /// Asks about a dispute that is not over.
    func check(_ dispute: Dispute, by actor: Actor) async throws {
        guard let provider = providers.speaking(for: dispute.provider) else { return }
        let facts = try await provider.dispute(dispute.remoteID)
        try await database.write(in: .instance, by: actor) { tx in
            for fact in facts { _ = try self.apply(fact, from: provider.account, in: tx) }
            try DisputeStore.markChecked(dispute.id, in: tx)
        }
    }
}
