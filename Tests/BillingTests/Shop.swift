// An organisation that buys, the instance that sells, and a look into the seller's book.
import App
import Core
import Storage
import StorageSQLite
import TestSupport

@testable import Billing

/// One organisation on a file of its own, with a provider that tests script and a clock that tests move.
struct Shop {
    static let start = Timestamp(milliseconds: 1_795_411_898_000)  // 23 November 2026
    static let owner = Actor(.user, id: "user_test", display: "Asha")

    let file: TestDatabase
    let clock: MovableClock
    let scripted: ScriptedProvider
    let billing: Billing
    let organization = OrganizationID(at: Shop.start)

    init(sellerState: String = "29") async throws {
        let fixed = Core.Clock { Shop.start }
        clock = MovableClock(base: fixed)
        file = try TestDatabase(visibility: Application.visibility, clock: clock.clock)
        scripted = ScriptedProvider()
        billing = Billing(
            database: file.database, providers: PaymentProviders(scripted.provider),
            settings: .init(
                seller: Party(name: "Kestrel Software", state: sellerState), publicURL: "https://app.example.com"))
        let id = organization
        _ = try await file.database.write(in: .instance, by: .system("test")) { tx in
            try tx.run(
                """
                INSERT INTO organizations (id, name, slug, created_at, updated_at)
                VALUES (\(id), 'Larkspur', 'larkspur', \(tx.now), \(tx.now))
                """)
        }
    }

    func write<Value: Sendable>(_ body: @escaping @Sendable (any Transaction) throws -> Value) async throws -> Value {
        try await file.database.write(in: .organization(organization), by: Self.owner, body)
    }

    func read<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
        try file.database.read(in: .organization(organization), body)
    }

    /// The same in the scope of the instance.
    func writeInstance<Value: Sendable>(
        _ body: @escaping @Sendable (any Transaction) throws -> Value
    ) async throws -> Value {
        try await file.database.write(in: .instance, by: .system("test"), body)
    }

    func readInstance<Value>(_ body: (any Transaction) throws -> Value) throws -> Value {
        try file.database.read(in: .instance, body)
    }

    /// Takes Pro, monthly, in rupees; returns the invoice and the order.
    func takePro(_ currency: Currency = .inr, trial: Bool = false) async throws -> (Invoice, PaymentOrder) {
        let choice = PlanChoice(plan: "pro", currency: currency, interval: .month, wantsTrial: trial)
        let billing = billing
        guard let invoice = try await write({ try billing.take(choice, in: $0) }) else { throw Missing() }
        return (invoice, try await billing.order(for: invoice.id, of: organization, by: Self.owner))
    }

    struct Missing: Error {}

    func subscription() throws -> Subscription { try read { try billing.subscription(in: $0) } }

    func invoice(_ id: InvoiceID) throws -> Invoice {
        guard let invoice = try read({ try InvoiceStore.find(id, in: $0) }) else { throw Missing() }
        return invoice
    }

    func payments() throws -> [Payment] { try read { try PaymentStore.page(before: nil, limit: 100, in: $0) } }

    @discardableResult
    func apply(_ facts: Fact...) async throws -> [Applied] {
        let billing = billing
        return try await file.database.write(in: .instance, by: .system("test")) { tx in
            try facts.map { try billing.apply($0, from: ScriptedProvider.account, in: tx) }
        }
    }

    /// A payment of an order as the provider reports it.
    func payment(
        _ id: String, _ order: PaymentOrder, _ state: PaymentState, amount: Int64? = nil, fee: Int64? = nil
    ) -> PaymentFact {
        PaymentFact(
            id: id, orderID: order.remoteID,
            amount: Money(stored: amount ?? order.amount.amount, order.amount.currency),
            state: state, method: "upi", fee: fee, feeTax: fee.map { $0 * 18 / 118 })
    }

    /// Takes Pro and pays it; returns the payment as stored.
    func paidPro() async throws -> (Invoice, Payment) {
        let (invoice, order) = try await takePro()
        let fact = payment("pay_AAAAAAAAAAAAAA", order, .captured)
        scripted.put(fact)
        try await apply(.payment(fact))
        guard let payment = try payments().first else { throw Missing() }
        return (invoice, payment)
    }

    /// The seller's balances by account: debits less credits, those that are not 0.
    func balances() throws -> [String: Int64] {
        try file.database.read(in: .instance) { tx in
            let rows = try tx.rows(
                """
                SELECT a.code, sum(p.amount) FROM ledger_accounts a
                JOIN ledger_postings p ON p.organization_id = a.organization_id AND p.account_id = a.id
                WHERE a.organization_id = 'instance' GROUP BY a.code
                """
            ) { (try $0.text(0), try $0.int(1)) }
            return Dictionary(rows.filter { $0.1 != 0 }, uniquingKeysWith: { $0 + $1 })
        }
    }

    /// How often something of the seller's own was told.
    func alerts(_ type: String) throws -> Int64 {
        try file.database.read(in: .instance) { tx in
            try tx.first("SELECT count(*) FROM events WHERE type = \(type)") { try $0.int(0) } ?? 0
        }
    }

    /// How many entries of a kind the seller's book has.
    func entries(_ kind: String) throws -> Int64 {
        try file.database.read(in: .instance) { tx in
            try tx.first(
                """
                SELECT count(*) FROM ledger_entries WHERE organization_id = 'instance' AND kind = \(kind)
                """
            ) { try $0.int(0) } ?? 0
        }
    }
}
