// Goods and services tax on a subscription: which of its parts apply, and how much.
import Core
import Storage

/// A part of GST.
enum TaxKind: String, CaseIterable, Codable, Sendable, SQLBindable {
    case cgst
    case sgst
    case igst

    /// For people: `CGST`.
    var title: String { rawValue.uppercased() }
}

/// One tax of an invoice.
struct TaxLine: Sendable, Hashable, Codable {
    let kind: TaxKind
    /// Basis points: 900 is 9 %.
    let rate: Int64
    let amount: Money
}

/// The rule by which tax is put on an invoice.
enum GST {
    /// 18 %, the rate of online information services (SAC 998434), in basis points.
    static let rate: Int64 = 1800
    static let serviceCode = "998434"

    /// The taxes on a net amount.
    ///
    /// In rupees: half CGST, half SGST when seller and customer are in one state, else IGST. A customer whose state is
    /// not known counts as being where the seller is (section 12(2)(b) of the IGST Act). In any other currency it is
    /// an export of services and zero-rated. Each tax is rounded to the paisa by itself, half away from zero.
    static func lines(on net: Money, seller: Party, customer: Party) -> [TaxLine] {
        guard net.currency == .inr, net.amount > 0 else { return [] }
        let isSameState = customer.state.isEmpty || customer.state == seller.state
        let parts: [(TaxKind, Int64)] =
            isSameState ? [(.cgst, rate / 2), (.sgst, rate / 2)] : [(.igst, rate)]
        return parts.map { kind, rate in
            TaxLine(kind: kind, rate: rate, amount: Money(stored: share(of: net.amount, rate, 10_000), net.currency))
        }
    }

    /// Where the supply takes place, as invoices name it.
    static func placeOfSupply(_ currency: Currency, seller: Party, customer: Party) -> String {
        guard currency == .inr else { return "Outside India (export, zero-rated)" }
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
