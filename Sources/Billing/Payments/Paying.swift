// Getting an invoice paid: an order at the provider, written down before the call leaves.
import Core
import Storage
import Web

extension Billing {
    /// What the first transaction decided.
    private enum OrderPlan {
        case ready(PaymentOrder)
        case create(PaymentOrder, isNew: Bool)
    }

    /// The order that a person pays an invoice by; made at the provider if there is none yet.
    ///
    /// Transaction, call, transaction. When the call's outcome is unknown, the order is looked up by its receipt
    /// before it is ever created again.
    func order(for invoice: InvoiceID, of organization: OrganizationID, by actor: Actor) async throws -> PaymentOrder {
        let plan = try await database.write(in: .organization(organization), by: actor) { tx in
            try self.planOrder(for: invoice, in: tx)
        }
        guard case .create(let order, let isNew) = plan else {
            guard case .ready(let order) = plan else { throw BillingProblem.notPayable }
            return order
        }
        guard let provider = providers.speaking(for: order.provider) else { throw BillingProblem.notPayable }
        let remote = try await remoteOrder(for: order, isNew: isNew, at: provider, by: actor)
        return try await database.write(in: .organization(organization), by: actor) { tx in
            try PaymentStore.adopt(remote.id, for: order.id, in: tx)
            guard let known = try PaymentStore.order(order.id, in: tx), known.state == .created else {
                throw BillingProblem.notPayable
            }
            return known
        }
    }

    /// The same in one transaction, where the provider answers at once: for a simulated company.
    func order(
        for invoice: InvoiceID, in tx: any Transaction,
        remote: (PaymentOrder, any Transaction) throws -> RemoteOrder
    ) throws -> PaymentOrder {
        switch try planOrder(for: invoice, in: tx) {
        case .ready(let order): return order
        case .create(let order, _):
            try PaymentStore.adopt(try remote(order, tx).id, for: order.id, in: tx)
            return try PaymentStore.order(order.id, in: tx) ?? order
        }
    }

    private func planOrder(for id: InvoiceID, in tx: any Transaction) throws -> OrderPlan {
        guard let invoice = try InvoiceStore.find(id, in: tx) else { throw Problem.notFound("invoice") }
        guard invoice.state == .open else { throw BillingProblem.notPayable }
        let provider = providers.chosen(for: try tx.organization(), invoice.total.currency)
        if let order = try PaymentStore.liveOrder(of: id, in: tx) {
            if order.provider == provider.account {
                return order.state == .created ? .ready(order) : .create(order, isNew: false)
            }
            // The keys or the choice of provider were changed since: that order is not to be paid any more.
            try PaymentStore.closeOrders(of: id, in: tx)
        }
        let order = PaymentOrder(
            id: OrderID(at: tx.now), organization: try tx.organization(), invoice: id, provider: provider.account,
            remoteID: nil, state: .planned, amount: invoice.amountDue)
        try PaymentStore.insert(order, in: tx)
        return .create(order, isNew: true)
    }

    private func remoteOrder(
        for order: PaymentOrder, isNew: Bool, at provider: PaymentProvider, by actor: Actor
    ) async throws -> RemoteOrder {
        do {
            if !isNew, let found = try await provider.findOrder(order.id.text) { return found }
            do {
                return try await provider.createOrder(
                    order.id.text, order.amount, ["invoice_id": order.invoice.text])
            } catch ProviderError.credentials {
                throw ProviderError.credentials
            } catch let error as ProviderError {
                // Refused may mean that the receipt exists, unknown that the answer was lost: the lookup tells.
                if let found = try await provider.findOrder(order.id.text) { return found }
                throw error
            }
        } catch let error as ProviderError {
            try await database.write(in: .organization(order.organization), by: actor) { tx in
                try PaymentStore.markUnknown(order.id, in: tx)
            }
            throw BillingProblem(error)
        }
    }

    /// Where a person goes to pay an order: the simulator, or the invoice with its button; `page` is where they came
    /// from, if that is not the invoice in the console.
    func checkoutPath(_ order: PaymentOrder, from page: String? = nil) -> String {
        let organization = "/orgs/\(order.organization)"
        let page = page ?? "\(organization)/invoices/\(order.invoice)"
        switch providers.speaking(for: order.provider)?.checkout {
        case .script, .element, nil: return page
        case .page(let path):
            return "\(path)/\(order.remoteID ?? "")?callback=\(organization)/billing/callback"
                + "&cancel=\(page)"
        }
    }
}

extension BillingProblem {
    /// What a client is told of a failed call; whether something happened is found out by the poller.
    init(_ error: ProviderError) {
        self =
            switch error {
            case .refused(_, let words): .providerRefused(words)
            case .credentials: .providerRefused("the keys of this instance are not accepted")
            case .lowBalance: .providerRefused("the balance at the provider is too low")
            case .unknown: .providerUnavailable
            }
    }
}
