// Working through everything that is due, in batches that leave room for people who wait.
import Core
import Storage

extension Billing {
    /// How long one transaction of a batch may take: what somebody else waits for at most.
    private static let batchTime = Duration.milliseconds(12)
    private static let batchLimit = 64

    /// Turns every organisation for which something is due. Many are turned in one transaction, because a commit costs
    /// more than a renewal; how many follows from how long the last ones took.
    func turnAll(by actor: Actor) async throws {
        var failure: (any Error)?
        var size = 4
        while true {
            let due = try await database.readAtLength(in: .instance) { tx in
                try SubscriptionStore.due(limit: 1000, in: tx)
            }
            var rest = due[...]
            while !rest.isEmpty {
                let batch = Array(rest.prefix(size))
                rest = rest.dropFirst(batch.count)
                let began = ContinuousClock.now
                do {
                    try await turn(batch, by: actor)
                } catch {
                    failure = await turnOneByOne(batch, by: actor) ?? failure
                }
                size = Self.next(size, took: ContinuousClock.now - began)
            }
            // One that can't be turned stays due; so a round that was not full is the last.
            guard due.count == 1000, failure == nil else { break }
        }
        if let failure { throw failure }
    }

    private static func next(_ size: Int, took: Duration) -> Int {
        took > batchTime ? max(1, size / 2) : took * 2 < batchTime ? min(batchLimit, size * 2) : size
    }

    private func turn(_ batch: [OrganizationID], by actor: Actor) async throws {
        try await database.write(in: .instance, by: actor) { tx in
            for organization in batch {
                try tx.scoped(to: .organization(organization)) { tx in while try self.turn(in: tx) {} }
            }
        }
    }

    /// One of them stands in the way: the others go on, and that one is parked if it would fail again.
    private func turnOneByOne(_ batch: [OrganizationID], by actor: Actor) async -> (any Error)? {
        var failure: (any Error)?
        for organization in batch {
            do {
                while try await database.write(in: .organization(organization), by: actor, { try self.turn(in: $0) }) {}
            } catch {
                failure = error
                guard let reason = Self.lasting(error) else { continue }
                try? await database.write(in: .organization(organization), by: actor) { tx in
                    try self.park(because: reason, in: tx)
                }
            }
        }
        return failure
    }

    /// Why trying again would fail again; nil for what passes by itself.
    private static func lasting(_ error: any Error) -> String? {
        switch error {
        case let problem as BillingProblem: problem.problem.detail
        case StorageError.constraint(let words): words
        case StorageError.unique(let columns): "\(columns.joined(separator: ", ")) would be there twice"
        default: nil
        }
    }
}
