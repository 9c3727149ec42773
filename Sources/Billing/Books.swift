// What money does to the seller's books: the chart of accounts, and the journal entry for each event.
//
// The seller is the instance, so everything is booked in the instance's own book; receivables and credit are kept per
// customer. Amounts are minor units, debits positive, credits negative.
import Core
import Ledger
import Storage

/// The accounts that billing books to; opened in the book when they are first needed.
enum Account: String, CaseIterable {
    case bank = "1000"
    case clearing = "1010"
    case disputed = "1030"
    case receivable = "1100"
    case inputTax = "1200"
    case deferredRevenue = "2000"
    case cgst = "2100"
    case sgst = "2101"
    case igst = "2102"
    case otherTax = "2110"
    case customerCredit = "2200"
    case refundsOwed = "2210"
    case refundsInTransit = "2220"
    case suspense = "2300"
    case revenue = "4000"
    case usageRevenue = "4010"
    case creditNotes = "4900"
    case chargebacks = "4920"
    case fees = "5000"
    case disputeFees = "5010"
    case badDebt = "5020"

    init(_ tax: TaxKind) {
        self =
            switch tax {
            case .cgst: .cgst
            case .sgst: .sgst
            case .igst: .igst
            case .other: .otherTax
            }
    }

    /// For people.
    var name: String {
        switch self {
        case .bank: "Bank"
        case .clearing: "Payment provider clearing"
        case .disputed: "Disputed funds held by the provider"
        case .receivable: "Accounts receivable"
        case .inputTax: "Input GST on fees"
        case .deferredRevenue: "Deferred revenue"
        case .cgst: "CGST payable"
        case .sgst: "SGST payable"
        case .igst: "IGST payable"
        case .otherTax: "Other taxes payable"
        case .customerCredit: "Customer credit balance"
        case .refundsOwed: "Refunds owed to customers"
        case .refundsInTransit: "Refunds in transit"
        case .suspense: "Unapplied payments"
        case .revenue: "Subscription revenue"
        case .usageRevenue: "Usage revenue"
        case .creditNotes: "Refunds and credit notes"
        case .chargebacks: "Chargebacks"
        case .fees: "Processor fees"
        case .disputeFees: "Dispute fees"
        case .badDebt: "Bad debt"
        }
    }

    /// What it stands for.
    var type: AccountType {
        switch self {
        case .bank, .clearing, .disputed, .receivable, .inputTax: .asset
        case .fees, .disputeFees, .badDebt: .expense
        case .revenue, .usageRevenue, .creditNotes, .chargebacks: .income
        default: .liability
        }
    }

    /// Whether it lessens its type.
    var isContra: Bool { self == .creditNotes }

    /// Sign rules only where nothing but our own acts book: what the provider reports must always be bookable.
    var rule: BalanceRule {
        switch self {
        case .deferredRevenue, .customerCredit, .refundsOwed, .refundsInTransit: .creditOnly
        default: .any
        }
    }

    /// Whom the account is kept for: one for each customer, one for each account at the provider, or one for all.
    enum Owner {
        case customer
        case provider
        case shared
    }

    var owner: Owner {
        switch self {
        case .receivable, .customerCredit, .refundsOwed: .customer
        case .clearing, .disputed, .refundsInTransit, .suspense: .provider
        default: .shared
        }
    }
}

/// One journal entry to be.
struct Booking: Sendable {
    /// With the source, what makes it happen once.
    let kind: String
    let sourceType: String
    let sourceID: String
    let currency: Currency
    /// The customer whose receivable or credit it moves.
    let customer: OrganizationID
    /// The account at the provider whose clearing it moves; empty where there is none.
    let provider: String
    let description: String
    let postings: [(account: Account, amount: Int64)]
}

extension Booking {
    private static func payment(
        _ kind: String, _ it: Payment, _ description: String, _ postings: [(account: Account, amount: Int64)]
    ) -> Booking {
        Booking(
            kind: kind, sourceType: "payment", sourceID: it.remoteID, currency: it.amount.currency,
            customer: it.organization, provider: it.provider, description: description, postings: postings)
    }

