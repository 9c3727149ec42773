// What happens at a provider without anybody asking: disputes, late authorisations, refunds, settlements.
import Core
import Storage
import Web

/// A dispute at the simulator.
struct SandboxDispute: Sendable {
    let id: String
    let payment: String
    var status: DisputeState
    let amount: Money
    var deducted: Int64
    var isHeld: Bool
    let createdAt: Timestamp

    var json: JSONValue {
        .object([
            "id": .string(id), "entity": .string("dispute"), "payment_id": .string(payment),
            "amount": .integer(amount.amount), "currency": .string(amount.currency.code),
            "amount_deducted": .integer(deducted), "reason_code": .string("goods_or_services_not_received"),
            "respond_by": .integer(createdAt.adding(.days(3)).seconds), "status": .string(status.rawValue),
            "phase": .string("chargeback"), "evidence": .object([]), "created_at": .integer(createdAt.seconds),
        ])
    }
}

/// A line of the simulator's account with the seller.
struct SandboxLine: Sendable {
    let id: String
    let type: String
    let amount: Int64
    let net: Money
    var fee: Int64 = 0
    var tax: Int64 = 0
    var payment: String?
    var order: String?
    var dispute: String?
    var settlement: String?
    var utr: String?
    var settledAt: Timestamp?
    let createdAt: Timestamp

    /// A line of the combined report; its notes are a text, unlike everywhere else.
    var json: JSONValue {
        func text(_ value: String?) -> JSONValue { value.map { .string($0) } ?? .null }
        return .object([
            "entity_id": .string(id), "type": .string(type), "debit": .integer(max(0, -net.amount)),
            "credit": .integer(max(0, net.amount)), "amount": .integer(amount),
            "currency": .string(net.currency.code), "fee": .integer(fee), "tax": .integer(tax),
            "on_hold": .bool(false), "settled": .bool(settlement != nil), "created_at": .integer(createdAt.seconds),
            "settled_at": settledAt.map { .integer($0.seconds) } ?? .null, "settlement_id": text(settlement),
            "settlement_utr": text(utr), "payment_id": text(payment), "order_id": text(order),
            "order_receipt": .null, "method": .string("upi"), "dispute_id": text(dispute), "notes": .string("{}"),
            "description": .null,
        ])
    }
}

/// Money on its way from the simulator to the bank.
struct SandboxSettlement: Sendable {
    let id: String
    let amount: Money
    let fees: Int64
    let tax: Int64
    let utr: String
    let createdAt: Timestamp

    var json: JSONValue {
        .object([
            "id": .string(id), "entity": .string("settlement"), "amount": .integer(amount.amount),
            "status": .string("processed"), "fees": .integer(fees), "tax": .integer(tax), "utr": .string(utr),
            "created_at": .integer(createdAt.seconds),
        ])
    }
}

extension Sandbox {
    /// Lets something happen to what has this id; returns the id of what came of it.
    func play(_ event: SandboxPlay.Event, _ id: String, in tx: any Transaction) throws -> String {
        switch event {
        case .dispute: return try dispute(id, in: tx)
        case .disputeReview: return try decide(id, .underReview, in: tx)
        case .disputeWon: return try decide(id, .won, in: tx)
        case .disputeLost: return try decide(id, .lost, in: tx)
        case .lateAuthorization: return try authorizeLate(id, in: tx)
        case .autoRefund: return try autoRefund(id, in: tx)
        case .refund: return try giveBack(try payment(id, in: tx), receipt: nil, in: tx).id
        case .refundFailed: return try failRefund(id, in: tx)
        case .settle: return try settleAccount(in: tx)
        }
    }

    private func payment(_ id: String, in tx: any Transaction) throws -> SandboxPayment {
        guard let payment = try SandboxStore.payment(id, in: tx) else { throw SandboxError.unknownID }
        return payment
    }

    private func dispute(_ id: String, in tx: any Transaction) throws -> String {
        let payment = try payment(id, in: tx)
        guard payment.isCaptured else { throw SandboxError("Only a captured payment is disputed") }
        let holds = try SandboxStore.chaos(in: tx).holdsDisputes ?? false
        let dispute = SandboxDispute(
            id: RemoteID.make("disp_"), payment: payment.id, status: .open, amount: payment.amount, deducted: 0,
            isHeld: holds, createdAt: tx.now)
        try SandboxStore.save(dispute, in: tx)
        if holds { try move(dispute, -dispute.amount.amount, in: tx) }
        try tell("payment.dispute.created", dispute, payment, in: tx)
        return dispute.id
    }

    private func decide(_ id: String, _ status: DisputeState, in tx: any Transaction) throws -> String {
        guard var dispute = try SandboxStore.dispute(id, in: tx) else { throw SandboxError.unknownID }
        guard dispute.status.isOpen else { throw SandboxError("The dispute is over") }
        let amount = dispute.amount.amount
        dispute.status = status
        switch status {
        case .won where dispute.isHeld: try move(dispute, amount, in: tx)
        case .lost:
            if !dispute.isHeld { try move(dispute, -amount, in: tx) }
            dispute.deducted = amount
            try charge(dispute, in: tx)
        default: break
        }
        try SandboxStore.save(dispute, in: tx)
        try tell("payment.dispute.\(status.rawValue)", dispute, try payment(dispute.payment, in: tx), in: tx)
        return dispute.id
    }

