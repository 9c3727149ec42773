// News of disputes. What is said of one and what moved because of it come apart, and end in the same books.
import Core
import Storage
import Web

extension Billing {
    /// Applies what happened to a dispute; runs in the scope of the instance.
    func apply(_ fact: DisputeFact, from account: String, in tx: any Transaction) throws -> Applied {
        guard let payment = try PaymentStore.payment(provider: account, remoteID: fact.paymentID, in: tx) else {
            return .ignored("a dispute of a payment that was not made here")
        }
        try tx.scoped(to: .organization(payment.organization)) { tx in
            var dispute = try known(fact.id, of: payment, fact.amount, in: tx)
            guard fact.state > dispute.state || dispute.phase.isEmpty else { return }
            let before = dispute.state
            dispute.state = max(before, fact.state)
            dispute.phase = fact.phase.isEmpty ? "chargeback" : fact.phase
            dispute.reason = fact.reason
            dispute.respondBy = fact.respondBy ?? dispute.respondBy
            if dispute.state > before {
                try Self.note("dispute.\(dispute.state.rawValue)", "dispute", dispute.id, dispute.facts, in: tx)
            }
            try book(&dispute, of: payment, in: tx)
        }
        return .applied
    }

    /// Applies money that moved because of a dispute.
    func apply(_ line: SettlementLine, ofDispute id: String, _ payment: Payment, in tx: any Transaction) throws {
        try tx.scoped(to: .organization(payment.organization)) { tx in
            let moved = line.net.amount + line.fee
            var dispute = try known(id, of: payment, Money(stored: abs(moved), line.net.currency), in: tx)
            if moved < 0, !dispute.isTaken {
                dispute.isTaken = true
                // Lost money is in the books already, whether or not it was seen to leave.
                if !dispute.isBookedLost {
                    try Books.post(.disputeHold(dispute), in: tx)
                    dispute.isHeld = true
                }
            }
            if moved > 0 { dispute.isReturned = true }
            if line.fee > 0, dispute.fee == nil {
                dispute.fee = line.fee
                try Books.post(.disputeFee(dispute, fee: line.fee, tax: line.feeTax), in: tx)
            }
            try book(&dispute, of: payment, in: tx)
        }
    }

    /// The dispute's row, made now if this is the first that is heard of it.
    private func known(_ id: String, of payment: Payment, _ amount: Money, in tx: any Transaction) throws -> Dispute {
        if let dispute = try DisputeStore.find(provider: payment.provider, remoteID: id, in: tx) { return dispute }
        let dispute = Dispute(
            id: DisputeID(at: tx.now), organization: payment.organization, payment: payment.id,
            provider: payment.provider, remoteID: id, state: .open, phase: "", reason: "",
            amount: amount.amount > 0 ? amount : payment.amount, createdAt: tx.now)
        try DisputeStore.insert(dispute, in: tx)
        try Self.note("dispute.opened", "dispute", dispute.id, dispute.facts, in: tx)
        return dispute
    }

    /// Books what is known by now and not yet booked, and saves the dispute.
    private func book(_ dispute: inout Dispute, of payment: Payment, in tx: any Transaction) throws {
        if dispute.state == .lost {
            if !dispute.isBookedLost {
                try Books.post(.disputeLost(dispute), in: tx)
                (dispute.isBookedLost, dispute.isHeld) = (true, false)
                try explainRefund(by: dispute, in: tx)
            }
        } else if dispute.isHeld, dispute.isReturned || dispute.state == .won {
            try Books.post(.disputeWon(dispute), in: tx)
            dispute.isHeld = false
        }
        try DisputeStore.save(dispute, in: tx)
    }

    /// A lost dispute may also be told as a refund that nobody asked for: then that entry is taken back.
    private func explainRefund(by dispute: Dispute, in tx: any Transaction) throws {
        let refunds = try PaymentStore.refunds(of: dispute.payment, in: tx)
        let found = refunds.first { it in
            it.origin == .provider && it.state == .processed && it.dispute == nil && it.amount == dispute.amount
        }
        guard let refund = found else { return }
        try PaymentStore.explain(refund.id, by: dispute.id, in: tx)
        try Books.post(.refundExplained(refund, organization: dispute.organization), in: tx)
        try Self.note("refund.explained", "refund", refund.id, refund.facts, in: tx)
    }

    /// Whether a refund that nobody here asked for is the money of a lost dispute, which is booked already.
    func isOfLostDispute(_ refund: Refund, in tx: any Transaction) throws -> Bool {
        if refund.dispute != nil { return true }
        let taken = Set(try PaymentStore.refunds(of: refund.payment, in: tx).compactMap(\.dispute))
        let found = try DisputeStore.all(of: refund.payment, in: tx).first { dispute in
            dispute.isBookedLost && dispute.amount == refund.amount && !taken.contains(dispute.id)
        }
        guard let dispute = found else { return false }
        try PaymentStore.explain(refund.id, by: dispute.id, in: tx)
        try Self.note("refund.explained", "refund", refund.id, refund.facts, in: tx)
        return true
    }
}
