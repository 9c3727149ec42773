// The book of the demo's company: accounts, and what is booked month by month.
import Core
import Ledger
import Storage

/// Writes the ledger of one organisation; every function works in the organisation's scope.
enum DemoBook {
    private enum Code: String, CaseIterable {
        case bank = "1000"
        case receivable = "1100"
        case capital = "3000"
        case sales = "4000"
        case salaries = "5000"
        case hosting = "5100"

        var account: NewAccount {
            let (name, type): (String, AccountType) =
                switch self {
                case .bank: ("Bank", .asset)
                case .receivable: ("Receivable from customers", .asset)
                case .capital: ("Paid-in capital", .equity)
                case .sales: ("Sales", .income)
                case .salaries: ("Salaries", .expense)
                case .hosting: ("Hosting", .expense)
                }
            return NewAccount(code: rawValue, name: name, type: type, currency: .inr)
        }
    }

    /// Opens the accounts and books the founders' money.
    static func open(in tx: any Transaction) throws {
        for code in Code.allCases { _ = try Ledger.open(code.account, in: tx) }
        try post("Paid in by the founders", .bank, .capital, 500_000_000, in: tx)
    }

    /// Books one month of business, the first being 0: invoiced, received, paid.
    static func month(_ number: Int64, in tx: any Transaction) throws {
        let invoiced = 32_000_000 + number * 1_850_000
        try post("Invoices of month \(number + 1)", .receivable, .sales, invoiced, in: tx)
        try post("Received from customers", .bank, .receivable, invoiced - invoiced / 9, in: tx)
        try post("Salaries of month \(number + 1)", .salaries, .bank, 21_500_000 + number * 640_000, in: tx)
        try post("Servers and storage", .hosting, .bank, 1_240_000 + number * 35_000, in: tx)
    }

    /// Books something by mistake and takes it back.
    static func mistake(in tx: any Transaction) throws {
        let entry = try post("Servers and storage, booked twice", .hosting, .bank, 1_240_000, in: tx)
        _ = try Ledger.reverse(entry.id, in: tx)
    }

    @discardableResult
    private static func post(
        _ words: String, _ debit: Code, _ credit: Code, _ amount: Int64, in tx: any Transaction
    ) throws -> JournalEntry {
        try Ledger.post(
            NewEntry(
                words, .inr,
                [
                    .debit(try Ledger.ensure(debit.account, in: tx), amount),
                    .credit(try Ledger.ensure(credit.account, in: tx), amount),
                ]), in: tx)
    }
}
