// The ledger over HTTP.
package import Core
package import Storage
import Web

extension Ledger {
    func addAccounts(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/ledger/accounts", "listLedgerAccounts", "List accounts with their balances, by code",
            tag: "ledger", allow: .member(.ledgerRead),
            query: QueryParameter.paging + [QueryParameter("currency", "Only accounts in this currency.")],
            returns: Page<LedgerAccount>.self
        ) { call, tx in
            let rows = try LedgerStore.accounts(
                after: call.page.after.map(Self.accountKey), currency: call.query("currency"),
                limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { "\($0.id) \($0.code)" })
        }
        routes.post(
            "/v1/orgs/{org}/ledger/accounts", "openLedgerAccount", "Open an account", tag: "ledger",
            allow: .member(.ledgerManage), body: OpenAccountRequest.self, returns: LedgerAccount.self, status: 201,
            problems: ["ledger_code_taken"]
        ) { call, tx in try Self.open(call.body.account, in: tx) }
        routes.get(
            "/v1/orgs/{org}/ledger/accounts/{account}", "getLedgerAccount", "Read an account with its balance",
            tag: "ledger", allow: .member(.ledgerRead),
            query: [
                QueryParameter("at", "The balance at this instant; now unless given.", Timestamp.schema),
                Self.basisParameter(default: .booked),
            ], returns: LedgerAccount.self
        ) { call, tx in
            let id: LedgerAccountID = try call.id("account")
            let basis = try Self.basis(call.query("basis"), default: .booked)
            guard let instant = try Self.instant("at", call.query("at")) else { return try Self.account(id, in: tx) }
            return try Self.account(id, at: instant, by: basis, in: tx)
        }
        routes.patch(
            "/v1/orgs/{org}/ledger/accounts/{account}", "updateLedgerAccount", "Rename, close or reopen an account",
            tag: "ledger", allow: .member(.ledgerManage), body: ChangeAccountRequest.self, returns: LedgerAccount.self,
            problems: ["ledger_account_not_empty", "ledger_account_held"]
        ) { call, tx in
            let account = try Self.account(try call.id("account"), in: tx)
            try call.requireMatch(account)
            return try Self.change(account, name: call.body.name, isClosed: call.body.closed, in: tx)
        }
        routes.get(
            "/v1/orgs/{org}/ledger/accounts/{account}/statement", "listLedgerStatement",
            "List what was posted to an account, newest first", tag: "ledger", allow: .member(.ledgerRead),
            query: QueryParameter.paging + [
                QueryParameter("from", "Only what was booked at or after this instant.", Timestamp.schema),
                QueryParameter("to", "Only what was booked before this instant.", Timestamp.schema),
            ], returns: Page<StatementLine>.self
        ) { call, tx in
            let account = try Self.account(try call.id("account"), in: tx)
            let rows = try LedgerStore.statement(
                of: account.id, within: try Self.stretch(call, in: tx), limit: call.page.limit + 1, in: tx)
            return call.page.page(rows.map { StatementLine($0, of: account) }, key: { String($0.sequence) })
        }
    }

    private static let posting = [
        "ledger_unbalanced", "ledger_account_repeated", "ledger_unknown_account", "ledger_currency_differs",
        "ledger_account_closed", "ledger_period_closed", "ledger_wrong_side", "ledger_out_of_range",
    ]

    func addEntries(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/ledger/journal-entries", "listJournalEntries", "List journal entries, newest first",
            tag: "ledger", allow: .member(.ledgerRead), query: QueryParameter.paging, returns: Page<JournalEntry>.self
        ) { call, tx in
            let rows = try LedgerStore.entries(
                before: call.page.after.flatMap { Int64($0) }, limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { String($0.sequence) })
        }
        routes.post(
            "/v1/orgs/{org}/ledger/journal-entries", "postJournalEntry", "Post a journal entry", tag: "ledger",
            allow: .member(.ledgerPost), body: PostEntryRequest.self, returns: JournalEntry.self, status: 201,
            requiresIdempotencyKey: false, problems: Self.posting + ["ledger_already_booked"]
        ) { call, tx in try Self.post(try call.body.entry(in: tx), in: tx) }
        routes.post(
            "/v1/orgs/{org}/ledger/journal-entries/batch", "postJournalEntries",
            "Post several journal entries, all or none", tag: "ledger", allow: .member(.ledgerPost),
            body: PostEntriesRequest.self, returns: PostedEntries.self, status: 201,
            problems: Self.posting + ["ledger_already_booked"]
        ) { call, tx in
            PostedEntries(data: try Self.post(try call.body.drafts(in: tx), in: tx))
        }
        routes.get(
            "/v1/orgs/{org}/ledger/journal-entries/{entry}", "getJournalEntry", "Read a journal entry", tag: "ledger",
            allow: .member(.ledgerRead), returns: JournalEntry.self
        ) { call, tx in try Self.entry(try call.id("entry"), in: tx) }
        routes.post(
            "/v1/orgs/{org}/ledger/journal-entries/{entry}/reversal", "reverseJournalEntry",
            "Post the mirror of a journal entry", tag: "ledger", allow: .member(.ledgerPost),
            body: ReverseEntryRequest.self, returns: JournalEntry.self, status: 201,
            problems: ["ledger_already_reversed", "ledger_account_closed", "ledger_period_closed", "ledger_wrong_side"]
        ) { call, tx in
            try Self.reverse(
                try call.id("entry"), description: call.body.description, effectiveAt: call.body.effectiveAt, in: tx)
        }
    }

    /// An entry. Throws 404.
    package static func entry(_ id: JournalEntryID, in tx: any Transaction) throws -> JournalEntry {
        guard let entry = try LedgerStore.entry(id, in: tx) else { throw Problem.notFound("journal entry") }
        return entry
    }

    // A POST, because it may read the whole book and so opens its own long read.
    func addVerification(to routes: inout Routes) {
        routes.act(
            "/v1/orgs/{org}/ledger/verification", "verifyLedger", "Verify the whole book", tag: "ledger",
            allow: .member(.ledgerRead), body: NoBody.self, returns: LedgerReport.self, cost: 50
        ) { call in try await verify(organization: try call.organization()) }
    }

    /// Verifies one organisation's book on a read of its own.
    package func verify(organization: OrganizationID) async throws -> LedgerReport {
        try await database.readAtLength(in: .organization(organization)) { tx in try Self.verify(in: tx) }
    }

    /// `acc_… code` as pages of accounts are continued after.
    static func accountKey(_ key: String) -> (code: String, id: String) {
        let parts = key.split(separator: " ", maxSplits: 1)
        return (parts.count > 1 ? String(parts[1]) : "", parts.first.map(String.init) ?? "")
    }

    /// The places in the book that a statement is asked for: between two times of booking, below the cursor.
    private static func stretch(_ call: Call<NoBody>, in tx: any Transaction) throws -> Range<Int64> {
        let from = try instant("from", call.query("from")).map { try lastSequence(bookedBefore: $0, in: tx) + 1 } ?? 1
        let to = try instant("to", call.query("to")).map { try lastSequence(bookedBefore: $0, in: tx) + 1 } ?? .max
        return from..<max(from, min(to, call.page.after.flatMap { Int64($0) } ?? .max))
    }
}
