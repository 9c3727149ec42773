// Statements that somebody with the sqlite3 shell may try on the holds of a book.
import Core
import Ledger

/// The attempts on a book whose account of credit has 50, of which 35 are held by two pending holds; one was posted.
struct HoldAttacks {
    let book: Book
    let pending: HoldID
    /// A pending one whose time is over before the attempts are dated.
    let short: HoldID
    let posted: HoldID
    private var org: String { book.organization.text }
    private var credit: String { book.credit.text }
    private var income: String { book.income.text }

    var all: [Attack] { holds + ends + lines + entries + changes }

    /// An INSERT of a hold with everything right, but for what is given.
    private func hold(
        _ verb: String = "INSERT", id: String = "'hold_4'", debit: String? = nil, credit other: String? = nil,
        currency: String = "'INR'", amount: String = "5", description: String = "'by hand'",
        expires: String = "4102444900000", created: String = "4102444800000", org: String? = nil
    ) -> String {
        """
        \(verb) INTO ledger_holds VALUES ('\(org ?? self.org)', \(id), '\(debit ?? credit)', '\(other ?? income)', \
        \(currency), \(amount), \(description), \(expires), \(created));
        """
    }

    private func end(
        _ verb: String = "INSERT", hold: String? = nil, outcome: String = "voided", entry: String = "NULL",
        amount: String = "0", at: String = "1"
    ) -> String {
        """
        \(verb) INTO ledger_hold_ends VALUES ('\(org)', '\(hold ?? pending.text)', '\(outcome)', \(entry), \(amount), \
        \(at));
        """
    }

    private var holds: [Attack] {
        let verbs = ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL", "INSERT OR ROLLBACK"]
        return verbs.flatMap { verb in
            [
                ("more than is available", hold(verb, amount: "16")), ("nothing", hold(verb, amount: "0")),
                ("less than nothing", hold(verb, amount: "-5")), ("a fraction", hold(verb, amount: "5.5")),
                ("a text", hold(verb, amount: "'5x'")), ("no amount", hold(verb, amount: "NULL")),
                ("2^53", hold(verb, debit: income, credit: book.cash.text, amount: "9007199254740992")),
                ("one account twice", hold(verb, debit: income)), ("an unknown account", hold(verb, debit: "acc_9")),
                ("an account of another currency", hold(verb, credit: book.dollars.text)),
                ("another currency than the accounts'", hold(verb, currency: "'USD'")),
                ("over before it begins", hold(verb, expires: "1")), ("no end", hold(verb, expires: "NULL")),
                ("an identifier taken", hold(verb, id: "'\(pending)'")),
                ("a foreign identifier", hold(verb, id: "'x'")), ("no description", hold(verb, description: "''")),
                ("another organisation's accounts", hold(verb, org: "org_nobody")),
            ].map { Attack(name: "\(verb) a hold: \($0.0)", statements: $0.1) }
        }
    }

    private var ends: [Attack] {
        ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"].flatMap { verb in
            [
                ("of nothing", end(verb, hold: "hold_9")), ("twice", end(verb, hold: posted.text)),
                ("posted without an entry", end(verb, outcome: "posted")),
                ("posted by another entry", end(verb, outcome: "posted", entry: "1", amount: "25")),
                ("posted by its neighbour's entry", end(verb, outcome: "posted", entry: "2", amount: "10")),
                ("posted by an entry to come", end(verb, outcome: "posted", entry: "3", amount: "25")),
                ("expired too early", end(verb, outcome: "expired", at: "1")),
                ("voided with an amount", end(verb, amount: "5")), ("of another sort", end(verb, outcome: "gone")),
                ("voided by an entry", end(verb, entry: "2")), ("at no time", end(verb, at: "NULL")),
            ].map { Attack(name: "\(verb) an end: \($0.0)", statements: $0.1) }
        }
    }

    private var lines: [Attack] {
        ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"].flatMap { verb in
            [
                ("again", "'\(credit)', 5, '\(pending)', 0, 60, 0"),
                ("released", "'\(credit)', 5, '\(pending)', 1, 10, 0"),
                ("over the first", "'\(credit)', 1, '\(pending)', 0, 0, 0"),
                ("of nothing", "'\(credit)', 5, 'hold_9', 0, 40, 0"),
                ("on another account", "'\(book.cash)', 1, '\(pending)', 0, 25, 0"),
                ("released twice", "'\(credit)', 5, '\(posted)', 1, 25, 0"),
            ].map {
                Attack(
                    name: "\(verb) a line: \($0.0)",
                    statements: "\(verb) INTO ledger_hold_lines VALUES ('\(org)', \($0.1));")
            }
        }
    }

    /// Entry 3, which pretends to post a hold, or takes what is held.
    private var entries: [Attack] {
        let attacks = Attacks(book: book)
        let two = { (amount: Int, other: String) in "{\"\(credit)\":\(amount),\"\(other)\":-\(amount)}" }
        let posting = {
            (verb: String, hold: String, kind: String, lines: String) in
            attacks.entry(
                verb, seq: "3", id: "'je_3'", kind: "'\(kind)'", type: "'ledger_hold'", source: "'\(hold)'",
                postings: lines)
        }
        return ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"].flatMap { verb in
            [
                ("more than was held", posting(verb, pending.text, "hold_posted", two(26, income))),
                ("the other way round", posting(verb, pending.text, "hold_posted", two(-5, income))),
                ("to another account", posting(verb, pending.text, "hold_posted", two(25, book.cash.text))),
                (
                    "with a third account",
                    posting(
                        verb, pending.text, "hold_posted",
                        "{\"\(credit)\":25,\"\(income)\":-20,\"\(book.cash)\":-5}")
                ),
                ("under another word", posting(verb, pending.text, "manual", two(25, income))),
                ("of no hold", posting(verb, "hold_9", "hold_posted", two(5, income))),
                ("a second time", posting(verb, posted.text, "hold_posted", two(5, income))),
                ("after its time", posting(verb, short.text, "hold_posted", two(10, income))),
                (
                    "what is held",
                    attacks.entry(verb, seq: "3", id: "'je_3'", postings: two(16, income))
                ),
            ].map { Attack(name: "\(verb) an entry that posts \($0.0)", statements: $0.1) }
        }
    }

    private var changes: [Attack] {
        var attacks: [Attack] = []
        let updates = [
            "ledger_holds": ["amount = 1", "expires_at = expires_at + 1", "id = 'hold_x'", "debit_account_id = 'x'"],
            "ledger_hold_ends": ["outcome = 'voided'", "amount = 1", "entry_seq = 1", "hold_id = 'hold_x'"],
            "ledger_hold_lines": ["debits_after = 0", "seq = seq + 9", "hold_id = 'x'", "is_release = 1"],
        ]
        for (table, settings) in updates {
            attacks.append(Attack(name: "delete \(table)", statements: "DELETE FROM \(table);"))
            for verb in ["UPDATE", "UPDATE OR IGNORE", "UPDATE OR REPLACE"] {
                attacks += settings.map {
                    Attack(name: "\(verb) \(table) \($0)", statements: "\(verb) \(table) SET \($0);")
                }
            }
            attacks.append(
                Attack(
                    name: "a row's number taken in \(table)",
                    statements: "INSERT OR REPLACE INTO \(table) (rowid, organization_id) VALUES (1, '\(org)');"))
        }
        attacks.append(
            Attack(
                name: "close an account with something held",
                statements: "UPDATE ledger_accounts SET closed_at = 1 WHERE id = '\(credit)';"))
        return attacks
    }
}
