// Goods and services tax on a subscription: which of its parts apply, and how much.
import Core
import Storage

/// A part of GST, or a tax of another country.
enum TaxKind: String, CaseIterable, Codable, Sendable, SQLBindable {
    case cgst
    case sgst
    case igst
    case other

    /// For people: `CGST`.
    var title: String { rawValue.uppercased() }
}

/// The rule by which tax is put on an invoice.
enum GST {
    /// 18 %, the rate of online information services (SAC 998434), in basis points.
    static let rate: Int64 = 1800
    static let serviceCode = "998434"

    /// The parts that apply at a rate.
    ///
    /// In rupees: half CGST, half SGST when seller and customer are in one state, else IGST. A customer whose state is
    /// not known counts as being where the seller is (section 12(2)(b) of the IGST Act). In any other currency, and to
    /// another country, it is an export of services and zero-rated.
    static func rule(
        _ currency: Currency, seller: Party, customer: Party, rate: Int64 = rate, isInclusive: Bool = false
    ) -> TaxRule {
        guard !isExport(currency, customer), rate > 0 else { return .none }
        let isSameState = customer.state.isEmpty || customer.state == seller.state
        let parts: [(TaxKind, Int64)] =
            isSameState ? [(.cgst, rate / 2), (.sgst, rate / 2)] : [(.igst, rate)]
        return TaxRule(
            components: parts.map { TaxComponent(kind: $0, name: $0.title, rate: $1) }, isInclusive: isInclusive)
    }

    static func isExport(_ currency: Currency, _ customer: Party) -> Bool {
        currency != .inr || customer.country != "IN"
    }

    /// The taxes on one net amount, each rounded to the paisa by itself.
    static func lines(on net: Money, seller: Party, customer: Party) -> [TaxLine] {
        guard net.amount > 0 else { return [] }
        let rule = rule(net.currency, seller: seller, customer: customer)
        return (try? TaxedLines([(net.amount, rule)], net.currency))?.taxes ?? []
    }

    /// Where the supply takes place, as invoices name it.
    static func placeOfSupply(_ currency: Currency, seller: Party, customer: Party) -> String {
        guard !isExport(currency, customer) else { return "Outside India (export, zero-rated)" }
        let code = customer.state.isEmpty ? seller.state : customer.state
        return states.first { $0.code == code }.map { "\($0.name) (\($0.code))" } ?? "India"
    }

    /// `amount × part ÷ whole`, rounded half up; exact for every amount within ±(2^53 − 1).
    static func share(of amount: Int64, _ part: Int64, _ whole: Int64) -> Int64 {
        guard whole > 0, amount >= 0, part >= 0 else { return 0 }
        let product = amount.multipliedFullWidth(by: part)
        let (quotient, remainder) = whole.dividingFullWidth(product)
        return remainder >= whole - remainder ? quotient + 1 : quotient
    }

    /// Whether a GSTIN is well formed: state, PAN, entity, and a check digit over the first fourteen characters.
    ///
    /// Each character counts by its place in 0–9, A–Z, every second one twice; of each product both base-36 digits are
    /// added up, and the last character brings the sum to a multiple of 36.
    static func isGSTIN(_ text: String) -> Bool {
        let digits = text.utf8.map { byte -> Int? in
            switch byte {
            case 48...57: Int(byte) - 48
            case 65...90: Int(byte) - 55
            default: nil
            }
        }
        let values = digits.compactMap { $0 }
        guard digits.count == 15, values.count == 15, states.contains(where: { text.hasPrefix($0.code) }),
            values[2...6].allSatisfy({ $0 >= 10 }), values[7...10].allSatisfy({ $0 < 10 }), values[11] >= 10
        else { return false }
        let sum = values.dropLast().enumerated().reduce(0) { sum, place in
            let product = place.element * (place.offset.isMultiple(of: 2) ? 1 : 2)
            return sum + product / 36 + product % 36
        }
        return (sum + values[14]).isMultiple(of: 36)
    }

    /// The states and union territories with their codes in a GSTIN.
    static let states: [(code: String, name: String)] = [
        ("01", "Jammu and Kashmir"), ("02", "Himachal Pradesh"), ("03", "Punjab"), ("04", "Chandigarh"),
        ("05", "Uttarakhand"), ("06", "Haryana"), ("07", "Delhi"), ("08", "Rajasthan"), ("09", "Uttar Pradesh"),
        ("10", "Bihar"), ("11", "Sikkim"), ("12", "Arunachal Pradesh"), ("13", "Nagaland"), ("14", "Manipur"),
        ("15", "Mizoram"), ("16", "Tripura"), ("17", "Meghalaya"), ("18", "Assam"), ("19", "West Bengal"),
        ("20", "Jharkhand"), ("21", "Odisha"), ("22", "Chhattisgarh"), ("23", "Madhya Pradesh"), ("24", "Gujarat"),
        ("26", "Dadra and Nagar Haveli and Daman and Diu"), ("27", "Maharashtra"), ("29", "Karnataka"),
        ("30", "Goa"), ("31", "Lakshadweep"), ("32", "Kerala"), ("33", "Tamil Nadu"), ("34", "Puducherry"),
        ("35", "Andaman and Nicobar Islands"), ("36", "Telangana"), ("37", "Andhra Pradesh"), ("38", "Ladakh"),
    ]
}
