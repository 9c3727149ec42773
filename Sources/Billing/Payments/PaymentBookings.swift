// The journal entries of disputes, settlements and what only the provider's report shows.
import Core
import Ledger

extension Booking {
    private static func dispute(
        _ kind: String, _ it: Dispute, _ description: String, _ postings: [(account: Account, amount: Int64)]
    ) -> Booking {
        Booking(
            kind: kind, sourceType: "dispute", sourceID: it.remoteID, currency: it.amount.currency,
            customer: it.organization, provider: it.provider, description: description, postings: postings)
    }

    /// The provider took the money out of the balance until the dispute is decided.
    static func disputeHold(_ it: Dispute) -> Booking {
        dispute(
            "dispute_hold", it, "Dispute \(it.remoteID): money held",
            [(.disputed, it.amount.amount), (.clearing, -it.amount.amount)])
    }

    /// The money is back in the balance.
    static func disputeWon(_ it: Dispute) -> Booking {
        dispute(
            "dispute_won", it, "Dispute \(it.remoteID): money returned",
            [(.clearing, it.amount.amount), (.disputed, -it.amount.amount)])
    }

    /// The money is gone: what was held, or what is in the balance.
    static func disputeLost(_ it: Dispute) -> Booking {
        dispute(
            "dispute_lost", it, "Dispute \(it.remoteID) lost",
            [(.chargebacks, it.amount.amount), (it.isHeld ? .disputed : .clearing, -it.amount.amount)])
    }

    /// What the provider charges for a dispute.
    static func disputeFee(_ it: Dispute, fee: Int64, tax: Int64) -> Booking {
        dispute(
            "dispute_fee", it, "Fee for dispute \(it.remoteID)",
            [(.disputeFees, fee - tax), (.inputTax, tax), (.clearing, -fee)])
    }

    /// A refund that looked unexplained was the money of a lost dispute, which has its own entry.
    static func refundExplained(_ it: Refund, organization: OrganizationID) -> Booking {
        Booking(
            kind: "refund_explained", sourceType: "refund", sourceID: it.id.text, currency: it.amount.currency,
            customer: organization, provider: it.provider, description: "Refund was a lost dispute's money",
            postings: [(.clearing, it.amount.amount), (.suspense, -it.amount.amount)])
    }

    /// The fee of an instant refund.
    static func refundFee(_ it: Refund, _ payment: Payment, fee: Int64, tax: Int64) -> Booking {
        Booking(
            kind: "fee", sourceType: "refund", sourceID: it.id.text, currency: it.amount.currency,
            customer: payment.organization, provider: it.provider,
            description: "Fee for the refund of payment \(payment.remoteID)",
            postings: [(.fees, fee - tax), (.inputTax, tax), (.clearing, -fee)])
    }

    private static func seller(
        _ kind: String, _ type: String, _ id: String, _ amount: Money, provider: String, _ description: String,
        _ postings: [(account: Account, amount: Int64)]
    ) -> Booking {
        Booking(
            kind: kind, sourceType: type, sourceID: id, currency: amount.currency,
            customer: OrganizationID(stored: ""), provider: provider, description: description, postings: postings)
    }

    /// Money is on its way to the bank.
    static func settled(_ it: Settlement) -> Booking {
        seller(
            "settle", "settlement", it.remoteID, it.amount, provider: it.provider, "Settlement \(it.remoteID)",
            [(.bank, it.amount.amount), (.clearing, -it.amount.amount)])
    }

    /// The bank sent it back.
    static func settlementFailed(_ it: Settlement) -> Booking {
        seller(
            "settle_failed", "settlement", it.remoteID, it.amount, provider: it.provider,
            "Settlement \(it.remoteID) failed", [(.clearing, it.amount.amount), (.bank, -it.amount.amount)])
    }

    /// Money moved at the provider and nothing here explains it.
    static func unexplained(_ it: SettlementLine, provider: String) -> Booking {
        seller(
            "unexplained", "settlement_line", it.id, it.net, provider: provider,
            "\(it.id) of the provider's report", [(.clearing, it.net.amount), (.suspense, -it.net.amount)])
    }
}
