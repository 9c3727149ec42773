// The reports of a book: trial balance, profit and loss, balance sheet, for each currency.
package import Core
package import Storage
import Web

/// The accounts of one code, over all their owners.
package struct ReportLine: Codable, Sendable {
    package let code: String
    package let name: String
    package let type: AccountType
    package let contra: Bool
    /// How many accounts there are of this code.
    package let accounts: Int64
    /// All debits and all credits so far, in minor units.
    package let debits: Int64
    package let credits: Int64
    /// The balance, on the side where it lies; 0 on the other.
    package let debitBalance: Int64
    package let creditBalance: Int64

    enum CodingKeys: String, CodingKey {
        case code, name, type, contra, accounts, debits, credits
        case debitBalance = "debit_balance"
        case creditBalance = "credit_balance"
    }
}

/// What every account of a book comes to at an instant; both sides have the same sum.
package struct TrialBalance: Codable, Sendable {
    package let at: Timestamp
    package let basis: TimeBasis
    /// The last entry that was booked by then.
    package let sequence: Int64
    package let currencies: [Part]

    /// The accounts in one currency.
    package struct Part: Codable, Sendable {
        package let currency: Currency
        package let lines: [ReportLine]
        package let debits: Int64
        package let credits: Int64
    }
}

/// An account's amount in a statement, positive where it adds to its section.
package struct StatementAmount: Codable, Sendable {
    package let code: String
    package let name: String
    package let amount: Int64
}

/// One section of a statement, such as the assets.
package struct StatementSection: Codable, Sendable {
    package let lines: [StatementAmount]
    package let total: Int64
}

/// What was earned and spent from one instant to before another.
package struct ProfitAndLoss: Codable, Sendable {
    package let from: Timestamp
    package let to: Timestamp
    package let basis: TimeBasis
    package let currencies: [Part]

    /// What was earned and spent in one currency.
    package struct Part: Codable, Sendable {
        package let currency: Currency
        package let income: StatementSection
        package let expenses: StatementSection
        /// Income less expenses.
        package let result: Int64
    }
}

/// What is owned and owed at an instant. Income and expenses are never posted away at the end of a year, so all of the
/// result so far is one line beside the equity.
package struct BalanceSheet: Codable, Sendable {
    package let at: Timestamp
    package let basis: TimeBasis
    package let currencies: [Part]

    /// What is owned and owed in one currency.
    package struct Part: Codable, Sendable {
        package let currency: Currency
        package let assets: StatementSection
        package let liabilities: StatementSection
        package let equity: StatementSection
        /// Income less expenses from the beginning to the instant.
        package let result: Int64
        /// Liabilities, equity and result: as much as the assets.
        package let claims: Int64
    }
}

extension Ledger {
    /// What every account comes to at an instant. Takes some microseconds for an account: a long read.
    package static func trialBalance(
        at instant: Timestamp, by basis: TimeBasis, in tx: any Transaction
    ) throws -> TrialBalance {
        let totals = try BookTotals(at: try Cut(at: instant, basis, in: tx), in: tx)
        let parts = try totals.currencies.map { currency, accounts in
            let lines = try accounts.map { account in
                let net = account.net
                return ReportLine(
                    code: account.code, name: account.name, type: account.type, contra: account.contra,
                    accounts: account.count, debits: try narrow(account.debits), credits: try narrow(account.credits),
                    debitBalance: try narrow(max(net, 0)), creditBalance: try narrow(max(-net, 0)))
            }
            return TrialBalance.Part(
                currency: currency, lines: lines,
                debits: try narrow(lines.reduce(0) { $0 + Int128($1.debitBalance) }),
                credits: try narrow(lines.reduce(0) { $0 + Int128($1.creditBalance) }))
        }
        return TrialBalance(at: instant, basis: basis, sequence: totals.sequence, currencies: parts)
    }

    /// What was earned and spent from an instant to before another.
    package static func profitAndLoss(
        from: Timestamp, to: Timestamp, by basis: TimeBasis, in tx: any Transaction
    ) throws -> ProfitAndLoss {
        let before = Milliseconds(-1)
        let opening = try BookTotals(at: try Cut(at: from.adding(before), basis, in: tx), in: tx)
        let closing = try BookTotals(at: try Cut(at: to.adding(before), basis, in: tx), in: tx)
        let parts = try closing.less(opening).currencies.map { currency, accounts in
            let income = try section(accounts, .income)
            let expenses = try section(accounts, .expense)
            return ProfitAndLoss.Part(
                currency: currency, income: income, expenses: expenses,
                result: try narrow(Int128(income.total) - Int128(expenses.total)))
        }
        return ProfitAndLoss(from: from, to: to, basis: basis, currencies: parts)
    }

