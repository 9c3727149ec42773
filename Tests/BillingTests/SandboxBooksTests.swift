// The simulator's books and ours, after everything that can go wrong has gone wrong: they have to be equal.
import AsyncHTTPClient
import Core
import Storage
import TestSupport
import Testing
import Web

@testable import Billing

/// Billing on a real file, paid through the simulator in the same file; webhooks are carried by hand.
private struct Market {
    static let account = "rzp_test_market"
    static let credentials = RazorpayCredentials(keyID: account, keySecret: "key", webhookSecrets: ["hook"])

    let shop: Shop
    let sandbox: Sandbox
    let billing: Billing

    init() async throws {
        shop = try await Shop()
        let database = shop.file.database
        sandbox = Sandbox(
            database: database, client: .shared, credentials: Self.credentials, ownURL: { "http://127.0.0.1:1" })
        billing = Billing(
            database: database, providers: PaymentProviders(Self.provider(database, sandbox)),
            settings: .init(seller: Party(name: "Kestrel", state: "29"), publicURL: "https://app.example.com"))
    }

    /// The adapter's own reading of the simulator's own answers, without the wire between them.
    private static func provider(_ database: any Database, _ sandbox: Sandbox) -> PaymentProvider {
        @Sendable func ask<Value: Sendable>(
            _ body: @escaping @Sendable (any Transaction) throws -> Value
        ) async throws -> Value {
            do {
                return try await database.write(in: .instance, by: .system("simulator"), body)
            } catch let error as SandboxError { _ = try Razorpay.judge(400, Self.json(error)) }
            throw ProviderError.unknown("not reached")
        }
        let provider = PaymentProvider(
            account: account,
            createOrder: { receipt, amount, _ in
                try await ask { tx in
                    let order = SandboxOrder(
                        id: RemoteID.make("order_"), receipt: receipt, status: .created, capture: .automatic,
                        amount: amount, paid: 0, attempts: 0, notes: .object([]), createdAt: tx.now)
                    try SandboxStore.insert(order, in: tx)
                    return RemoteOrder(id: order.id, receipt: receipt, amount: amount)
                }
            },
            findOrder: { receipt in
                try await ask { tx in
                    try SandboxStore.orders(receipt: receipt, count: 1, skip: 0, in: tx).first
                        .flatMap { RazorpayWire.order($0.json) }
                }
            },
            payments: { id in
                try await ask { try SandboxStore.payments(of: id, in: $0).compactMap { RazorpayWire.payment($0.json) } }
            },
            payment: { id in
                try await ask { try SandboxStore.payment(id, in: $0).flatMap { RazorpayWire.payment($0.json) } }
            },
            capture: { _, _ in throw ProviderError.refused(code: "", words: "captured by itself") },
            refund: { id, amount, key in
                try await ask { tx in
                    if let made = try SandboxStore.refund(key: key, in: tx) { return try fact(made) }
                    guard let payment = try SandboxStore.payment(id, in: tx) else { throw SandboxError.unknownID }
                    return try fact(
                        try sandbox.giveBack(payment, amount.amount, receipt: key, key: key, in: tx))
                }
            },
            refundStatus: { id in
                try await ask { try SandboxStore.refund(id, in: $0).flatMap { RazorpayWire.refund($0.json) } }
            },
            isCheckoutSignature: { _, _, _ in true },
            isWebhookSignature: { signature, body, _ in
                RazorpaySignature.isValid(signature, of: body, secret: "hook")
            },
            event: { try RazorpayWire.event($0) }, checkout: Sandbox.checkout)
        return reporting(database, provider)
    }

    /// The same provider with its report.
    private static func reporting(_ database: any Database, _ bare: PaymentProvider) -> PaymentProvider {
        var provider = bare
        provider.dispute = { id in
            try database.read(in: .instance) { tx in
                try SandboxStore.dispute(id, in: tx).flatMap { RazorpayWire.dispute($0.json) }.map { [.dispute($0)] }
                    ?? []
            }
        }
        provider.report = { from, until in
            try database.read(in: .instance) { tx in
                let lines = try SandboxStore.lines(
                    from: from, until: until.adding(.days(1)), count: 10_000, skip: 0, in: tx)
                let disputes = try SandboxStore.disputes(count: 1000, skip: 0, in: tx)
                let settlements = try SandboxStore.settlements(count: 1000, skip: 0, in: tx)
                return lines.compactMap { RazorpayWire.line($0.json) }.map { .line($0) }
                    + disputes.compactMap { RazorpayWire.dispute($0.json) }.map { .dispute($0) }
                    + settlements.compactMap { RazorpayWire.settlement($0.json) }.map { .settlement($0) }
            }
        }
        return provider
    }

    private static func fact(_ refund: SandboxRefund) throws -> RefundFact {
        guard let fact = RazorpayWire.refund(refund.json) else { throw Shop.Missing() }
        return fact
    }

    private static func json(_ error: SandboxError) -> JSONValue {
        .object([
            "error": .object(["code": .string("BAD_REQUEST_ERROR"), "description": .string(error.words)])
        ])
    }

    func play(_ event: SandboxPlay.Event, _ id: String) async throws {
        let sandbox = sandbox
        _ = try? await shop.writeInstance { try sandbox.play(event, id, in: $0) }
    }

