// Which taxes apply to whom, how they are rounded, and numbers that check themselves.
import Core
import Storage
import Testing

@testable import Billing

@Suite struct TaxTests {
    private static let now = Timestamp(milliseconds: 1_795_411_898_000)

    private static func rate(
        _ country: String, _ name: String, _ rate: Int64, region: String = "", inclusive: Bool = false,
        reverse: Bool = false, category: String = TaxCategory.standard
    ) -> TaxRate {
        TaxRate(
            id: TaxRateID(at: now), country: country, region: region, category: category, name: name, rate: rate,
            isInclusive: inclusive, isReverseCharged: reverse, startsAt: now, endsAt: nil)
    }

    @Test(arguments: [
        ("27AAPFU0939F1ZV", true), ("29AAGCB7383J1Z4", true), ("27AAPFU0939F1ZW", false), ("28AAPFU0939F1ZV", false),
        ("27AAPFU0939F1Z", false), ("27aapfu0939f1zv", false), ("27AAPFU0939F1ZV ", false), ("", false),
        ("00AAPFU0939F1ZV", false), ("27AAPFUO939F1ZV", false), ("२७AAPFU0939F1ZV", false),
    ])
    func `the check digit of a GSTIN finds what was mistyped`(text: String, isRight: Bool) {
        #expect(GST.isGSTIN(text) == isRight)
    }

    @Test func `every single wrong character in a GSTIN is found`() {
        let right = Array("27AAPFU0939F1ZV")
        for place in 2..<15 {
            for other in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ" where other != right[place] {
                var wrong = right
                wrong[place] = other
                #expect(!GST.isGSTIN(String(wrong)), "\(String(wrong))")
            }
        }
    }

    @Test func `GST depends on state and country, and a category may have a rate of its own`() {
        let seller = Party(name: "S", state: "29")
        func rule(_ customer: Party, _ category: String = TaxCategory.standard, _ currency: Currency = .inr) -> TaxRule
        {
            TaxSituation(
                currency: currency, seller: seller, customer: customer,
                rates: [Self.rate("IN", "GST", 500, category: "books")]
            ).rule(for: category)
        }
        #expect(rule(Party(name: "C", state: "29")).components.map(\.rate) == [900, 900])
        #expect(rule(Party(name: "C", state: "27")).components.map(\.name) == ["IGST"])
        #expect(rule(Party(name: "C", state: "27"), "books").components.map(\.rate) == [500])
        #expect(rule(Party(name: "C", state: "27"), "unknown").components.map(\.rate) == [1800])
        #expect(rule(Party(name: "C"), TaxCategory.exempt) == .none)
        #expect(rule(Party(name: "C", country: "DE")) == .none)
        #expect(rule(Party(name: "C"), TaxCategory.standard, .usd) == .none)
    }

    @Test func `elsewhere the table of rates decides, and businesses abroad account for it themselves`() {
        let seller = Party(name: "S", country: "DE")
        func situation(_ customer: Party) -> TaxSituation {
            TaxSituation(
                currency: Currency(stored: "EUR"), seller: seller, customer: customer,
                rates: [Self.rate("FR", "TVA", 2000, reverse: true)])
        }
        let person = situation(Party(name: "C", country: "FR"))
        #expect(person.rule(for: TaxCategory.standard).components.map(\.rate) == [2000])
        #expect(person.note.isEmpty)
        let business = situation(Party(name: "C", country: "FR", taxID: "FR40303265045"))
        #expect(business.rule(for: TaxCategory.standard) == .none)
        #expect(business.note == TaxSituation.reverseCharge)
    }

    @Test func `a tax that the prices contain is taken out of them, to the last minor unit`() throws {
        let vat = TaxRule(components: [TaxComponent(kind: .other, name: "VAT", rate: 1900)], isInclusive: true)
        let taxed = try TaxedLines([(9999, vat), (1, vat), (5000, vat)], Currency(stored: "EUR"))
        #expect(taxed.total == 15_000)
        #expect(taxed.taxTotal == 2395)
        #expect(zip(taxed.taxable, taxed.tax).map { $0 + $1 } == [9999, 1, 5000])
    }

    @Test func `case 37: currencies with no and with three decimals are taxed in their own minor units`() throws {
        let rule = TaxRule(components: [TaxComponent(kind: .other, name: "Tax", rate: 1000)])
        let yen = try TaxedLines([(333, rule), (333, rule), (333, rule)], Currency(stored: "JPY"))
        #expect((yen.subtotal, yen.taxTotal, yen.tax) == (999, 100, [33, 34, 33]))
        let dinar = try TaxedLines([(1005, rule)], Currency(stored: "KWD"))
        #expect((dinar.taxTotal, dinar.total) == (101, 1106))
        #expect(Billing.leastCharge(Currency(stored: "JPY")) == 1)
        #expect(Billing.leastCharge(Currency(stored: "KWD")) == 1000)
    }

    @Test func `a credit is rounded as what it credits`() {
        for amount: Int64 in [1, 5, 6, 50, 55, 3333, 249_900] {
            #expect(TaxedLines.share(of: -amount, 900, 10_000) == -TaxedLines.share(of: amount, 900, 10_000))
        }
    }
}
