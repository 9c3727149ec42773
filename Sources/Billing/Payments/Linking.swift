// Payment links: a page of the provider's that somebody without an account here can pay an invoice on.
import Core
import Storage
import Web

extension Billing {
    /// The link of an open invoice; made at the provider if there is none yet. Returns where it leads.
    func link(for invoice: InvoiceID, of organization: OrganizationID, by actor: Actor) async throws -> PaymentOrder {
        let (order, text) = try await database.write(in: .organization(organization), by: actor) { tx in
            try self.planLink(for: invoice, in: tx)
        }
        if order.url != nil { return order }
        guard let provider = providers.speaking(for: order.provider), let links = provider.links else {
            throw BillingProblem.noLinks
        }
        let remote: RemoteLink
        do {
            // The reference is looked up first: the answer to an earlier call may have been lost.
            if let found = try await links.find(order.id.text) {
                remote = found
            } else {
                remote = try await links.create(order.id.text, order.amount, text)
            }
        } catch let error as ProviderError {
            try await database.write(in: .organization(organization), by: actor) { tx in
                try PaymentStore.markUnknown(order.id, in: tx)
            }
            throw BillingProblem(error)
        }
        return try await database.write(in: .organization(organization), by: actor) { tx in
            try PaymentStore.adopt(remote.id, url: remote.url, for: order.id, in: tx)
            guard let known = try PaymentStore.order(order.id, in: tx), known.state == .created else {
                throw BillingProblem.notPayable
            }
            try Self.note("payment_link.created", "invoice", invoice, .object(["url": .string(remote.url)]), in: tx)
            return known
        }
    }

    private func planLink(for id: InvoiceID, in tx: any Transaction) throws -> (PaymentOrder, String) {
        guard let invoice = try InvoiceStore.find(id, in: tx) else { throw Problem.notFound("invoice") }
        guard invoice.state == .open else { throw BillingProblem.notPayable }
        let provider = providers.chosen(for: try tx.organization(), invoice.total.currency)
        guard provider.links != nil else { throw BillingProblem.noLinks }
        let text = "Invoice \(invoice.number)"
        if let live = try PaymentStore.liveOrder(of: id, .link, in: tx) {
            if live.provider == provider.account { return (live, text) }
            try PaymentStore.move(live.id, to: .closed, in: tx)
        }
        let order = PaymentOrder(
            id: OrderID(at: tx.now), organization: try tx.organization(), invoice: id, provider: provider.account,
            remoteID: nil, state: .planned, amount: invoice.total, kind: .link)
        try PaymentStore.insert(order, in: tx)
        return (order, text)
    }

    /// Asks about a link that nobody brought news of.
    func checkLink(_ order: PaymentOrder, at provider: PaymentProvider, by actor: Actor) async throws {
        guard let links = provider.links else { return }
        var found: RemoteLink?
        if order.remoteID == nil { found = try await links.find(order.id.text) }
        let remoteID = order.remoteID ?? found?.id
        let facts = if let remoteID { try await links.payments(remoteID) } else { [PaymentFact]() }
        try await database.write(in: .instance, by: actor) { [found] tx in
            if let found { try PaymentStore.adopt(found.id, url: found.url, for: order.id, in: tx) }
            for fact in facts { _ = try self.apply(.payment(fact), from: provider.account, in: tx) }
            try PaymentStore.markChecked(order.id, in: tx)
        }
    }
}
