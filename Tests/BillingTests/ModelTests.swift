// Random sequences of everything that moves money, against a model in plain dictionaries; every prefix is compared.
import Core
import Storage
import Testing

@testable import Billing

/// The seller's book as one would keep it on paper: no database, no code of the product.
private struct Model {
    struct Invoice {
        let id: InvoiceID
        let plan: String
        let interval: Interval
        let subtotal: Int64
        let tax: [String: Int64]
        var state = "open"
        var credited: Int64 = 0
        var total: Int64 { subtotal + tax.values.reduce(0, +) }
    }

    struct Payment {
        let invoice: InvoiceID
        let amount: Int64
        var state = "created"
        var isApplied = false
        var fee: Int64?
        var reserved: Int64 = 0
        var credited: Int64 = 0
    }

    struct Refund {
        let payment: String
        let amount: Int64
        let isOurs: Bool
        var state: String
    }

    var balances: [String: Int64] = [:]
    var invoices: [InvoiceID: Invoice] = [:]
    var payments: [String: Payment] = [:]
    var refunds: [String: Refund] = [:]
    var creditNotes = 0
    var open: InvoiceID?
    /// The invoice whose plan is in force.
    var paid: InvoiceID?

    static let prices: [String: Int64] = [
        "pro month": 249_900, "pro year": 2_499_000, "enterprise month": 999_900, "enterprise year": 9_999_000,
    ]

    mutating func book(_ postings: [String: Int64]) {
        #expect(postings.values.reduce(0, +) == 0)
        for (account, amount) in postings { balances[account, default: 0] += amount }
    }

    private static func invoiceEntry(_ it: Invoice, sign: Int64) -> [String: Int64] {
        var entry = ["1100": sign * it.total, "2000": -sign * it.subtotal]
        for (account, amount) in it.tax { entry[account] = -sign * amount }
        return entry
    }

    mutating func finalise(_ id: InvoiceID, plan: String, interval: Interval) {
        let price = Self.prices["\(plan) \(interval.rawValue)"] ?? 0
        let half = (price * 9 + 50) / 100
        let it = Invoice(id: id, plan: plan, interval: interval, subtotal: price, tax: ["2100": half, "2101": half])
        invoices[id] = it
        open = id
        book(Self.invoiceEntry(it, sign: 1))
    }

    mutating func void(_ id: InvoiceID) {
        guard let it = invoices[id], it.state == "open" else { return }
        invoices[id]?.state = "void"
        book(Self.invoiceEntry(it, sign: -1))
    }

    mutating func capture(_ id: String) {
        guard var it = payments[id], it.state != "captured" else { return }
        it.state = "captured"
        let invoice = invoices[it.invoice]
        it.isApplied = invoice?.state == "open" && invoice?.total == it.amount
        if it.isApplied {
            invoices[it.invoice]?.state = "paid"
            if open == it.invoice { (open, paid) = (nil, it.invoice) }
        }
        payments[id] = it
        book(["1010": it.amount, it.isApplied ? "1100" : "2300": -it.amount])
    }

    mutating func fee(_ id: String, _ fee: Int64, tax: Int64) {
        guard payments[id]?.state == "captured", payments[id]?.fee == nil else { return }
        payments[id]?.fee = fee
        book(["5000": fee - tax, "1200": tax, "1010": -fee])
    }

    /// The part of an amount that a share of the whole is, rounded half up.
    private static func part(_ amount: Int64, _ share: Int64, _ whole: Int64) -> Int64 {
        Int64((2 * Int128(amount) * Int128(share) + Int128(whole)) / (2 * Int128(whole)))
    }

    mutating func refund(_ id: String, of payment: String, _ amount: Int64) {
        guard var it = payments[payment] else { return }
        let credit = max(0, it.reserved + amount - it.credited)
        it.reserved += amount
        it.credited += credit
        payments[payment] = it
        refunds[id] = Refund(payment: payment, amount: amount, isOurs: true, state: "pending")
        if credit > 0 {
            it.isApplied ? creditNote(on: it.invoice, credit) : book(["2300": credit, "2210": -credit])
        }
        book(["2210": amount, "2220": -amount])
    }

