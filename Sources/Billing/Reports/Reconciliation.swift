// Three questions that the books have to answer: do customers owe what their open invoices say, does the provider hold
// what clearing says, is deferred what is billed and not earned. Each difference is explained line by line.
import Core
import Storage
import Web

/// One side of a comparison: who or what, in which currency.
struct BalanceKey: Hashable, Sendable {
    /// A customer, or an account at the provider.
    let owner: String
    let currency: Currency
}

/// What one object did to the balance at the provider, as one of the sides has it.
struct ClearingLine: Sendable {
    /// The account at the provider.
    let provider: String
    /// The provider's identifier of a payment, refund, settlement or dispute.
    let object: String
    let currency: Currency
    /// Positive when it is money that the provider holds for us.
    let amount: Int64
    let at: Timestamp
}

/// A comparison of two numbers that have to be equal, in minor units.
struct BalanceCheck: Codable, Sendable {
    /// `receivable`, `clearing` or `deferred`.
    let subject: String
    /// The customer, or the account at the provider; empty for what is kept for all.
    let owner: String
    let name: String
    let currency: Currency
    let ledger: Int64
    /// What documents or the provider say; null when they said nothing yet.
    let expected: Int64?
    let difference: Int64
}

/// One object on which ledger and provider do not agree.
struct ClearingDifference: Codable, Sendable {
    let provider: String
    let object: String
    let currency: Currency
    let ledger: Int64
    let expected: Int64
    let difference: Int64
    let explanation: String
}

/// The comparison at one instant.
struct ReconciliationReport: Report {
    /// Differences that are listed one by one.
    static let limit = 200

    let at: Timestamp
    let isReconciled: Bool
    let checks: [BalanceCheck]
    let differences: [ClearingDifference]

    enum CodingKeys: String, CodingKey {
        case at, checks, differences
        case isReconciled = "is_reconciled"
    }

    /// What the two sides say.
    struct Sides: Sendable {
        /// Balances of the ledger by account: debits less credits.
        var receivables = Totals<BalanceKey>()
        var deferred = Totals<BalanceKey>()
        var clearing: [ClearingLine] = []
        /// Open invoices.
        var owed: [Receivable] = []
        /// What is billed and not earned, from documents and schedules.
        var unearned = Totals<BalanceKey>()
        /// What the provider says, and about which of its accounts it said anything.
        var provider: [ClearingLine] = []
        var providersHeard: Set<String> = []
    }

    init(_ sides: Sides, at instant: Timestamp) {
        at = instant
        let differences = Self.differences(sides)
        let all = Self.receivables(sides) + Self.clearing(sides) + Self.deferred(sides)
        checks = all.filter { $0.subject != "receivable" || $0.difference != 0 } + Self.summed(all)
        self.differences = Array(differences.prefix(Self.limit))
        isReconciled = all.allSatisfy { $0.difference == 0 } && differences.isEmpty
    }

    /// Customers who owe what they should are shown as one line for each currency.
    private static func summed(_ all: [BalanceCheck]) -> [BalanceCheck] {
        var ledger = Totals<Currency>()
        var expected = Totals<Currency>()
        for it in all where it.subject == "receivable" {
            ledger.add(it.ledger, to: it.currency)
            expected.add(it.expected ?? 0, to: it.currency)
        }
        return ledger.keys.sorted { $0.code < $1.code }.map { currency in
            check("receivable", owner: "", name: "All customers", currency, ledger[currency], expected[currency])
        }
    }

    private static func check(
        _ subject: String, owner: String, name: String, _ currency: Currency, _ ledger: Int64, _ expected: Int64?
    ) -> BalanceCheck {
        BalanceCheck(
            subject: subject, owner: owner, name: name, currency: currency, ledger: ledger, expected: expected,
            difference: expected.map { Int64(total: Int128(ledger) - Int128($0)) } ?? 0)
    }

    private static func receivables(_ sides: Sides) -> [BalanceCheck] {
        var owed = Totals<BalanceKey>()
        var names: [String: String] = [:]
        for it in sides.owed {
            owed.add(it.amount.amount, to: BalanceKey(owner: it.customer.text, currency: it.amount.currency))
            names[it.customer.text] = it.name
        }
        return sides.receivables.keys.union(owed.keys).sorted(by: order).map { key in
            check(
                "receivable", owner: key.owner, name: names[key.owner] ?? key.owner, key.currency,
                sides.receivables[key], owed[key])
        }
    }

