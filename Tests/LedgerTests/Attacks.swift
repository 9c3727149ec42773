// Statements that somebody with the sqlite3 shell may try on a book.
import Core
import Ledger

/// One attempt: it must change nothing.
struct Attack {
    let name: String
    let statements: String
}

/// The attempts on one book that has three entries (1 of a source, 2 the reversal of 1, 3) and is closed through 1000.
struct Attacks {
    let book: Book
    private var org: String { book.organization.text }
    private var cash: String { book.cash.text }
    private var income: String { book.income.text }

    var all: [Attack] {
        unbalanced + malformed + misplaced + chain + repeated + changes + postings + derived + replacing
    }

    /// An INSERT of entry 4 with everything right, but for what is given.
    func entry(
        _ verb: String = "INSERT", seq: String = "4", id: String = "'je_4'", kind: String = "'test'",
        type: String = "NULL", source: String = "NULL", reverses: String = "NULL", currency: String = "'INR'",
        effective: String = "5000", postings: String? = nil, description: String = "'by hand'",
        previous: String? = nil, hash: String = "x'\(String(repeating: "22", count: 32))'"
    ) -> String {
        let head = "(SELECT hash FROM ledger_entries WHERE organization_id = '\(org)' ORDER BY seq DESC LIMIT 1)"
        let lines = postings ?? "{\"\(cash)\":100,\"\(income)\":-100}"
        return """
            \(verb) INTO ledger_entries (organization_id, seq, id, kind, source_type, source_id, reverses_id, \
            group_id, currency, effective_at, booked_at, postings, description, previous_hash, hash) \
            VALUES ('\(org)', \(seq), \(id), \(kind), \(type), \(source), \(reverses), NULL, \(currency), \
            \(effective), 4102444800000, '\(lines)', \(description), \(previous ?? head), \(hash));
            """
    }

    private func two(_ first: String, _ second: String) -> String { "{\"\(cash)\":\(first),\"\(income)\":\(second)}" }

    private var unbalanced: [Attack] {
        let texts = [
            "unbalanced": two("100", "-99"), "one posting": "{\"\(cash)\":100}", "none": "{}", "a list": "[100,-100]",
            "a number": "5", "no JSON": "x", "empty": "", "zero": two("0", "0"), "fractions": two("5.5", "-5.5"),
            "whole fractions": two("5.0", "-5.0"), "an exponent": two("1e2", "-1e2"), "texts": two("\"5\"", "\"-5\""),
            "nulls": two("null", "null"), "nested": two("{\"x\":1}", "-1"),
            "an account twice": "{\"\(cash)\":100,\"\(cash)\":-100}",
            "an account twice of three": "{\"\(cash)\":100,\"\(income)\":-200,\"\(cash)\":100}",
            "2^53": two("9007199254740992", "-9007199254740992"),
            "2^64": two("18446744073709551616", "-18446744073709551616"),
            "the ends of 64 bits": "{\"\(cash)\":-9223372036854775808,\"\(income)\":9223372036854775807,\"x\":1}",
        ]
        return texts.map { Attack(name: "postings: \($0.key)", statements: entry(postings: $0.value)) }
            + [Attack(name: "a failure swallowed", statements: "BEGIN; \(entry(postings: two("1", "-2"))) COMMIT;")]
    }

    private var malformed: [Attack] {
        [
            ("half a source", entry(type: "'invoice'")), ("an empty source", entry(type: "''", source: "''")),
            ("a line feed in the kind", entry(kind: "'a' || char(10) || 'b'")), ("no kind", entry(kind: "''")),
            ("a foreign identifier", entry(id: "'x'")), ("no description", entry(description: "NULL")),
            ("currency of nothing", entry(currency: "'RUPEE'")),
            ("a text for an amount of time", entry(effective: "'x'")),
        ].map { Attack(name: $0.0, statements: $0.1) }
    }

    /// An entry on an account of another organisation, which has the currency and takes any balance.
    func onForeign(_ account: LedgerAccountID) -> Attack {
        Attack(
            name: "another organisation's account in an entry",
            statements: entry(postings: "{\"\(account)\":100,\"\(income)\":-100}"))
    }

    private var misplaced: [Attack] {
        let dollars = "{\"\(book.dollars)\":100,\"\(income)\":-100}"
        let credit = "{\"\(book.credit)\":41,\"\(income)\":-41}"
        return [
            ("an unknown account", entry(postings: "{\"acc_9\":100,\"\(income)\":-100}")),
            ("an account of another currency", entry(postings: dollars)),
            ("another currency than the accounts'", entry(currency: "'USD'")),
            ("the wrong side of a rule", entry(postings: credit)),
            ("into the closed period", entry(effective: "1000")),
            ("no such book", entry().replacing(org, with: "org_nobody", maxReplacements: 1)),
            ("another organisation's account", "UPDATE ledger_accounts SET organization_id = 'org_x';"),
        ].map { Attack(name: $0.0, statements: $0.1) }
    }

    private var chain: [Attack] {
        [
            ("a gap", entry(seq: "5")), ("a place taken", entry(seq: "3")), ("place 0", entry(seq: "0")),
            ("a place below 0", entry(seq: "-1")), ("no place", entry(seq: "NULL")),
            ("a wrong link", entry(previous: "zeroblob(32)")), ("a link as text", entry(previous: "'x'")),
            ("a short hash", entry(hash: "x'00'")), ("no hash", entry(hash: "NULL")),
            ("a hash as text", entry(hash: "'\(String(repeating: "a", count: 32))'")),
        ].map { Attack(name: $0.0, statements: $0.1) }
    }

