// The one way by which news of money changes anything: callback, webhook, poller and recovery all end here.
import Core
import Storage
import Web

/// What became of a fact.
enum Applied: Sendable, Hashable {
    /// It changed something, or had been applied before.
    case applied
    /// It does not concern us, and why.
    case ignored(String)
}

extension Billing {
    /// Applies what happened at the provider, once, whatever order and however often it is told.
    ///
    /// Runs in the scope of the instance, in the caller's transaction: state, journal entries, audit and events commit
    /// together. A payment's state only moves forward, and the ledger's source key is the last guard.
    func apply(_ fact: Fact, from account: String, in tx: any Transaction) throws -> Applied {
        switch fact {
        case .payment(let fact): try apply(fact, from: account, in: tx)
        case .refund(let fact): try apply(fact, from: account, in: tx)
        case .dispute(let fact): try apply(fact, from: account, in: tx)
        case .settlement(let fact): try apply(fact, from: account, in: tx)
        case .line(let line): try apply(line, from: account, in: tx)
        }
    }

    func apply(_ fact: PaymentFact, from account: String, in tx: any Transaction) throws -> Applied {
        // A payment that is known keeps its order: one that was made by a link names another in some messages.
        let known = try PaymentStore.payment(provider: account, remoteID: fact.id, in: tx)
        let found =
            if let known {
                try PaymentStore.order(known.order, in: tx)
            } else {
                try fact.orderID.flatMap { try PaymentStore.order(provider: account, remoteID: $0, in: tx) }
            }
        guard let order = found else {
            return .ignored(
                fact.orderID == nil ? "a payment without an order" : "an order that was not made here")
        }
        try tx.scoped(to: .organization(order.organization)) { tx in
            let payment = try known ?? started(fact, of: order, in: tx)
            if fact.state > payment.state { try advance(payment, by: fact, of: order, in: tx) }
            try bookFee(fact, of: payment.id, in: tx)
        }
        return .applied
    }

    /// The payment's row, made now because this is the first that is heard of it.
    private func started(_ fact: PaymentFact, of order: PaymentOrder, in tx: any Transaction) throws -> Payment {
        let payment = Payment(
            id: PaymentID(at: tx.now), organization: order.organization, invoice: order.invoice, order: order.id,
            provider: order.provider, remoteID: fact.id, state: .created, isApplied: false, amount: fact.amount,
            method: fact.method, fee: nil, feeTax: nil, refundReserved: 0, credited: 0, errorCode: nil,
            errorText: nil, createdAt: tx.now, capturedAt: nil)
        try PaymentStore.insert(payment, in: tx)
        return payment
    }

    private func advance(
        _ payment: Payment, by fact: PaymentFact, of order: PaymentOrder, in tx: any Transaction
    ) throws {
        let error = fact.state == .failed ? (fact.errorCode, fact.errorText) : (nil, nil)
        guard fact.state == .captured else {
            try PaymentStore.advance(payment.id, to: fact.state, isApplied: false, error: error, in: tx)
            try Self.note("payment.\(fact.state.rawValue)", "payment", payment.id, payment.facts, in: tx)
            if fact.state == .failed, let invoice = try InvoiceStore.find(payment.invoice, in: tx) {
                try mail(.paymentFailed(invoice, fact.errorText), in: tx)
            }
            return
        }
        let invoice = try InvoiceStore.find(order.invoice, in: tx)
        let fits = payment.amount == order.amount && invoice?.amountDue == order.amount
        let pays = try fits && InvoiceStore.markPaid(order.invoice, in: tx)
        try PaymentStore.advance(payment.id, to: .captured, isApplied: pays, error: error, in: tx)
        try PaymentStore.move(order.id, to: .paid, in: tx)
        try Books.post(.capture(payment, into: pays ? .receivable : .suspense), in: tx)
        try Self.note("payment.captured", "payment", payment.id, payment.facts, in: tx)
        if pays, let invoice {
            try settle(invoice, by: payment, in: tx)
        } else {
            try Self.note("payment.unapplied", "payment", payment.id, payment.facts, in: tx)
        }
    }

    /// An invoice is paid: its subscription is in force, its other orders are closed.
    private func settle(_ invoice: Invoice, by payment: Payment, in tx: any Transaction) throws {
        try PaymentStore.closeOrders(of: invoice.id, in: tx)
        try Self.note("invoice.paid", "invoice", invoice.id, invoice.facts, in: tx)
        try mail(.paymentReceived(invoice, payment), in: tx)
        try putInForce(invoice, in: tx)
    }

    /// What a paid invoice pays for is in force, when a subscription waits for it.
    func putInForce(_ invoice: Invoice, in tx: any Transaction) throws {
        var subscription = try subscription(in: tx)
        guard subscription.openInvoice == invoice.id else { return }
        try subscription.activate(by: invoice)
        try SubscriptionStore.save(subscription, in: tx)
        try Self.note("subscription.activated", "subscription", try tx.organization(), subscription.facts, in: tx)
    }

    /// The provider's fee, as an entry of its own, because it may become known after the capture.
    private func bookFee(_ fact: PaymentFact, of id: PaymentID, in tx: any Transaction) throws {
        guard let fee = fact.fee, let tax = fact.feeTax, fee > 0, (0...fee).contains(tax), fee <= Money.limit,
            let payment = try PaymentStore.payment(id, in: tx),
            payment.amount.currency == fact.amount.currency, payment.state == .captured, payment.fee == nil
        else { return }
        try PaymentStore.setFee(fee, tax: tax, of: id, in: tx)
        try Books.post(.fee(payment, fee: fee, tax: tax), in: tx)
    }
}

extension Payment {
    /// What audit log and events say of it.
    var facts: JSONValue {
        .object([
            "invoice_id": .string(invoice.text), "amount": .integer(amount.amount),
            "currency": .string(amount.currency.code), "provider_id": .string(remoteID),
        ])
    }
}