    private mutating func creditNote(on id: InvoiceID, _ credit: Int64) {
        guard var it = invoices[id] else { return }
        var entry = ["2210": -credit]
        var rest = credit
        for (account, tax) in it.tax.sorted(by: { $0.key < $1.key }) {
            let upTo = { Self.part(tax, $0, it.total) }
            let share = min(upTo(it.credited + credit) - upTo(it.credited), rest)
            entry[account] = share
            rest -= share
        }
        entry["2000"] = rest
        it.credited += credit
        invoices[id] = it
        creditNotes += 1
        book(entry)
        if it.credited >= it.total, paid == id { paid = nil }
    }

    mutating func settle(_ id: String, _ state: String) {
        guard var it = refunds[id], Self.rank(state) > Self.rank(it.state) else { return }
        let was = it.state
        it.state = state
        refunds[id] = it
        let amount = it.amount
        if state == "processed" {
            book([it.isOurs ? "2220" : "2300": amount, "1010": -amount])
        } else if state == "failed" {
            payments[it.payment]?.reserved -= amount
            if it.isOurs {
                book([was == "processed" ? "1010" : "2220": amount, "2210": -amount])
            } else if was == "processed" {
                book(["1010": amount, "2300": -amount])
            }
        }
    }

    mutating func foreignRefund(_ id: String, of payment: String, _ amount: Int64) {
        payments[payment]?.reserved += amount
        refunds[id] = Refund(payment: payment, amount: amount, isOurs: false, state: "pending")
    }

    private static func rank(_ state: String) -> Int { ["pending", "processed", "failed"].firstIndex(of: state) ?? 0 }
}

/// Plays the same events in both, and compares.
private struct Play {
    let shop: Shop
    var model = Model()
    var random: Seeded
    var orders: [InvoiceID: PaymentOrder] = [:]
    var count = 0

    private mutating func remoteID(_ prefix: String) -> String {
        count += 1
        return prefix + String(String(100_000_000_000_000 + count).dropFirst())
    }

    mutating func step() async throws {
        switch Int.random(in: 0..<12, using: &random) {
        case 0...1: try await take()
        case 2...4: try await pay()
        case 5: try await tellAgain()
        case 6: try await fee()
        case 7...8: try await refund()
        case 9...10: try await refundNews()
        default: try await foreign()
        }
        try compare()
    }

    private mutating func take() async throws {
        let plan = Bool.random(using: &random) ? "pro" : "enterprise"
        let interval: Interval = Bool.random(using: &random) ? .month : .year
        guard model.paid == nil else { return }
        let billing = shop.billing
        let choice = PlanChoice(plan: plan, currency: .inr, interval: interval, wantsTrial: false)
        let invoice = try #require(try await shop.write { try billing.take(choice, in: $0) })
        let open = model.open.flatMap { model.invoices[$0] }
        if let open, open.plan == plan, open.interval == interval {
            #expect(invoice.id == open.id)
        } else {
            if let open { model.void(open.id) }
            model.finalise(invoice.id, plan: plan, interval: interval)
        }
        orders[invoice.id] = try await billing.order(for: invoice.id, of: shop.organization, by: Shop.owner)
    }

    /// Somebody pays any order there ever was: an open invoice's, a paid one's, a void one's; or not quite.
    private mutating func pay() async throws {
        let known = orders.keys.sorted { $0.text < $1.text }
        guard let invoice = known.randomElement(using: &random), let order = orders[invoice] else { return }
        let id = remoteID("pay_")
        let isOdd = Int.random(in: 0..<6, using: &random) == 0
        let amount = isOdd ? order.amount.amount + 100 : order.amount.amount
        let state = [PaymentState.captured, .captured, .failed, .authorized].randomElement(using: &random) ?? .failed
        let fact = shop.payment(id, order, state, amount: amount)
        shop.scripted.put(fact)
        try await shop.apply(.payment(fact))
        model.payments[id] = Model.Payment(invoice: invoice, amount: amount, state: "\(state)")
        if state == .captured {
            model.payments[id]?.state = "created"
            model.capture(id)
        }
    }