    private var repeated: [Attack] {
        let first = "(SELECT id FROM ledger_entries WHERE seq = 1 AND organization_id = '\(org)')"
        return [
            ("an identifier taken", entry(id: first)),
            ("a fact booked twice", entry(kind: "'manual'", type: "'invoice'", source: "'inv_1'")),
            ("a second reversal", entry(reverses: first)), ("a reversal of nothing", entry(reverses: "'je_9'")),
            ("a reversal of itself", entry(reverses: "'je_4'")),
        ].map { Attack(name: $0.0, statements: $0.1) }
    }

    private var changes: [Attack] {
        var attacks: [Attack] = []
        for table in ["ledger_entries", "ledger_postings", "ledger_accounts", "ledger_books"] {
            attacks.append(Attack(name: "delete \(table)", statements: "DELETE FROM \(table);"))
            attacks.append(
                Attack(
                    name: "delete one \(table)", statements: "DELETE FROM \(table) WHERE organization_id = '\(org)';"))
        }
        let updates = [
            "ledger_entries": [
                "postings = '{}'", "description = 'x'", "hash = zeroblob(32)", "previous_hash = zeroblob(32)",
                "seq = seq + 9",
                "effective_at = 1", "source_id = 'x'", "organization_id = 'x'", "currency = 'USD'", "id = 'je_9'",
            ],
            "ledger_postings": ["amount = 1", "debits_after = 1", "credits_after = 1", "seq = 9", "account_id = 'x'"],
            "ledger_accounts": [
                "currency = 'USD'", "rule = 'any'", "code = 'x'", "id = 'acc_x'", "type = 'equity'", "contra = 1",
            ],
            "ledger_books": ["closed_through = 0", "organization_id = 'x'", "created_at = 0"],
        ]
        for (table, settings) in updates {
            for verb in ["UPDATE", "UPDATE OR IGNORE", "UPDATE OR REPLACE"] {
                attacks += settings.map {
                    Attack(name: "\(verb) \(table) \($0)", statements: "\(verb) \(table) SET \($0);")
                }
            }
        }
        return attacks
    }

    private var postings: [Attack] {
        var attacks: [Attack] = []
        for verb in ["INSERT", "INSERT OR REPLACE", "INSERT OR IGNORE"] {
            for (name, values) in [
                ("again", "3, 100, 800, 700, 5000"), ("of nothing", "4, 100, 900, 700, 5000"),
                ("with another amount", "3, 5, 705, 700, 5000"), ("over the first", "1, 700, 700, 0, 5000"),
            ] {
                let row = "'\(org)', '\(cash)', \(values)"
                attacks.append(
                    Attack(
                        name: "\(verb) a posting \(name)", statements: "\(verb) INTO ledger_postings VALUES (\(row));"))
            }
        }
        return attacks
    }

    private var derived: [Attack] {
        let account = "'\(org)', 'acc_9', '1000', 'n', 'asset', 0, 'INR', '', 'any', NULL, 0"
        return [
            ("a second book", "INSERT OR REPLACE INTO ledger_books VALUES ('\(org)', 0, 0);"),
            (
                "a book upserted",
                "INSERT INTO ledger_books VALUES ('\(org)', 0, 0) ON CONFLICT DO UPDATE SET closed_through = 0;"
            ),
            ("an account's code replaced", "INSERT OR REPLACE INTO ledger_accounts VALUES (\(account));"),
            (
                "an account replaced",
                "INSERT OR REPLACE INTO ledger_accounts VALUES (\(account.replacing("acc_9", with: cash)));"
            ),
            (
                "an account with a path for a name",
                """
                INSERT INTO ledger_accounts \
                VALUES ('\(org)', 'acc_1.x', '1', 'n', 'asset', 0, 'INR', '', 'any', NULL, 0);
                """
            ),
            (
                "a row's number taken",
                "INSERT OR REPLACE INTO ledger_entries (rowid, organization_id) VALUES (1, '\(org)');"
            ),
        ].map { Attack(name: $0.0, statements: $0.1) }
    }

    private var replacing: [Attack] {
        let first = "(SELECT id FROM ledger_entries WHERE seq = 1 AND organization_id = '\(org)')"
        let verbs = ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT OR FAIL", "INSERT OR ROLLBACK"]
        return verbs.flatMap { verb in
            [
                Attack(name: "\(verb) unbalanced", statements: entry(verb, postings: two("100", "-99"))),
                Attack(name: "\(verb) a place taken", statements: entry(verb, seq: "3")),
                Attack(name: "\(verb) an identifier taken", statements: entry(verb, id: first)),
                Attack(
                    name: "\(verb) a fact taken",
                    statements: entry(verb, kind: "'manual'", type: "'invoice'", source: "'inv_1'")),
                Attack(name: "\(verb) a second reversal", statements: entry(verb, reverses: first)),
                Attack(
                    name: "\(verb) on nobody's account",
                    statements: entry(verb, postings: "{\"acc_9\":1,\"\(income)\":-1}")),
                Attack(
                    name: "\(verb) an account twice",
                    statements: entry(verb, postings: "{\"\(cash)\":1,\"\(cash)\":-1}")),
            ]
        }
    }
}
