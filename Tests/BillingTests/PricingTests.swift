// What a quantity costs by each price model, and that the explanation adds up to it.
import Core
import Testing

@testable import Billing

@Suite struct PricingTests {
    private let inr = Currency.inr
    private let kuwait = Currency(stored: "KWD")
    private let yen = Currency(stored: "JPY")

    private func amount(_ terms: PriceTerms, _ quantity: Int64) throws -> Int64 {
        try Pricing.check(terms)
        let amount = try Pricing.amount(of: terms, quantity: quantity)
        #expect(amount.currency == terms.currency)
        let lines = try Pricing.lines(of: terms, quantity: quantity)
        #expect(lines.reduce(Int64(0)) { $0 + $1.amount.amount } == amount.amount)
        return amount.amount
    }

    private func tiers(_ steps: (Int64?, Int64, Int64)...) -> [PriceTier] {
        steps.map { PriceTier(upTo: $0.0, unitAmount: $0.1, flatAmount: $0.2) }
    }

    @Test func `a flat price is the same for every quantity, none included`() throws {
        let terms = PriceTerms(.flat, inr, amount: 249_900)
        for quantity in [0, 1, 7, Money.limit] { #expect(try amount(terms, quantity) == 249_900) }
    }

    @Test func `a price for each seat is multiplied, and nothing is charged for no seat`() throws {
        let terms = PriceTerms(.perUnit, inr, amount: 10_000)
        #expect(try amount(terms, 0) == 0)
        #expect(try amount(terms, 1) == 10_000)
        #expect(try amount(terms, 250) == 2_500_000)
    }

    @Test func `a price for a thousand is exact for any quantity and rounded once`() throws {
        let terms = PriceTerms(.perUnit, inr, amount: 400, per: 1000, unit: "call")
        let expected: [(Int64, Int64)] = [(0, 0), (1, 0), (2, 1), (3, 1), (1249, 500), (1000, 400), (2500, 1000)]
        for (quantity, wanted) in expected { #expect(try amount(terms, quantity) == wanted, "\(quantity)") }
    }

    @Test func `a package is charged when it is begun`() throws {
        let terms = PriceTerms(.package, inr, amount: 5000, per: 100, unit: "message")
        let expected: [(Int64, Int64)] = [(0, 0), (1, 5000), (99, 5000), (100, 5000), (101, 10_000), (200, 10_000)]
        for (quantity, wanted) in expected { #expect(try amount(terms, quantity) == wanted, "\(quantity)") }
    }

    @Test func `a graduated price charges each unit by its own tier`() throws {
        let terms = PriceTerms(
            .graduated, inr, tiers: tiers((10, 100, 0), (20, 50, 1000), (nil, 10, 0)))
        let expected: [(Int64, Int64)] = [
            (0, 0), (1, 100), (9, 900), (10, 1000), (11, 2050), (20, 2500), (21, 2510), (100, 3300),
        ]
        for (quantity, wanted) in expected { #expect(try amount(terms, quantity) == wanted, "\(quantity)") }
    }

    @Test func `a volume price charges all units by the tier of the last one`() throws {
        let terms = PriceTerms(.volume, inr, tiers: tiers((10, 100, 0), (20, 50, 1000), (nil, 10, 0)))
        let expected: [(Int64, Int64)] = [
            (0, 0), (1, 100), (10, 1000), (11, 1550), (20, 2000), (21, 210), (100, 1000),
        ]
        for (quantity, wanted) in expected { #expect(try amount(terms, quantity) == wanted, "\(quantity)") }
    }

    @Test func `an allowance is a first tier that costs nothing`() throws {
        let terms = PriceTerms(.graduated, inr, per: 100, unit: "call", tiers: tiers((1000, 0, 0), (nil, 25, 0)))
        #expect(try amount(terms, 1000) == 0)
        #expect(try amount(terms, 1001) == 0)
        #expect(try amount(terms, 1002) == 1)
        #expect(try amount(terms, 1100) == 25)
    }

    @Test func `case 37: amounts in currencies of no and of three decimals are their own minor units`() throws {
        #expect(try amount(PriceTerms(.perUnit, yen, amount: 500), 3) == 1500)
        #expect(try Pricing.amount(of: PriceTerms(.perUnit, yen, amount: 500), quantity: 3).formatted == "JPY 1,500")
        let dinar = PriceTerms(.perUnit, kuwait, amount: 1255)
        #expect(try Pricing.amount(of: dinar, quantity: 2).formatted == "KWD 2.510")
        let fraction = PriceTerms(.perUnit, kuwait, amount: 1, per: 2)
        #expect(try [1, 2, 3].map { try amount(fraction, $0) } == [1, 1, 2])
    }

    @Test func `case 37: huge values are exact or refused, and never trap`() throws {
        let limit = Money.limit
        #expect(try amount(PriceTerms(.perUnit, inr, amount: limit), 1) == limit)
        #expect(throws: PricingProblem.tooLarge) { try amount(PriceTerms(.perUnit, inr, amount: limit), 2) }
        #expect(throws: PricingProblem.tooLarge) { try amount(PriceTerms(.perUnit, inr, amount: limit), .max) }
        #expect(throws: PricingProblem.tooLarge) {
            try amount(PriceTerms(.package, inr, amount: limit, per: 1), .max)
        }
        #expect(try amount(PriceTerms(.perUnit, inr, amount: limit, per: limit), .max / 1024) == .max / 1024)
        #expect(try amount(PriceTerms(.package, inr, amount: 1, per: limit), .max) == 1025)
        let steep = PriceTerms(.graduated, inr, tiers: tiers((limit - 1, limit, limit), (nil, limit, limit)))
        #expect(throws: PricingProblem.tooLarge) { try amount(steep, .max) }
        #expect(throws: PricingProblem.negativeQuantity) { try amount(steep, -1) }
        #expect(throws: PricingProblem.negativeQuantity) { try amount(steep, .min) }
    }

    @Test func `a graduated price never falls and makes no step at a border without a flat fee`() throws {
        var generator = Seeded(state: 4)
        for _ in 0..<300 {
            let per = Int64.random(in: 1...40, using: &generator)
            let terms = random(.graduated, per: per, flat: false, &generator)
            var before = try amount(terms, 0)
            #expect(before == 0)
            for quantity in Int64(1)...90 {
                let now = try amount(terms, quantity)
                let rate = terms.tiers.first { $0.upTo.map { quantity <= $0 } ?? true }?.unitAmount ?? 0
                // One more unit costs its own rate, rounded either way: never a jump.
                #expect((rate / per)...(rate / per + 1) ~= now - before, "\(terms) at \(quantity)")
                before = now
            }
        }
    }

    @Test func `with flat fees too a graduated price never falls`() throws {
        var generator = Seeded(state: 9)
        for _ in 0..<100 {
            let terms = random(.graduated, per: 1, flat: true, &generator)
            let amounts = try (Int64(0)...90).map { try amount(terms, $0) }
            #expect(zip(amounts, amounts.dropFirst()).allSatisfy { $0 <= $1 })
        }
    }

    @Test func `a volume price is its definition for every quantity`() throws {
        var generator = Seeded(state: 16)
        for _ in 0..<300 {
            let per = Int64.random(in: 1...40, using: &generator)
            let terms = random(.volume, per: per, flat: true, &generator)
            for quantity in Int64(1)...90 {
                let tier = try #require(terms.tiers.first { $0.upTo == nil || quantity <= $0.upTo ?? 0 })
                let exact = Double(quantity * tier.unitAmount) / Double(per)
                let wanted = Int64((exact + 0.5).rounded(.down)) + tier.flatAmount
                #expect(try amount(terms, quantity) == wanted, "\(terms) at \(quantity)")
            }
        }
    }

    private func random(_ model: PriceModel, per: Int64, flat: Bool, _ generator: inout Seeded) -> PriceTerms {
        var below: Int64 = 0
        var steps: [PriceTier] = []
        for _ in 0..<Int.random(in: 0...4, using: &generator) {
            below += Int64.random(in: 1...25, using: &generator)
            steps.append(tier(below, flat, &generator))
        }
        steps.append(tier(nil, flat, &generator))
        return PriceTerms(model, inr, per: per, tiers: steps)
    }

    private func tier(_ upTo: Int64?, _ flat: Bool, _ generator: inout Seeded) -> PriceTier {
        PriceTier(
            upTo: upTo, unitAmount: Int64.random(in: 0...999, using: &generator),
            flatAmount: flat ? Int64.random(in: 0...999, using: &generator) : 0)
    }

    @Test(arguments: [
        PriceTerms(.flat, .inr),
        PriceTerms(.flat, .inr, amount: -1),
        PriceTerms(.flat, .inr, amount: Int64.max),
        PriceTerms(.flat, .inr, amount: 5, per: 2),
        PriceTerms(.perUnit, .inr, amount: 5, per: 0),
        PriceTerms(.perUnit, .inr, amount: 5, unit: ""),
        PriceTerms(.perUnit, .inr, amount: 5, tiers: [PriceTier(upTo: nil, unitAmount: 1)]),
        PriceTerms(.graduated, .inr),
        PriceTerms(.graduated, .inr, amount: 5, tiers: [PriceTier(upTo: nil, unitAmount: 1)]),
        PriceTerms(.volume, .inr, tiers: [PriceTier(upTo: 10, unitAmount: 1)]),
        PriceTerms(
            .volume, .inr,
            tiers: [
                PriceTier(upTo: 10, unitAmount: 1), PriceTier(upTo: 10, unitAmount: 1),
                PriceTier(upTo: nil, unitAmount: 1),
            ]),
        PriceTerms(
            .graduated, .inr,
            tiers: [PriceTier(upTo: nil, unitAmount: 1), PriceTier(upTo: nil, unitAmount: 1)]),
        PriceTerms(.graduated, .inr, tiers: [PriceTier(upTo: nil, unitAmount: -1)]),
    ])
    func `terms that contradict themselves are refused`(_ terms: PriceTerms) {
        #expect(throws: PricingProblem.self) { try Pricing.check(terms) }
    }

    @Test func `prices are put into plain words`() {
        let seats = PriceTerms(.graduated, inr, tiers: tiers((10, 10_000, 0), (nil, 8_000, 0)))
        #expect(seats.words == "₹100.00 a seat up to 10 seats, then ₹80.00")
        let calls = PriceTerms(.graduated, inr, per: 1000, unit: "call", tiers: tiers((10_000, 0, 0), (nil, 400, 0)))
        #expect(calls.words == "free up to 10,000 calls, then ₹4.00 for 1,000 calls")
        let package = PriceTerms(.package, inr, amount: 5000, per: 100, unit: "message")
        #expect(package.words == "₹50.00 for every 100 messages begun")
        #expect(PriceTerms(.perUnit, yen, amount: 500).words == "JPY 500 a seat")
        #expect(PriceTerms(.flat, inr, amount: 249_900).words == "₹2,499.00")
    }

    @Test func `an explanation says which units cost what`() throws {
        let terms = PriceTerms(.graduated, inr, tiers: tiers((10, 100, 0), (nil, 50, 1000)))
        let lines = try Pricing.lines(of: terms, quantity: 12)
        let words = ["Seats 1 to 10, ₹1.00 each", "Once, from seat 11", "Seats 11 to 12, ₹0.50 each"]
        #expect(lines.map(\.words) == words)
        #expect(lines.map(\.amount.amount) == [1000, 1000, 100])
        #expect(lines.map(\.quantity) == [10, 1, 2])
    }
}