    private static func deferred(_ sides: Sides) -> [BalanceCheck] {
        sides.deferred.keys.union(sides.unearned.keys).sorted(by: order).map { key in
            check(
                "deferred", owner: "", name: "Deferred revenue", key.currency,
                Int64(total: -Int128(sides.deferred[key])), sides.unearned[key])
        }
    }

    private static func clearing(_ sides: Sides) -> [BalanceCheck] {
        var ledger = Totals<BalanceKey>()
        var provider = Totals<BalanceKey>()
        for it in sides.clearing {
            ledger.add(it.amount, to: BalanceKey(owner: it.provider, currency: it.currency))
        }
        for it in sides.provider {
            provider.add(it.amount, to: BalanceKey(owner: it.provider, currency: it.currency))
        }
        return ledger.keys.union(provider.keys).sorted(by: order).map { key in
            check(
                "clearing", owner: key.owner, name: "Held by \(key.owner)", key.currency, ledger[key],
                sides.providersHeard.contains(key.owner) ? provider[key] : nil)
        }
    }

    private struct Object: Hashable {
        let provider: String
        let object: String
        let currency: Currency
    }

    private static func differences(_ sides: Sides) -> [ClearingDifference] {
        var ledger = Totals<Object>()
        var provider = Totals<Object>()
        for it in sides.clearing where sides.providersHeard.contains(it.provider) {
            ledger.add(it.amount, to: Object(provider: it.provider, object: it.object, currency: it.currency))
        }
        for it in sides.provider {
            provider.add(it.amount, to: Object(provider: it.provider, object: it.object, currency: it.currency))
        }
        let keys = ledger.keys.union(provider.keys).filter { ledger[$0] != provider[$0] }
        return keys.sorted { ($0.provider, $0.object) < ($1.provider, $1.object) }.map { key in
            let difference = Int64(total: Int128(ledger[key]) - Int128(provider[key]))
            return ClearingDifference(
                provider: key.provider, object: key.object, currency: key.currency, ledger: ledger[key],
                expected: provider[key], difference: difference,
                explanation: explanation(
                    isBooked: ledger.keys.contains(key), isKnown: provider.keys.contains(key), difference))
        }
    }

    private static func explanation(isBooked: Bool, isKnown: Bool, _ difference: Int64) -> String {
        if !isBooked {
            return "The provider has it and the books do not: its news has not arrived yet. Ask about its order."
        }
        if !isKnown { return "It is booked, and the provider does not know it. Look at the entry." }
        return difference > 0
            ? "The provider kept more than is booked: a fee that was not known at the capture."
            : "More is booked than the provider kept. Look at the entries."
    }

    private static func order(_ left: BalanceKey, _ right: BalanceKey) -> Bool {
        (left.owner, left.currency.code) < (right.owner, right.currency.code)
    }

    var sheet: ReportSheet {
        ReportSheet(
            name: "Balances",
            columns: [
                "Subject", "Of", "Currency", .number("Ledger"), .number("Expected"), .number("Difference"),
            ],
            rows: checks.map {
                [
                    .text($0.subject), .text($0.name), .text($0.currency.code), .money($0.ledger, $0.currency),
                    $0.expected.map { [currency = $0.currency] in .money($0, currency) } ?? .text("not heard yet"),
                    .money($0.difference, $0.currency),
                ]
            }, empty: "The book is empty")
    }

    var differenceSheet: ReportSheet {
        ReportSheet(
            name: "Differences at the provider",
            columns: [
                "Object", "Currency", .number("Ledger"), .number("Provider"), .number("Difference"), "Explanation",
            ],
            rows: differences.map {
                [
                    .text($0.object), .text($0.currency.code), .money($0.ledger, $0.currency),
                    .money($0.expected, $0.currency), .money($0.difference, $0.currency), .text($0.explanation),
                ]
            }, empty: "No difference")
    }
}