    /// Brings every webhook that was sent and not lost, in the order that chance gives, as often as it was sent.
    func carry(_ random: inout Seeded) async throws {
        let (billing, sandbox) = (billing, sandbox)
        var waiting = try shop.readInstance { tx in
            try tx.rows("SELECT id, payload FROM jobs WHERE kind = 'sandbox.webhook' AND state = 'ready'") {
                (try $0.text(0), try $0.text(1))
            }
        }
        waiting.shuffle(using: &random)
        for (job, payload) in waiting {
            try await shop.writeInstance { tx in
                try tx.run("DELETE FROM jobs WHERE id = \(job)")
                let event = try JSONParser.parse(Array(payload.utf8))["event_id"]?.stringValue ?? ""
                let body = try SandboxStore.eventBody(event, in: tx) ?? ""
                try billing.receive(
                    Array(body.utf8), signature: sandbox.signature(of: body), eventID: event, in: tx)
                try billing.process(event, from: Self.account, in: tx)
            }
        }
    }

    /// What the provider's own account with us holds, and what it sent to the bank.
    func provided() throws -> (open: Int64, settled: Int64) {
        try shop.readInstance { tx in
            let settled = try SandboxStore.settlements(count: 1000, skip: 0, in: tx)
            return (
                try SandboxStore.openTotals(.inr, in: tx).net, settled.reduce(0) { $0 + $1.amount.amount }
            )
        }
    }
}

@Suite struct SandboxBooksTests {
    private func chaos(_ random: inout Seeded) -> Chaos {
        var chaos = Chaos()
        chaos.duplicate = Int64.random(in: 0...60, using: &random)
        chaos.drop = Int64.random(in: 0...100, using: &random)
        chaos.hidesFees = Bool.random(using: &random)
        chaos.holdsDisputes = Bool.random(using: &random)
        return chaos
    }

    @Test(arguments: 0..<6)
    func `property e: the simulator's books equal ours when all is quiet, whatever went wrong`(
        seed: UInt64
    ) async throws {
        var random = Seeded(state: seed)
        let market = try await Market()
        let (shop, billing, sandbox) = (market.shop, market.billing, market.sandbox)
        let behaviour = chaos(&random)
        try await shop.writeInstance { try SandboxStore.setChaos(behaviour, in: $0) }
        let choice = PlanChoice(plan: "pro", currency: .inr, interval: .month, wantsTrial: false)
        guard let invoice = try await shop.write({ try billing.take(choice, in: $0) }) else { throw Shop.Missing() }
        let order = try await billing.order(for: invoice.id, of: shop.organization, by: Shop.owner)
        let payment = RemoteID.make("pay_")
        try await shop.writeInstance { tx in
            guard let remote = try SandboxStore.order(order.remoteID ?? "", in: tx) else { throw Shop.Missing() }
            try sandbox.decline(remote, in: tx)
            try sandbox.accept(payment, remote, .success, in: tx)
        }
        try await market.carry(&random)
        shop.clock.advance(by: .minutes(16))
        try await billing.checkAll(by: Shop.owner)
        try await refunds(market, &random)
        if Bool.random(using: &random) {
            try await market.play(.dispute, payment)
            let dispute = try shop.readInstance { try SandboxStore.disputes(count: 1, skip: 0, in: $0).first?.id ?? "" }
            try await market.carry(&random)
            try await market.play(Bool.random(using: &random) ? .disputeWon : .disputeLost, dispute)
        }
        try await market.play(.settle, "")
        try await market.carry(&random)
        for _ in 0..<2 {
            shop.clock.advance(by: .minutes(16))
            try await billing.checkAll(by: Shop.owner)
            try await billing.reconcileAll(by: Shop.owner)
            try await market.carry(&random)
        }
        let provided = try market.provided()
        let balances = try shop.balances()
        #expect(balances["1010"] ?? 0 == provided.open, "seed \(seed)")
        #expect(balances["1000"] ?? 0 == provided.settled, "seed \(seed)")
        #expect(balances["1030"] == nil && balances["1100"] == nil, "seed \(seed)")
        #expect(balances.values.reduce(0, +) == 0)
        #expect(try shop.invoice(invoice.id).state == .paid)
    }

    /// Some of ours, some that somebody makes at the provider; some fail.
    private func refunds(_ market: Market, _ random: inout Seeded) async throws {
        let (shop, billing) = (market.shop, market.billing)
        guard let payment = try shop.payments().first(where: { $0.state == .captured }) else { throw Shop.Missing() }
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            var behaviour = try shop.readInstance { try SandboxStore.chaos(in: $0) }
            behaviour.failsRefunds = Int.random(in: 0..<3, using: &random) == 0
            let next = behaviour
            try await shop.writeInstance { try SandboxStore.setChaos(next, in: $0) }
            let wish = RefundWish(
                payment: payment.id, amount: Int64.random(in: 100...50_000, using: &random), reason: "",
                isOperator: true)
            _ = try await billing.refund(wish, of: shop.organization, by: Shop.owner)
            try await market.carry(&random)
        }
        if Bool.random(using: &random) { try await market.play(.refund, payment.remoteID) }
    }
}
