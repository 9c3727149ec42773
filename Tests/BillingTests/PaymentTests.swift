// Orders and payments: made once, booked once, whatever gets lost on the way.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct PaymentTests {
    private let id = "pay_AAAAAAAAAAAAAA"

    @Test func `a capture is booked once however often it is told`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        let fact = Fact.payment(shop.payment(id, order, .captured, fee: 6959))
        for _ in 0..<3 { try await shop.apply(fact, fact) }
        #expect(try shop.entries("capture") == 1)
        #expect(try shop.entries("fee") == 1)
        let balances = try shop.balances()
        #expect(balances["1010"] == 287_923)
        #expect(balances["1100"] == nil)
    }

    @Test func `case 3: callback, webhook and poller at the same instant book one capture`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (_, order) = try await shop.takePro()
        let fact = shop.payment(id, order, .captured)
        shop.scripted.put(fact)
        let proof = Self.proof(order, id)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { _ = try await billing.confirm(proof, of: shop.organization, by: Shop.owner) }
                group.addTask { try await shop.apply(.payment(fact)) }
                group.addTask { try await billing.check(order, by: Shop.owner) }
            }
            try await group.waitForAll()
        }
        #expect(try shop.entries("capture") == 1)
        #expect(try shop.payments().count == 1)
        #expect(try shop.subscription().state == .active)
    }

    @Test func `case 4: older news does not undo newer news`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        for state in [PaymentState.captured, .authorized, .failed, .created] {
            try await shop.apply(.payment(shop.payment(id, order, state)))
        }
        #expect(try shop.payments().map(\.state) == [.captured])
    }

    @Test(arguments: [true, false])
    func `case 5: a late authorisation after a second attempt has paid pays nothing twice`(isLate: Bool) async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        let second = "pay_BBBBBBBBBBBBBB"
        try await shop.apply(.payment(shop.payment(id, order, .failed)))
        try await shop.apply(.payment(shop.payment(second, order, .captured)))
        let ends: [PaymentState] = isLate ? [.authorized, .captured] : [.authorized, .autoRefunded]
        for state in ends { try await shop.apply(.payment(shop.payment(id, order, state))) }
        #expect(try shop.invoice(invoice.id).state == .paid)
        #expect(try shop.balances()["2300"] == (isLate ? -order.amount.amount : nil))
        #expect(try shop.payments().filter(\.isApplied).map(\.remoteID) == [second])
        #expect(try shop.alerts("invoice.paid") == 1)
    }

    @Test func `a payment that failed may still be authorised late and captured`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        for state in [PaymentState.failed, .authorized, .captured] {
            try await shop.apply(.payment(shop.payment(id, order, state)))
        }
        #expect(try shop.payments().map(\.state) == [.captured])
        #expect(try shop.invoice(invoice.id).state == .paid)
    }

    @Test func `case 7: a second payment of a paid invoice waits in suspense`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        try await shop.apply(.payment(shop.payment(id, order, .captured)))
        try await shop.apply(.payment(shop.payment("pay_BBBBBBBBBBBBBB", order, .captured)))
        #expect(try shop.balances()["2300"] == -order.amount.amount)
        #expect(try shop.payments().filter(\.isApplied).count == 1)
        #expect(try shop.alerts("payment.unapplied") == 1)
    }

    @Test func `case 14: a payment of another amount than the order's pays nothing`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        try await shop.apply(.payment(shop.payment(id, order, .captured, amount: 100)))
        #expect(try shop.invoice(invoice.id).state == .open)
        #expect(try shop.balances()["2300"] == -100)
        #expect(try shop.subscription().plan == "free")
        #expect(try shop.alerts("payment.unapplied") == 1)
    }

    @Test func `money for a void invoice waits in suspense`() async throws {
        let shop = try await Shop()
        let billing = shop.billing
        let (invoice, order) = try await shop.takePro()
        try await shop.write { try billing.void(invoice.id, in: $0) }
        try await shop.apply(.payment(shop.payment(id, order, .captured)))
        #expect(try shop.balances() == ["1010": order.amount.amount, "2300": -order.amount.amount])
    }

    @Test func `orders of somebody else are left alone`() async throws {
        let shop = try await Shop()
        let fact = PaymentFact(
            id: id, orderID: "order_ZZZZZZZZZZZZZZ", amount: Money(stored: 100, .inr), state: .captured, method: "upi")
        #expect(try await shop.apply(.payment(fact)) == [.ignored("an order that was not made here")])
        #expect(try shop.balances().isEmpty)
    }

    @Test func `an order whose answer was lost is found by its receipt and not made again`() async throws {
        let shop = try await Shop()
        shop.scripted.script { $0.losesAnswers = true }
        let (_, order) = try await shop.takePro()
        #expect(order.remoteID != nil)
        #expect(shop.scripted.creations == 1)
    }

    @Test func `people who press pay at once get one order`() async throws {
        let shop = try await Shop()
        let (invoice, _) = try await shop.takePro()
        let billing = shop.billing
        let ids = try await withThrowingTaskGroup(of: String?.self) { group in
            for _ in 0..<10 {
                group.addTask {
                    try await billing.order(for: invoice.id, of: shop.organization, by: Shop.owner).remoteID
                }
            }
            return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(ids.count == 1)
    }

    @Test func `a provider that refuses leaves the invoice open and the next try free`() async throws {
        let shop = try await Shop()
        shop.scripted.script { $0.refusal = "no" }
        await #expect(throws: BillingProblem.providerRefused("no")) { try await shop.takePro() }
        shop.scripted.script { $0.refusal = nil }
        let (invoice, order) = try await shop.takePro()
        #expect(order.remoteID != nil)
        #expect(try shop.invoice(invoice.id).number == "INV/2627/000001")
    }

    @Test func `a callback is believed by its signature over our own order, and by the provider's word`() async throws {
        let shop = try await Shop()
        let (_, order) = try await shop.takePro()
        let billing = shop.billing
        let good = Self.proof(order, id)
        let forged = CheckoutProof(orderID: good.orderID, paymentID: id, signature: String(repeating: "0", count: 64))
        let foreign = Self.proof(order, id, orderID: "order_ZZZZZZZZZZZZZZ")
        for bad in [forged, foreign] {
            await #expect(throws: BillingProblem.signature) {
                try await billing.confirm(bad, of: shop.organization, by: Shop.owner)
            }
        }
        await #expect(throws: BillingProblem.paymentNotFound) {
            try await billing.confirm(good, of: shop.organization, by: Shop.owner)
        }
        let other = OrganizationID(at: Shop.start)
        await #expect(throws: BillingProblem.signature) {
            try await billing.confirm(good, of: other, by: Shop.owner)
        }
        #expect(try shop.payments().isEmpty)
    }

    @Test func `the poller finds a payment that nobody told of`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        shop.scripted.put(shop.payment(id, order, .captured))
        try await shop.billing.checkAll(by: Shop.owner)
        #expect(try shop.invoice(invoice.id).state == .open)
        shop.clock.advance(by: .minutes(16))
        try await shop.billing.checkAll(by: Shop.owner)
        #expect(try shop.invoice(invoice.id).state == .paid)
    }

    static func proof(_ order: PaymentOrder, _ payment: String, orderID: String? = nil) -> CheckoutProof {
        let orderID = orderID ?? order.remoteID ?? ""
        return CheckoutProof(
            orderID: orderID, paymentID: payment,
            signature: RazorpaySignature.sign(
                RazorpaySignature.checkout(orderID: orderID, paymentID: payment), secret: ScriptedProvider.keySecret))
    }
}