    /// What is owned and owed at an instant.
    package static func balanceSheet(
        at instant: Timestamp, by basis: TimeBasis, in tx: any Transaction
    ) throws -> BalanceSheet {
        let totals = try BookTotals(at: try Cut(at: instant, basis, in: tx), in: tx)
        let parts = try totals.currencies.map { currency, accounts in
            let (liabilities, equity) = (try section(accounts, .liability), try section(accounts, .equity))
            let temporary = accounts.filter { $0.type == .income || $0.type == .expense }
            let result = try narrow(temporary.reduce(0) { $0 - $1.net })
            return BalanceSheet.Part(
                currency: currency, assets: try section(accounts, .asset), liabilities: liabilities, equity: equity,
                result: result,
                claims: try narrow(Int128(liabilities.total) + Int128(equity.total) + Int128(result)))
        }
        return BalanceSheet(at: instant, basis: basis, currencies: parts)
    }

    private static func section(_ accounts: [BookTotals.Account], _ type: AccountType) throws -> StatementSection {
        let isDebit = type == .asset || type == .expense
        let lines = try accounts.filter { $0.type == type && $0.net != 0 }.map {
            StatementAmount(code: $0.code, name: $0.name, amount: try narrow(isDebit ? $0.net : -$0.net))
        }
        return StatementSection(lines: lines, total: try narrow(lines.reduce(0) { $0 + Int128($1.amount) }))
    }

    private static func narrow(_ value: Int128) throws(LedgerProblem) -> Int64 {
        guard let narrow = Int64(exactly: value) else { throw .outOfRange }
        return narrow
    }
}

/// The totals of all accounts of a book at a cut, those of one code, currency and type together.
struct BookTotals {
    struct Account {
        let code: String
        let name: String
        let type: AccountType
        let contra: Bool
        let currency: Currency
        var count: Int64
        var debits: Int128
        var credits: Int128

        /// Positive on the debit side.
        var net: Int128 { debits - credits }
    }

    /// The last entry by booking time.
    let sequence: Int64
    /// In the order of currency and code.
    private var accounts: [Account]

    init(at cut: Cut, in tx: any Transaction) throws {
        sequence = cut.sequence
        let shifts = cut.basis == .effective ? try LedgerStore.shifts(cut, in: tx) : [:]
        var found: [String: Account] = [:]
        for row in try LedgerStore.totals(through: cut.sequence, in: tx) {
            let new = row.new
            let key = "\(new.currency.code) \(new.type.rawValue) \(new.contra) \(new.code)"
            let shift = shifts[row.id] ?? (0, 0)
            var account =
                found[key]
                ?? Account(
                    code: new.code, name: new.name, type: new.type, contra: new.contra, currency: new.currency,
                    count: 0, debits: 0, credits: 0)
            account.count += 1
            account.debits += Int128(row.debits) + Int128(shift.0)
            account.credits += Int128(row.credits) + Int128(shift.1)
            found[key] = account
        }
        accounts = found.values.sorted {
            ($0.currency.code, $0.code, $0.type.rawValue) < ($1.currency.code, $1.code, $1.type.rawValue)
        }
    }

    var currencies: [(Currency, [Account])] {
        Dictionary(grouping: accounts, by: \.currency).sorted { $0.key.code < $1.key.code }.map { ($0.key, $0.value) }
    }

    /// What came between two cuts of one book: accounts are never removed, so the later one has them all.
    func less(_ earlier: BookTotals) -> BookTotals {
        let key = { (account: Account) in
            "\(account.currency.code) \(account.type.rawValue) \(account.contra) \(account.code)"
        }
        let before = Dictionary(earlier.accounts.map { (key($0), $0) }, uniquingKeysWith: { first, _ in first })
        var difference = self
        for index in accounts.indices {
            guard let account = before[key(accounts[index])] else { continue }
            difference.accounts[index].debits -= account.debits
            difference.accounts[index].credits -= account.credits
        }
        return difference
    }
}