    /// News of a payment that is known: the capture again, late, or older than what is known.
    private mutating func tellAgain() async throws {
        guard let id = model.payments.keys.sorted().randomElement(using: &random), let it = model.payments[id],
            let order = orders[it.invoice]
        else { return }
        let state = PaymentState.allCases.filter { $0 != .autoRefunded }.randomElement(using: &random) ?? .failed
        try await shop.apply(.payment(shop.payment(id, order, state, amount: it.amount)))
        if state == .captured {
            model.capture(id)
        } else if it.state != "captured",
            state > (PaymentState.allCases.first { "\($0)" == it.state } ?? .created)
        {
            model.payments[id]?.state = "\(state)"
        }
    }

    private mutating func fee() async throws {
        guard let id = captured(), let it = model.payments[id], let order = orders[it.invoice] else { return }
        let fee = Int64.random(in: 1...50_000, using: &random)
        try await shop.apply(.payment(shop.payment(id, order, .captured, amount: it.amount, fee: fee)))
        model.fee(id, fee, tax: fee * 18 / 118)
    }

    private mutating func captured() -> String? {
        model.payments.filter { $0.value.state == "captured" }.keys.sorted().randomElement(using: &random)
    }

    private mutating func refund() async throws {
        guard let id = captured(), let it = model.payments[id] else { return }
        let payments = try shop.payments()
        let payment = try #require(payments.first { $0.remoteID == id })
        let isAll = Bool.random(using: &random)
        let amount = isAll ? max(it.amount - it.reserved, 100) : Int64.random(in: 50...it.amount, using: &random)
        let wish = RefundWish(payment: payment.id, amount: amount, reason: "", isOperator: true)
        if amount < 100 || amount > it.amount - it.reserved {
            await #expect(throws: BillingProblem.self) {
                try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
            }
            return
        }
        let refund = try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner)
        model.refund(try #require(refund.remoteID), of: id, amount)
    }

    private mutating func refundNews() async throws {
        guard let id = model.refunds.keys.sorted().randomElement(using: &random), let it = model.refunds[id] else {
            return
        }
        let state = [RefundState.pending, .processed, .failed].randomElement(using: &random) ?? .processed
        try await tell(id, it, state)
        model.settle(id, state.rawValue)
    }

    private func tell(_ id: String, _ it: Model.Refund, _ state: RefundState) async throws {
        try await shop.apply(
            .refund(
                RefundFact(
                    id: id, paymentID: it.payment, amount: Money(stored: it.amount, .inr), state: state, receipt: nil)))
    }

    /// Somebody refunds in the provider's dashboard.
    private mutating func foreign() async throws {
        guard let payment = captured(), let it = model.payments[payment] else { return }
        let id = remoteID("rfnd_")
        let amount = Int64.random(in: 100...it.amount, using: &random)
        model.foreignRefund(id, of: payment, amount)
        guard let refund = model.refunds[id] else { return }
        try await tell(id, refund, .pending)
    }

    private func compare() throws {
        #expect(try shop.balances() == model.balances.filter { $0.value != 0 })
        for it in try shop.payments() {
            let expected = model.payments[it.remoteID]
            #expect("\(it.state)" == expected?.state)
            #expect(it.isApplied == expected?.isApplied)
            #expect(it.refundReserved == expected?.reserved)
            #expect(it.credited == expected?.credited)
            #expect(it.fee == expected?.fee)
        }
        for (id, expected) in model.invoices { #expect(try shop.invoice(id).state.rawValue == expected.state) }
        #expect(try shop.entries("credit_note") == Int64(model.creditNotes))
        let isActive = try shop.subscription().isPaid
        #expect(isActive == (model.paid != nil))
    }
}

@Suite struct ModelTests {
    @Test(arguments: 0..<20)
    func `property a: any sequence of events ends, at every prefix, in the model's books`(seed: UInt64) async throws {
        var play = Play(shop: try await Shop(), random: Seeded(state: seed &* 977 &+ 5))
        for _ in 0..<60 { try await play.step() }
        #expect(play.model.payments.count > 3)
    }
}
