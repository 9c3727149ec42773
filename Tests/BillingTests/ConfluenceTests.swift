// Whatever the order and however often the news comes, the books end the same.
import Core
import Storage
import Testing

@testable import Billing

/// A generator that gives the same sequence for the same seed (SplitMix64).
struct Seeded: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }
}

@Suite struct ConfluenceTests {
    /// Everything that must not depend on the order of the news.
    private struct Outcome: Equatable {
        let balances: [String: Int64]
        let payments: [String]
        let refunds: [String]
        let subscription: SubscriptionState
        let invoice: InvoiceState
    }

    /// What becomes of the refunds that somebody asks for.
    private struct RefundStory {
        let amount: Int64
        let news: [RefundState]
        let isOurs: Bool
    }

    @Test(arguments: 0..<16)
    func `property c: news in any order, repeated at will, ends in the same books`(seed: UInt64) async throws {
        var random = Seeded(state: seed)
        let stories = Self.stories(&random)
        let straight = try await play(stories, attempts: 3, shuffledBy: nil)
        for run in 0..<2 {
            let other = try await play(stories, attempts: 3, shuffledBy: Seeded(state: seed &* 31 &+ UInt64(run) &+ 7))
            #expect(other == straight, "seed \(seed), run \(run)")
        }
    }

    private static func stories(_ random: inout Seeded) -> [RefundStory] {
        (0..<Int.random(in: 0...3, using: &random)).map { _ in
            let ends: [[RefundState]] = [
                [.pending, .processed], [.processed], [.pending, .failed], [.processed, .failed], [.pending],
            ]
            return RefundStory(
                amount: Int64.random(in: 100...90_000, using: &random),
                news: ends.randomElement(using: &random) ?? [.processed], isOurs: Bool.random(using: &random))
        }
    }

    /// Plays a purchase with failed attempts, a capture, a fee that comes late, and refunds.
    private func play(_ stories: [RefundStory], attempts: Int, shuffledBy generator: Seeded?) async throws -> Outcome {
        var random = generator
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        var news: [Fact] = []
        for attempt in 0..<attempts {
            let id = "pay_" + String(repeating: String(attempt), count: 14)
            let states: [PaymentState] = attempt == attempts - 1 ? [.failed, .authorized, .captured] : [.failed]
            news += states.map { .payment(shop.payment(id, order, $0)) }
            if attempt == attempts - 1 { news.append(.payment(shop.payment(id, order, .captured, fee: 6959))) }
        }
        try await tell(news, to: shop, &random)
        news += try await refundNews(stories, at: shop)
        try await tell(news, to: shop, &random)
        return try outcome(of: shop, invoice.id)
    }

    private func refundNews(_ stories: [RefundStory], at shop: Shop) async throws -> [Fact] {
        guard let payment = try shop.payments().first(where: { $0.state == .captured }) else { throw Shop.Missing() }
        shop.scripted.script { $0.losesAnswers = true }
        var news: [Fact] = []
        for (index, story) in stories.enumerated() {
            var receipt: String?
            if story.isOurs {
                let wish = RefundWish(payment: payment.id, amount: story.amount, reason: "", isOperator: true)
                receipt = try await shop.billing.refund(wish, of: shop.organization, by: Shop.owner).id.text
            }
            let id = "rfnd_" + String(repeating: String(index), count: 14)
            news += story.news.map { state in
                .refund(
                    RefundFact(
                        id: id, paymentID: payment.remoteID, amount: Money(stored: story.amount, .inr), state: state,
                        receipt: receipt))
            }
        }
        return news
    }

    /// In order once; or shuffled, with repetitions, a few at a time and some at once.
    private func tell(_ news: [Fact], to shop: Shop, _ random: inout Seeded?) async throws {
        guard var generator = random else {
            for fact in news { try await shop.apply(fact) }
            return
        }
        var rest = news + news.filter { _ in Bool.random(using: &generator) }
        rest.shuffle(using: &generator)
        random = generator
        try await withThrowingTaskGroup(of: Void.self) { group in
            for fact in rest.prefix(rest.count / 3) { group.addTask { try await shop.apply(fact) } }
            try await group.waitForAll()
        }
        for fact in rest.dropFirst(rest.count / 3) { try await shop.apply(fact) }
    }

    private func outcome(of shop: Shop, _ invoice: InvoiceID) throws -> Outcome {
        let payments = try shop.payments()
        let refunds = try payments.flatMap { payment in
            try shop.read { try PaymentStore.refunds(of: payment.id, in: $0) }
        }
        return Outcome(
            balances: try shop.balances(),
            payments: payments.map { "\($0.remoteID) \($0.state) \($0.isApplied) \($0.fee ?? 0)" }.sorted(),
            refunds: refunds.map { "\($0.amount.amount) \($0.origin) \($0.state)" }.sorted(),
            subscription: try shop.subscription().state, invoice: try shop.invoice(invoice).state)
    }
}
