// A company lived through day by day: customers sign up, try, pay, fail to pay, get money back, leave and come again.
//
// Nothing is written past the product: each act is the function that an operation calls, and each payment is a fact
// that the provider tells. A day is one transaction.
package import Core
import Identity
import Organizations
package import Storage
import Web

/// How large the company is, for how long, and how rough.
package struct SimulationPlan: Sendable {
    package let customers: Int
    package let days: Int
    package let seed: UInt64
    /// Whether news comes twice, late and out of order, and people do what nobody planned.
    package let isRough: Bool

    package init(customers: Int, days: Int, seed: UInt64, isRough: Bool) {
        self.customers = customers
        self.days = days
        self.seed = seed
        self.isRough = isRough
    }
}

/// Lives through a company on an empty file. Its clock must be the file's.
package struct Simulation: Sendable {
    let billing: Billing
    let simulator: SimulatedProvider
    let database: any Database
    let clock: MovableClock
    let plan: SimulationPlan
    static let actor = Actor.system("simulation")

    package init(database: any Database, clock: MovableClock, plan: SimulationPlan, settings: Billing.Settings) {
        self.database = database
        self.clock = clock
        self.plan = plan
        simulator = SimulatedProvider(database: database)
        billing = Billing(database: database, providers: PaymentProviders(simulator.provider), settings: settings)
    }

    /// What is carried from day to day.
    struct State {
        var random: SeededGenerator
        var newcomers: [Int: [SimulatedCustomer]] = [:]
        var customers: [OrganizationID: SimulatedCustomer] = [:]
        /// In the order in which they came: a dictionary's order is another one in every run.
        var order: [OrganizationID] = []
        /// News that the provider tells on a later day.
        var late: [Int: [Fact]] = [:]
        /// What customers do about an invoice on a later day.
        var attempts: [Int: [OrganizationID]] = [:]
    }

    /// Lives through all days; `progress` is told of each that is over.
    package func run(progress: @Sendable (Int) -> Void) async throws {
        var state = State(random: SeededGenerator(seed: plan.seed))
        for number in 0..<plan.customers {
            let customer = SimulatedCustomer(number + 1, days: plan.days, &state.random)
            state.newcomers[customer.signUpDay, default: []].append(customer)
        }
        for day in 0..<plan.days {
            let before = state
            let (after, refunds) = try await database.write(in: .instance, by: Self.actor) { tx in
                var state = before
                let refunds = try self.live(day, &state, in: tx)
                return (state, refunds)
            }
            state = after
            for wish in refunds {
                _ = try await billing.refund(wish.wish, of: wish.organization, by: Self.actor)
            }
            progress(day)
            clock.advance(by: .days(1))
        }
        let rest = state.late.sorted { $0.key < $1.key }.flatMap(\.value)
        try await database.write(in: .instance, by: Self.actor) { tx in
            for fact in rest { _ = try self.billing.apply(fact, from: Sandbox.account, in: tx) }
        }
    }

    struct OwnedWish: Sendable {
        let organization: OrganizationID
        let wish: RefundWish
    }

    private func live(_ day: Int, _ state: inout State, in tx: any Transaction) throws -> [OwnedWish] {
        for fact in state.late.removeValue(forKey: day) ?? [] {
            _ = try billing.apply(fact, from: Sandbox.account, in: tx)
        }
        for customer in state.newcomers.removeValue(forKey: day) ?? [] {
            try signUp(customer, on: day, &state, in: tx)
        }
        for organization in try SubscriptionStore.due(limit: 100_000, in: tx) {
            try tx.scoped(to: .organization(organization)) { tx in
                while try billing.turn(in: tx) {}
            }
            let delay = Int.random(in: 0...5, using: &state.random)
            state.attempts[day + delay, default: []].append(organization)
        }
        for (organization, invoice) in try InvoiceStore.overdue(limit: 100_000, in: tx) {
            try tx.scoped(to: .organization(organization)) { try billing.remind(of: invoice, in: $0) }
            state.attempts[day + 1, default: []].append(organization)
        }
        for organization in state.attempts.removeValue(forKey: day) ?? [] {
            try tryToPay(organization, on: day, &state, in: tx)
        }
        return try changeMinds(on: day, &state, in: tx)
    }

    private func signUp(
        _ customer: SimulatedCustomer, on day: Int, _ state: inout State, in tx: any Transaction
    ) throws {
        guard let email = EmailAddress("customer\(customer.number)@example.com") else { return }
        let user = try Identity.create(
            NewUser(email: email, name: "Customer \(customer.number)", passwordHash: nil, isVerified: true), in: tx)
        let organization = try Organizations.create(name: "Customer \(customer.number)", owner: user.id, in: tx).id
        state.customers[organization] = customer
        state.order.append(organization)
        try tx.scoped(to: .organization(organization)) { tx in
            if let details = customer.details { try SubscriptionStore.save(details, in: tx) }
            if try billing.take(customer.choice, in: tx) != nil {
                state.attempts[day, default: []].append(organization)
            }
        }
    }

    /// The customer pays the open invoice, or the bank declines; then it tries again, or not.
    private func tryToPay(
        _ organization: OrganizationID, on day: Int, _ state: inout State, in tx: any Transaction
    ) throws {
        guard let customer = state.customers[organization] else { return }
        let succeeds = state.random.chance(customer.paysWell)
        let method = ["upi", "card", "netbanking"].randomElement(using: &state.random) ?? "upi"
        let fact = try tx.scoped(to: .organization(organization)) { tx -> PaymentFact? in
            guard let invoice = try billing.subscription(in: tx).openInvoice,
                try InvoiceStore.find(invoice, in: tx)?.state == .open
            else { return nil }
            let order = try billing.order(for: invoice, in: tx) { order, tx in
                try tx.scoped(to: .instance) { try simulator.createOrder(order.id.text, order.amount, in: $0) }
            }
            return try tx.scoped(to: .instance) { tx in
                try simulator.pay(order.remoteID ?? "", succeeds: succeeds, method: method, in: tx)
            }
        }
        guard let fact else { return }
        try tell(fact, on: day, &state, in: tx)
        if !succeeds, state.random.chance(850) { state.attempts[day + 2, default: []].append(organization) }
    }

    /// The provider tells; in a rough company twice, in pieces, out of order or days later.
    private func tell(_ fact: PaymentFact, on day: Int, _ state: inout State, in tx: any Transaction) throws {
        guard plan.isRough, fact.state == .captured else {
            _ = try billing.apply(.payment(fact), from: Sandbox.account, in: tx)
            return
        }
        let authorized = PaymentFact(
            id: fact.id, orderID: fact.orderID, amount: fact.amount, state: .authorized, method: fact.method)
        let feeless = PaymentFact(
            id: fact.id, orderID: fact.orderID, amount: fact.amount, state: .captured, method: fact.method)
        var news: [Fact] = [.payment(fact)]
        if state.random.chance(300) { news = [.payment(feeless), .payment(fact)] }
        if state.random.chance(500) { news.append(.payment(authorized)) }
        if state.random.chance(300) { news += news }
        news.shuffle(using: &state.random)
        if state.random.chance(100) {
            state.late[day + Int.random(in: 1...4, using: &state.random), default: []] += news
        } else {
            for it in news { _ = try billing.apply(it, from: Sandbox.account, in: tx) }
        }
    }

    /// Some cancel, some come back, some want their money back.
    private func changeMinds(on day: Int, _ state: inout State, in tx: any Transaction) throws -> [OwnedWish] {
        var wishes: [OwnedWish] = []
        for organization in state.order {
            // Each customer thinks about it once a month.
            guard let customer = state.customers[organization], (day + customer.number) % 30 == 0 else { continue }
            try tx.scoped(to: .organization(organization)) { tx in
                let subscription = try billing.subscription(in: tx)
                if subscription.isPaid, subscription.cancelsAt == nil, state.random.chance(customer.leaves) {
                    _ = try billing.cancel(in: tx)
                } else if !subscription.isPaid, state.random.chance(60) {
                    let again = PlanChoice(
                        plan: customer.choice.plan, currency: customer.choice.currency, interval: .month,
                        wantsTrial: false)
                    if try billing.take(again, in: tx) != nil {
                        state.attempts[day + 1, default: []].append(organization)
                    }
                }
                if state.random.chance(15) { wishes += try wish(of: organization, &state, in: tx) }
            }
        }
        return wishes
    }

    /// All of the last payment back, or a part of it; in a rough company sometimes in the provider's own dashboard.
    private func wish(
        of organization: OrganizationID, _ state: inout State, in tx: any Transaction
    ) throws -> [OwnedWish] {
        guard let payment = try PaymentStore.page(before: nil, limit: 1, in: tx).first, payment.state == .captured,
            payment.refundable.amount >= 1000
        else { return [] }
        let amount = state.random.chance(500) ? payment.refundable.amount : payment.refundable.amount / 3
        if plan.isRough, state.random.chance(200) {
            try tx.scoped(to: .instance) { tx in
                let fact = try simulator.refund(
                    payment.remoteID, Money(stored: amount, payment.amount.currency), key: nil, in: tx)
                _ = try billing.apply(.refund(fact), from: Sandbox.account, in: tx)
            }
            return []
        }
        return [
            OwnedWish(
                organization: organization,
                wish: RefundWish(payment: payment.id, amount: amount, reason: "not needed", isOperator: true))
        ]
    }
}
