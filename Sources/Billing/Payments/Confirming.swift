// A browser or a program brings the news that it paid, with the provider's signature.
import Core
import Storage
import Web

/// What a checkout hands out after a payment.
struct CheckoutProof: Sendable {
    let orderID: String
    let paymentID: String
    let signature: String
}

extension Billing {
    /// Checks the signature and applies what the provider itself says of the payment.
    ///
    /// A valid signature proves that this payment was made for this order, not how much it was, so the payment is read
    /// from the provider before anything is booked. Returns the payment as we know it afterwards.
    func confirm(_ proof: CheckoutProof, of organization: OrganizationID, by actor: Actor) async throws -> Payment {
        let (provider, order) = try database.read(in: .organization(organization)) { tx in
            try self.order(of: proof, in: tx)
        }
        // The order is ours by what the server stored; what the browser says about it is only looked up.
        guard let order, let remoteID = order.remoteID, order.organization == organization else {
            throw BillingProblem.signature
        }
        guard provider.isCheckoutSignature(proof.signature, remoteID, proof.paymentID) else {
            throw BillingProblem.signature
        }
        let fact: PaymentFact
        do {
            fact = try await settled(proof.paymentID, of: order, at: provider)
        } catch let error as ProviderError {
            throw BillingProblem(error)
        }
        guard fact.orderID == remoteID else { throw BillingProblem.paymentNotFound }
        return try await database.write(in: .instance, by: actor) { tx in
            _ = try self.apply(.payment(fact), from: provider.account, in: tx)
            let payment = try PaymentStore.payment(provider: provider.account, remoteID: fact.id, in: tx)
            guard let payment else { throw BillingProblem.paymentNotFound }
            return payment
        }
    }

    /// The payment as the provider has it; one that is only authorised is captured.
    private func settled(
        _ id: String, of order: PaymentOrder, at provider: PaymentProvider
    ) async throws -> PaymentFact {
        guard let fact = try await provider.payment(id) else { throw BillingProblem.paymentNotFound }
        guard fact.state == .authorized, fact.amount == order.amount, fact.orderID == order.remoteID else {
            return fact
        }
        do {
            return try await provider.capture(id, fact.amount)
        } catch ProviderError.refused {
            // Somebody else captured it in the meantime, or it can't be: either way the provider knows.
            return try await provider.payment(id) ?? fact
        }
    }

    /// The order that a proof names, and who speaks for its account.
    private func order(
        of proof: CheckoutProof, in tx: any Transaction
    ) throws -> (PaymentProvider, PaymentOrder?) {
        for provider in providers.all {
            if let order = try PaymentStore.order(provider: provider.account, remoteID: proof.orderID, in: tx) {
                return (provider, order)
            }
        }
        return (providers.first, nil)
    }

    /// Asks the provider about an order and applies what it says; for orders that nobody brought news of.
    func check(_ order: PaymentOrder, by actor: Actor) async throws {
        guard let provider = providers.speaking(for: order.provider) else { return }
        if order.kind == .link { return try await checkLink(order, at: provider, by: actor) }
        var remoteID = order.remoteID
        if remoteID == nil {
            remoteID = try await provider.findOrder(order.id.text)?.id
            if let remoteID {
                try await database.write(in: .organization(order.organization), by: actor) { tx in
                    try PaymentStore.adopt(remoteID, for: order.id, in: tx)
                }
            }
        }
        let facts = if let remoteID { try await provider.payments(remoteID) } else { [PaymentFact]() }
        try await database.write(in: .instance, by: actor) { tx in
            for fact in facts { _ = try self.apply(.payment(fact), from: provider.account, in: tx) }
            try PaymentStore.markChecked(order.id, in: tx)
        }
    }
}