    /// Money is ours: against what the customer owed, or into suspense when nothing was owed.
    static func capture(_ it: Payment, into account: Account) -> Booking {
        payment(
            "capture", it, "Payment \(it.remoteID) captured",
            [(.clearing, it.amount.amount), (account, -it.amount.amount)])
    }

    /// The provider's fee, its tax apart.
    static func fee(_ it: Payment, fee: Int64, tax: Int64) -> Booking {
        payment(
            "fee", it, "Fee for payment \(it.remoteID)", [(.fees, fee - tax), (.inputTax, tax), (.clearing, -fee)])
    }

    private static func refund(
        _ kind: String, _ it: Refund, _ payment: Payment, _ description: String,
        _ postings: [(account: Account, amount: Int64)]
    ) -> Booking {
        Booking(
            kind: kind, sourceType: "refund", sourceID: it.id.text, currency: it.amount.currency,
            customer: payment.organization, provider: it.provider, description: description, postings: postings)
    }

    /// Money in suspense is owed back to the customer.
    static func released(_ it: Refund, _ payment: Payment) -> Booking {
        refund(
            "allocate", it, payment, "Unapplied payment \(payment.remoteID) is given back",
            [(.suspense, it.credit), (.refundsOwed, -it.credit)])
    }

    /// The provider has taken the refund on.
    static func refundCreated(_ it: Refund, _ payment: Payment) -> Booking {
        refund(
            "refund_created", it, payment, "Refund of payment \(payment.remoteID)",
            [(.refundsOwed, it.amount.amount), (.refundsInTransit, -it.amount.amount)])
    }

    /// The money of a refund has left; from suspense when we did not ask for it.
    static func refundProcessed(_ it: Refund, from account: Account, _ payment: Payment) -> Booking {
        refund(
            "refund_processed", it, payment, "Refund of payment \(payment.remoteID) processed",
            [(account, it.amount.amount), (.clearing, -it.amount.amount)])
    }

    /// A refund failed: its money is owed (or unexplained) again.
    static func refundFailed(_ it: Refund, from source: Account, to account: Account, _ payment: Payment) -> Booking {
        refund(
            "refund_failed", it, payment, "Refund of payment \(payment.remoteID) failed",
            [(source, it.amount.amount), (account, -it.amount.amount)])
    }
}

/// The seller's book.
enum Books {
    /// The instance's own book stands beside those of the organisations, under the name that its audit log has too.
    static let scope = Scope.organization(OrganizationID(stored: "instance"))

    /// Posts an entry in the caller's transaction; the same event again changes nothing, and neither does one that
    /// moves nothing.
    static func post(_ booking: Booking, in tx: any Transaction) throws {
        let sums = booking.sums
        guard !sums.isEmpty else { return }
        try tx.scoped(to: scope) { tx in
            let postings = try sums.map { line in
                let account = try Ledger.ensure(booking.account(line.account), in: tx)
                return line.amount > 0 ? Posting.debit(account, line.amount) : .credit(account, -line.amount)
            }
            var entry = NewEntry(booking.description, booking.currency, postings)
            entry.kind = booking.kind
            entry.source = EntrySource(booking.sourceType, booking.sourceID)
            try Ledger.post(entry, in: tx)
        }
    }
}

extension Booking {
    /// What each account gets in all, in the order in which they are first named; those with nothing are left out.
    fileprivate var sums: [(account: Account, amount: Int64)] {
        var order: [Account] = []
        var sums: [Account: Int64] = [:]
        for posting in postings {
            if sums[posting.account] == nil { order.append(posting.account) }
            // A few hundred amounts below 2^53 stay far below 2^63.
            sums[posting.account, default: 0] += posting.amount
        }
        return order.compactMap { account in sums[account].flatMap { $0 == 0 ? nil : (account, $0) } }
    }

    /// The account to open if it is not there yet.
    fileprivate func account(_ account: Account) -> NewAccount {
        let owner =
            switch account.owner {
            case .customer: customer.text
            case .provider: provider
            case .shared: ""
            }
        return NewAccount(
            code: account.rawValue, name: account.name, type: account.type, contra: account.isContra,
            currency: currency,
            ownerID: owner, rule: account.rule)
    }
}
