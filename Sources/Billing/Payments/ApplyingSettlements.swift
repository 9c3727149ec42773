// News of settlements, and the lines of the provider's report: the last word on what moved.
import Audit
import Core
import Events
import Storage
import Web

extension Billing {
    /// Records something of the seller's own, that concerns no organisation; runs in the scope of the instance.
    static func noteForSeller(
        _ action: String, _ kind: String, _ id: String, _ data: JSONValue = .object([]), in tx: any Transaction
    ) throws {
        try Audit.record(action, on: .init(kind, id), data, in: tx)
        try tx.scoped(to: Books.scope) { tx in try Events.publish(action, about: id, data, in: tx) }
    }

    /// Applies what happened to a settlement; runs in the scope of the instance.
    func apply(_ fact: SettlementFact, from account: String, in tx: any Transaction) throws -> Applied {
        let known = try SettlementStore.find(fact.id, provider: account, in: tx)
        if let known, known.state >= fact.state { return .applied }
        let settlement = Settlement(
            provider: account, remoteID: fact.id, state: fact.state, amount: known?.amount ?? fact.amount,
            reference: fact.reference ?? known?.reference, createdAt: known?.createdAt ?? fact.createdAt)
        guard settlement.amount.amount > 0 else { return .ignored("a settlement of nothing") }
        try SettlementStore.save(settlement, in: tx)
        // One that failed had left before, whether or not anybody said so.
        if fact.state >= .processed { try Books.post(.settled(settlement), in: tx) }
        if fact.state == .failed { try Books.post(.settlementFailed(settlement), in: tx) }
        try Self.noteForSeller(
            "settlement.\(fact.state.rawValue)", "settlement", fact.id,
            .object([
                "amount": .integer(settlement.amount.amount), "currency": .string(settlement.amount.currency.code),
            ]), in: tx)
        return .applied
    }

    /// Applies a line of the report, once; runs in the scope of the instance.
    func apply(_ line: SettlementLine, from account: String, in tx: any Transaction) throws -> Applied {
        if let known = try SettlementStore.line(line.id, provider: account, in: tx) {
            // The settlement is named when the line is settled; all else stays.
            try SettlementStore.save(line, provider: account, outcome: known.outcome, in: tx)
            return .applied
        }
        let outcome = try book(line, from: account, in: tx)
        try SettlementStore.save(line, provider: account, outcome: outcome, in: tx)
        return .applied
    }

    /// Books what a line says where nobody has said it before; returns what it was booked as.
    private func book(_ line: SettlementLine, from account: String, in tx: any Transaction) throws -> String {
        switch line.kind {
        case .payment:
            if let amount = Money(line.gross, line.net.currency), amount.amount > 0 {
                var fact = PaymentFact(
                    id: line.id, orderID: line.orderID, amount: amount, state: .captured, method: line.method)
                (fact.fee, fact.feeTax) = (line.fee, line.feeTax)
                if try apply(fact, from: account, in: tx) == .applied { return "payment" }
            }
        case .refund:
            if let payment = line.paymentID, let amount = Money(line.gross, line.net.currency), amount.amount > 0 {
                let fact = RefundFact(
                    id: line.id, paymentID: payment, amount: amount, state: .processed, receipt: nil)
                if try apply(fact, from: account, in: tx) == .applied {
                    try bookRefundFee(line, from: account, in: tx)
                    return "refund"
                }
            }
        case .adjustment:
            if let dispute = line.disputeID, let payment = try payment(of: line, dispute, from: account, in: tx) {
                try apply(line, ofDispute: dispute, payment, in: tx)
                return "dispute"
            }
        case .other: break
        }
        guard line.net.amount != 0 else { return "nothing" }
        try Books.post(.unexplained(line, provider: account), in: tx)
        try Self.noteForSeller(
            "settlement.unexplained", "settlement_line", line.id,
            .object(["net": .integer(line.net.amount), "currency": .string(line.net.currency.code)]), in: tx)
        return "suspense"
    }

    private func payment(
        of line: SettlementLine, _ dispute: String, from account: String, in tx: any Transaction
    ) throws -> Payment? {
        if let id = line.paymentID { return try PaymentStore.payment(provider: account, remoteID: id, in: tx) }
        return try DisputeStore.find(provider: account, remoteID: dispute, in: tx).flatMap {
            try PaymentStore.payment($0.payment, in: tx)
        }
    }

    /// An instant refund costs a fee; a normal one does not.
    private func bookRefundFee(_ line: SettlementLine, from account: String, in tx: any Transaction) throws {
        guard line.fee > 0, let refund = try PaymentStore.refund(provider: account, remoteID: line.id, in: tx),
            let payment = try PaymentStore.payment(refund.payment, in: tx)
        else { return }
        try Books.post(.refundFee(refund, payment, fee: line.fee, tax: line.feeTax), in: tx)
    }
}
