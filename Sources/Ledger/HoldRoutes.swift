// Holds over HTTP.
import Core
import Storage
import Web

struct HoldRequest: RequestBody {
    let description: String
    let currency: Currency
    let amount: Int64
    let debitAccount: String
    let creditAccount: String
    let expiresAt: Timestamp?

    static let rules: [String: Rule] = [
        "description": .length(1...500),
        "amount": .all([.range(1...Money.limit), .note("Minor units.")]),
        "debit_account": .all([.length(1...40), .note("An account's identifier, or its code in this currency.")]),
        "credit_account": .all([.length(1...40), .note("An account's identifier, or its code in this currency.")]),
        "expires_at": .note("From then on it can't be posted; in 7 days unless given, in 366 at the latest."),
    ]

    enum CodingKeys: String, CodingKey {
        case description, currency, amount
        case debitAccount = "debit_account"
        case creditAccount = "credit_account"
        case expiresAt = "expires_at"
    }

    func hold(in tx: any Transaction) throws -> NewHold {
        var codes = AccountCodes()
        let find = { (text: String, pointer: String) throws -> LedgerAccountID in
            guard let id = try codes.account(text, currency, in: tx) else {
                throw LedgerProblem.unknownAccountNamed(pointer)
            }
            return id
        }
        return NewHold(
            description, debit: try find(debitAccount, "/debit_account"),
            credit: try find(creditAccount, "/credit_account"), amount: Money(stored: amount, currency),
            expiresAt: expiresAt ?? tx.now.adding(Ledger.holdLife))
    }
}

struct PostHoldRequest: RequestBody {
    let amount: Int64?

    static let rules: [String: Rule] = [
        "amount": .all([.range(1...Money.limit), .note("Minor units; the rest is released. All of it unless given.")])
    ]
}

extension Ledger {
    func addHolds(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/ledger/holds", "listLedgerHolds", "List holds, newest first", tag: "ledger",
            allow: .member(.ledgerRead), query: QueryParameter.paging, returns: Page<Hold>.self
        ) { call, tx in
            call.page.page(
                try HoldsStore.holds(before: call.page.after, limit: call.page.limit + 1, in: tx),
                key: { $0.id.text })
        }
        routes.post(
            "/v1/orgs/{org}/ledger/holds", "createLedgerHold", "Hold an amount on two accounts", tag: "ledger",
            allow: .member(.ledgerPost), body: HoldRequest.self, returns: Hold.self, status: 201,
            requiresIdempotencyKey: true,
            problems: [
                "ledger_unknown_account", "ledger_currency_differs", "ledger_account_closed",
                "ledger_exceeds_available", "ledger_out_of_range",
            ]
        ) { call, tx in try Self.hold(try call.body.hold(in: tx), in: tx) }
        routes.get(
            "/v1/orgs/{org}/ledger/holds/{hold}", "getLedgerHold", "Read a hold", tag: "ledger",
            allow: .member(.ledgerRead), returns: Hold.self
        ) { call, tx in try Self.hold(try call.id("hold"), in: tx) }
        routes.post(
            "/v1/orgs/{org}/ledger/holds/{hold}/post", "postLedgerHold", "Post a hold, in full or in part",
            tag: "ledger", allow: .member(.ledgerPost), body: PostHoldRequest.self, returns: Hold.self,
            requiresIdempotencyKey: true,
            problems: [
                "ledger_hold_ended", "ledger_hold_expired", "ledger_exceeds_hold", "ledger_period_closed",
                "ledger_out_of_range",
            ]
        ) { call, tx in try Self.post(try call.id("hold"), amount: call.body.amount, in: tx) }
        routes.post(
            "/v1/orgs/{org}/ledger/holds/{hold}/void", "voidLedgerHold", "Give a hold up", tag: "ledger",
            allow: .member(.ledgerPost), body: NoBody.self, returns: Hold.self, requiresIdempotencyKey: true,
            problems: ["ledger_hold_ended"]
        ) { call, tx in try Self.void(try call.id("hold"), in: tx) }
    }
}
