// What an invoice is made from: any number of lines, for a period of a plan or for anything else.
import Core
import Storage
import Web

/// An invoice to be.
struct InvoiceDraft: Sendable, Hashable {
    /// The most lines of an invoice.
    static let linesLimit = 500

    /// What paying it puts in force; nil for a one-off invoice.
    struct Term: Sendable, Hashable {
        let plan: String
        let interval: Interval
        let start: Timestamp
        let end: Timestamp
    }

    let currency: Currency
    var lines: [DraftLine]
    var term: Term?
    /// How long there is to pay, from the moment it is finalised.
    var terms = Billing.termsOfPayment
    var memo = ""
    /// Whether the customer's coupons lower it.
    var takesCoupons = true

    init(_ currency: Currency, _ lines: [DraftLine] = [], term: Term? = nil) {
        self.currency = currency
        self.lines = lines
        self.term = term
    }
}

/// One line of an invoice to be.
struct DraftLine: Sendable, Hashable {
    var description: String
    var quantity: Int64 = 1
    /// Minor units for one, without discount; nil where tiers or packages make the amount.
    var unitAmount: Int64?
    /// Minor units for all of it; negative for a credit.
    let amount: Int64
    /// Service accounting code or HSN code of GST.
    var code = GST.serviceCode
    /// Decides the rate: `standard`, `exempt`, or a category of the operator's rate table.
    var taxCategory = TaxCategory.standard
    var revenue: RevenueKind
    /// What the line is for; a deferred line is earned over it.
    var period: Range<Timestamp>?

    /// So many at one price; nil when that is more than money can be.
    init?(
        _ description: String, quantity: Int64, at unitAmount: Int64, period: Range<Timestamp>? = nil,
        revenue: RevenueKind? = nil
    ) {
        let (amount, isTooMuch) = quantity.multipliedReportingOverflow(by: unitAmount)
        guard !isTooMuch else { return nil }
        self.init(description, amount: amount, quantity: quantity, period: period, revenue: revenue)
        self.unitAmount = unitAmount
    }

    /// An amount that was computed elsewhere: tiers, usage, proration. Negative for a credit.
    init(
        _ description: String, amount: Int64, quantity: Int64 = 1, period: Range<Timestamp>? = nil,
        revenue: RevenueKind? = nil
    ) {
        self.description = description
        self.quantity = quantity
        self.amount = amount
        self.period = period
        self.revenue = revenue ?? (period == nil ? .sale : .deferred)
    }
}

extension InvoiceDraft {
    /// Refuses what no invoice may hold, naming the line.
    func check() throws {
        var validation = Validation()
        validation.require(
            (1...Self.linesLimit).contains(lines.count), "/lines", "length",
            "An invoice has 1 to \(Self.linesLimit) lines.")
        validation.require(memo.count <= 1000, "/memo", "length", "Write at most 1,000 characters.")
        for (index, line) in lines.enumerated() {
            let path = "/lines/\(index)"
            validation.require(
                (1...500).contains(line.description.count), path + "/description", "length",
                "Write 1 to 500 characters.")
            validation.require(
                (0...Money.limit).contains(line.quantity), path + "/quantity", "range",
                "A quantity lies between 0 and \(Money.limit).")
            validation.require(
                Money(line.amount, currency) != nil && Money(line.unitAmount ?? 0, currency) != nil,
                path + "/unit_amount", "range", "An amount lies within ±\(Money.limit) minor units.")
            validation.require(
                line.code.utf8.count <= 8 && line.code.utf8.allSatisfy { (48...57).contains($0) }, path + "/code",
                "format", "An HSN or service accounting code has at most 8 digits.")
            validation.require(
                TaxCategory.isName(line.taxCategory), path + "/tax_category", "format", TaxCategory.rule)
        }
        try validation.check()
    }
}
