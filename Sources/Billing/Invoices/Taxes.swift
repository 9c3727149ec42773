// Taxes on the lines of an invoice: which apply, how they are rounded, and how the lines share them.
import Core
import Storage
import Web

/// One tax of an invoice.
struct TaxLine: Sendable, Hashable, Codable {
    let kind: TaxKind
    /// For people: `CGST`, `VAT`.
    let name: String
    /// Basis points: 900 is 9 %.
    let rate: Int64
    /// What it is a part of: the taxable value of the lines that it applies to.
    let taxable: Money
    let amount: Money
    /// Whether the prices contained it.
    let isInclusive: Bool

    enum CodingKeys: String, CodingKey {
        case kind, name, rate, taxable, amount
        case isInclusive = "inclusive"
    }
}

/// A tax that applies, before there is an amount.
struct TaxComponent: Sendable, Hashable {
    let kind: TaxKind
    let name: String
    let rate: Int64
}

/// What applies to lines of one category.
struct TaxRule: Sendable, Hashable {
    var components: [TaxComponent] = []
    var isInclusive = false

    static let none = TaxRule()
}

/// The names by which lines say what they are for the tax office.
enum TaxCategory {
    static let standard = "standard"
    static let exempt = "exempt"
    static let rule = "Use 1 to 40 of a to z, 0 to 9, hyphen and underscore."

    static func isName(_ text: String) -> Bool {
        (1...40).contains(text.utf8.count)
            && text.utf8.allSatisfy {
                (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
            }
    }
}

/// Lines with their taxes, and the sums.
///
/// The rule of rounding: for each rule of tax the lines are added up first, and every tax is rounded once on that sum,
/// half away from zero. A line's share is what it adds to the rounded sum so far, so shares, taxes and total agree to
/// the last minor unit, however many lines there are.
struct TaxedLines: Sendable {
    /// In the order of the lines: after discount, without tax.
    private(set) var taxable: [Int64]
    /// In the order of the lines.
    private(set) var tax: [Int64]
    private(set) var taxes: [TaxLine] = []
    private(set) var subtotal: Int64 = 0
    private(set) var taxTotal: Int64 = 0

    var total: Int64 { subtotal + taxTotal }

    /// Takes what each line costs after discounts, and the rule that applies to it. Throws when a sum is more than
    /// money can be.
    init(_ lines: [(amount: Int64, rule: TaxRule)], _ currency: Currency) throws {
        taxable = lines.map(\.amount)
        tax = lines.map { _ in 0 }
        var rules: [TaxRule] = []
        for line in lines where !rules.contains(line.rule) { rules.append(line.rule) }
        for rule in rules { try apply(rule, to: lines.indices.filter { lines[$0].rule == rule }, lines, currency) }
        subtotal = try Self.sum(taxable)
        taxTotal = try Self.sum(tax)
        guard Money(total, currency) != nil else { throw BillingProblem.tooMuchMoney }
    }

    private mutating func apply(
        _ rule: TaxRule, to group: [Int], _ lines: [(amount: Int64, rule: TaxRule)], _ currency: Currency
    ) throws {
        let whole = 10_000 + (rule.isInclusive ? rule.components.reduce(0) { $0 + $1.rate } : 0)
        var sums: [Int64] = rule.components.map { _ in 0 }
        var gross: Int64 = 0
        for index in group {
            gross = try Self.sum([gross, lines[index].amount])
            for (place, component) in rule.components.enumerated() {
                let soFar = Self.share(of: gross, component.rate, whole)
                tax[index] += soFar - sums[place]
                sums[place] = soFar
            }
            if rule.isInclusive { taxable[index] = lines[index].amount - tax[index] }
        }
        let net = try Self.sum(group.map { taxable[$0] })
        taxes += zip(rule.components, sums).map { component, amount in
            TaxLine(
                kind: component.kind, name: component.name, rate: component.rate, taxable: Money(stored: net, currency),
                amount: Money(stored: amount, currency), isInclusive: rule.isInclusive)
        }
    }

    /// `amount × part ÷ whole`, rounded half away from zero; exact for every amount of money.
    static func share(of amount: Int64, _ part: Int64, _ whole: Int64) -> Int64 {
        amount < 0 ? -GST.share(of: Int64(clamping: amount.magnitude), part, whole) : GST.share(of: amount, part, whole)
    }

    /// The sum, within what money can be.
    static func sum(_ amounts: [Int64]) throws -> Int64 {
        try amounts.reduce(0) { sum, amount in
            let (next, isTooMuch) = sum.addingReportingOverflow(amount)
            guard !isTooMuch, next.magnitude <= Money.limit.magnitude else { throw BillingProblem.tooMuchMoney }
            return next
        }
    }
}
