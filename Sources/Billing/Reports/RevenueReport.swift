// Revenue from the ledger: what was earned month by month, and what is still deferred.
import Core
import Storage
import Web

/// What an account of the seller's book moved by in a month: debits less credits.
struct AccountMovement: Sendable {
    let account: Account
    let month: ReportMonth
    let currency: Currency
    let amount: Int64
}

/// One month in one currency, in minor units.
struct RevenueRow: Codable, Sendable {
    let month: ReportMonth
    let currency: Currency
    /// What customers were billed for, without tax, less what credit notes took back before it was earned.
    let billed: Int64
    /// Earned: revenue less refunds, credit notes and chargebacks on what was earned already.
    let recognised: Int64
    /// What is billed and not earned yet, at the end of the month.
    let deferred: Int64
    /// Processor and dispute fees.
    let fees: Int64
}

/// The revenue of a period.
struct RevenueReport: Report {
    let from: ReportMonth
    let to: ReportMonth
    let rows: [RevenueRow]

    /// - Parameters:
    ///   - movements: of every account since the book began, so that the deferred balance is known at each month's end.
    init(_ movements: [AccountMovement], months: [ReportMonth]) {
        struct Slot: Hashable {
            let month: ReportMonth
            let currency: Currency
        }
        var earned = Totals<Slot>()
        var deferred = Totals<Slot>()
        var before = Totals<Currency>()
        var fees = Totals<Slot>()
        var currencies: Set<Currency> = []
        let first = months.first
        for it in movements {
            let slot = Slot(month: it.month, currency: it.currency)
            if it.account.isRevenue { earned.add(-it.amount, to: slot) }
            if it.account.isFee { fees.add(it.amount, to: slot) }
            if it.account == .deferredRevenue {
                if let first, it.month < first {
                    before.add(-it.amount, to: it.currency)
                } else {
                    deferred.add(-it.amount, to: slot)
                }
            }
            currencies.insert(it.currency)
        }
        var rows: [RevenueRow] = []
        for currency in currencies.sorted(by: { $0.code < $1.code }) {
            var balance = Int128(before[currency])
            for month in months {
                let slot = Slot(month: month, currency: currency)
                balance += Int128(deferred[slot])
                rows.append(
                    RevenueRow(
                        month: month, currency: currency,
                        billed: Int64(total: Int128(deferred[slot]) + Int128(earned[slot])),
                        recognised: earned[slot], deferred: Int64(total: balance), fees: fees[slot]))
            }
        }
        from = months.first ?? ReportMonth(Timestamp(milliseconds: 0))
        to = months.last ?? from
        self.rows = rows
    }

    var sheet: ReportSheet {
        ReportSheet(
            name: "Revenue by month",
            columns: [
                "Month", "Currency", .number("Billed"), .number("Recognised"), .number("Deferred at the end"),
                .number("Fees"),
            ],
            rows: rows.map {
                [
                    .text($0.month.description), .text($0.currency.code), .money($0.billed, $0.currency),
                    .money($0.recognised, $0.currency), .money($0.deferred, $0.currency),
                    .money($0.fees, $0.currency),
                ]
            }, empty: "Nothing was billed yet")
    }
}

extension Account {
    /// Whether it holds what was earned, or takes back from it. Told by the code's range in the chart of accounts.
    var isRevenue: Bool { rawValue.hasPrefix("4") }

    /// Whether it holds what the provider keeps.
    var isFee: Bool { rawValue == "5000" || rawValue == "5010" }
}