    private func tell(
        _ type: String, _ dispute: SandboxDispute, _ payment: SandboxPayment, in tx: any Transaction
    ) throws {
        try tell(type, [("payment", payment.json), ("dispute", dispute.json)], in: tx)
    }

    private func move(_ dispute: SandboxDispute, _ amount: Int64, in tx: any Transaction) throws {
        try SandboxStore.insert(
            SandboxLine(
                id: RemoteID.make("adj_"), type: "adjustment", amount: abs(amount),
                net: Money(stored: amount, dispute.amount.currency), payment: dispute.payment, dispute: dispute.id,
                createdAt: tx.now), in: tx)
    }

    /// ₹500 and the tax on it.
    private func charge(_ dispute: SandboxDispute, in tx: any Transaction) throws {
        guard dispute.amount.currency == .inr else { return }
        try SandboxStore.insert(
            SandboxLine(
                id: RemoteID.make("adj_"), type: "adjustment", amount: 0, net: Money(stored: -59_000, .inr),
                fee: 59_000, tax: 9000, payment: dispute.payment, dispute: dispute.id, createdAt: tx.now), in: tx)
    }

    /// The bank agrees after all to what it had declined.
    private func authorizeLate(_ id: String, in tx: any Transaction) throws -> String {
        var payment = try payment(id, in: tx)
        guard payment.status == .failed else { throw SandboxError("Only a failed payment is authorised late") }
        payment.status = .authorized
        try SandboxStore.update(payment, in: tx)
        try tell("payment.authorized", [("payment", payment.json)], in: tx)
        let order = try order(payment.order, in: tx)
        if order.status == .paid { return try autoRefund(id, in: tx) }
        guard order.capture == .automatic else { return id }
        try capture(&payment, in: tx)
        try settle(payment, in: tx)
        return id
    }

    /// Money that was never captured goes back: no line, because it never was on the account.
    private func autoRefund(_ id: String, in tx: any Transaction) throws -> String {
        var payment = try payment(id, in: tx)
        guard payment.status == .authorized else { throw SandboxError("Only an authorised payment goes back") }
        let refund = SandboxRefund(
            id: RemoteID.make("rfnd_"), payment: payment.id, status: .processed, amount: payment.amount, receipt: nil,
            notes: .object([]), idempotencyKey: nil, createdAt: tx.now)
        try SandboxStore.insert(refund, in: tx)
        payment.refunded = payment.amount.amount
        try SandboxStore.update(payment, in: tx)
        let told = JSONValue.returned(payment)
        try tell("refund.created", [("refund", refund.json), ("payment", told)], in: tx)
        try tell("refund.processed", [("refund", refund.json), ("payment", told)], in: tx)
        return refund.id
    }

    /// A refund that was processed comes back from the bank.
    private func failRefund(_ id: String, in tx: any Transaction) throws -> String {
        guard var refund = try SandboxStore.refund(id, in: tx) else { throw SandboxError.unknownID }
        guard refund.status != .failed else { throw SandboxError("The refund has failed already") }
        var payment = try payment(refund.payment, in: tx)
        // What was not settled yet is struck out; what was comes back by an adjustment.
        if refund.status == .processed, try !SandboxStore.strike(refund.id, in: tx) {
            try SandboxStore.insert(
                SandboxLine(
                    id: RemoteID.make("adj_"), type: "adjustment", amount: refund.amount.amount,
                    net: refund.amount, payment: payment.id, createdAt: tx.now), in: tx)
        }
        refund.status = .failed
        try SandboxStore.update(refund, in: tx)
        payment.refunded -= refund.amount.amount
        payment.status = .captured
        try SandboxStore.update(payment, in: tx)
        try tell("refund.failed", [("refund", refund.json), ("payment", payment.json)], in: tx)
        return refund.id
    }

    /// Sends all rupees of the account to the bank.
    private func settleAccount(in tx: any Transaction) throws -> String {
        let open = try SandboxStore.openTotals(.inr, in: tx)
        guard open.net > 0 else { throw SandboxError("There is nothing to settle") }
        let settlement = SandboxSettlement(
            id: RemoteID.make("setl_"), amount: Money(stored: open.net, .inr), fees: open.fees, tax: open.tax,
            utr: "UTR" + Base62.random(12), createdAt: tx.now)
        try SandboxStore.insert(settlement, in: tx)
        try SandboxStore.settle(.inr, by: settlement.id, in: tx)
        try tell("settlement.processed", [("settlement", settlement.json)], in: tx)
        return settlement.id
    }
}

extension JSONValue {
    /// A payment that went back without having been captured.
    fileprivate static func returned(_ payment: SandboxPayment) -> JSONValue {
        guard case .object(let members) = payment.json else { return payment.json }
        return .object(
            members.map { $0.name == "status" ? .init("status", .string("refunded")) : $0 })
    }
}
