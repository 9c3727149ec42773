// The JSON operations of what the seller decides: who sells, rates of taxes, coupons; and of redeeming a coupon.
import Audit
import Core
import Storage
import Web

/// A tax to put into the table of rates.
struct NewTaxRate: RequestBody {
    let country: String
    let region: String?
    let category: String?
    let name: String
    let rate: Int64
    let inclusive: Bool?
    let reverseCharge: Bool?
    let startsAt: Timestamp?
    let endsAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case country, region, category, name, rate, inclusive
        case reverseCharge = "reverse_charge"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
    }

    static let rules: [String: Rule] = [
        "country": .length(2...2), "region": .length(0...10), "category": .length(1...40), "name": .length(1...40),
        "rate": .all([.range(0...10_000), .note("Basis points: 1800 is 18 %.")]),
        "reverse_charge": .note("Businesses of another country with a tax number account for it themselves."),
    ]
}

/// A row of the table of rates as JSON.
struct TaxRateResource: Codable, Sendable {
    let id: TaxRateID
    let country: String
    let region: String
    let category: String
    let name: String
    let rate: Int64
    let inclusive: Bool
    let reverseCharge: Bool
    let startsAt: Timestamp
    let endsAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, country, region, category, name, rate, inclusive
        case reverseCharge = "reverse_charge"
        case startsAt = "starts_at"
        case endsAt = "ends_at"
    }

    init(_ it: TaxRate) {
        id = it.id
        country = it.country
        region = it.region
        category = it.category
        name = it.name
        rate = it.rate
        inclusive = it.isInclusive
        reverseCharge = it.isReverseCharged
        startsAt = it.startsAt
        endsAt = it.endsAt
    }
}

/// All rates; there are few, so there are no pages.
struct TaxRateList: Codable, Sendable { let data: [TaxRateResource] }

/// A coupon to hand out.
struct NewCoupon: RequestBody {
    let code: String
    let name: String
    let percent: Int64?
    let amount: Money?
    let duration: Coupon.Duration
    let periods: Int64?
    let maxRedemptions: Int64?
    let expiresAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case code, name, percent, amount, duration, periods
        case maxRedemptions = "max_redemptions"
        case expiresAt = "expires_at"
    }

    static let rules: [String: Rule] = [
        "code": .length(3...40), "name": .length(1...60),
        "percent": .all([.range(1...10_000), .note("Basis points; this or amount.")]),
        "periods": .all([.range(1...120), .note("For repeating: how many invoices it lowers.")]),
        "max_redemptions": .range(1...1_000_000_000),
    ]
}

/// A coupon as JSON.
struct CouponResource: Codable, Sendable {
    let code: String
    let name: String
    let percent: Int64?
    let amount: Money?
    let duration: Coupon.Duration
    let periods: Int64?
    let maxRedemptions: Int64?
    let redemptions: Int64
    let expiresAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case code, name, percent, amount, duration, periods, redemptions
        case maxRedemptions = "max_redemptions"
        case expiresAt = "expires_at"
    }

    init(_ it: Coupon) {
        code = it.code
        name = it.name
        percent = if case .percent(let rate) = it.value { rate } else { nil }
        amount = if case .amount(let money) = it.value { money } else { nil }
        duration = it.duration
        periods = it.periods
        maxRedemptions = it.maxRedemptions
        redemptions = it.redemptions
        expiresAt = it.expiresAt
    }
}

/// All coupons that are handed out.
struct CouponList: Codable, Sendable { let data: [CouponResource] }

/// The coupon that somebody has.
struct CouponRedemption: RequestBody {
    let code: String
    static let rules: [String: Rule] = ["code": .length(3...40)]
}

/// What a customer has with us beside open invoices; negative: a small rest that the next invoice carries.
struct CustomerBalanceList: Codable, Sendable { let data: [Money] }

extension Billing {
    func addSellerRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/operator/seller", "getSeller", "Read who sells, as invoices say it", tag: "billing",
            allow: .operators, returns: Party.self
        ) { _, tx in try TaxRateStore.seller(in: tx) ?? settings.seller }
        routes.post(
            "/v1/operator/seller", "setSeller", "Set who sells, for the next invoices", tag: "billing",
            allow: .operators, body: NewBillingDetails.self, returns: Party.self
        ) { call, tx in
            let party = try call.body.party()
            try TaxRateStore.save(party, in: tx)
            try Audit.record("seller.changed", on: .init("instance", "seller"), in: tx)
            return party
        }
        addTaxRateRoutes(to: &routes)
        addCouponRoutes(to: &routes)
        routes.get(
            "/v1/orgs/{org}/balance", "getCustomerBalance", "Read the credit that the next invoice uses",
            tag: "billing", allow: .member(.billingRead), returns: CustomerBalanceList.self
        ) { _, tx in CustomerBalanceList(data: try BalanceStore.all(in: tx)) }
        routes.post(
            "/v1/orgs/{org}/coupons", "redeemCoupon", "Redeem a coupon: the next invoices of the plan cost less",
            tag: "billing", allow: .member(.billingManage), body: CouponRedemption.self, returns: CouponResource.self,
            problems: ["coupon_not_valid", "coupon_redeemed"]
        ) { call, tx in CouponResource(try redeem(call.body.code, in: tx)) }
    }

    private func addTaxRateRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/operator/tax-rates", "listTaxRates", "List the table of tax rates", tag: "billing",
            allow: .operators, returns: TaxRateList.self
        ) { _, tx in TaxRateList(data: try TaxRateStore.all(in: tx).map(TaxRateResource.init)) }
        routes.post(
            "/v1/operator/tax-rates", "createTaxRate", "Add a tax rate: a country's, from a date on", tag: "billing",
            allow: .operators, body: NewTaxRate.self, returns: TaxRateResource.self, status: 201
        ) { call, tx in
            let rate = try Self.rate(call.body, at: tx.now)
            try TaxRateStore.insert(rate, in: tx)
            try Audit.record(
                "tax_rate.added", on: .init("tax_rate", rate.id), .object(["rate": .integer(rate.rate)]), in: tx)
            return TaxRateResource(rate)
        }
        routes.post(
            "/v1/operator/tax-rates/{rate}/end", "endTaxRate", "End a tax rate now", tag: "billing",
            allow: .operators, body: NoBody.self, returns: TaxRateList.self
        ) { call, tx in
            guard let rate = try TaxRateStore.find(try call.id("rate"), in: tx) else {
                throw Problem.notFound("tax rate")
            }
            try TaxRateStore.end(rate.id, in: tx)
            try Audit.record("tax_rate.ended", on: .init("tax_rate", rate.id), in: tx)
            return TaxRateList(data: try TaxRateStore.all(in: tx).map(TaxRateResource.init))
        }
    }

    private static func rate(_ new: NewTaxRate, at now: Timestamp) throws -> TaxRate {
        let category = new.category ?? TaxCategory.standard
        let starts = new.startsAt ?? now
        var validation = Validation()
        validation.require(
            Currency(new.country + "X") != nil, "/country", "format", "Write the two capital letters of the country.")
        validation.require(TaxCategory.isName(category), "/category", "format", TaxCategory.rule)
        validation.require(
            new.country != "IN" || new.rate.isMultiple(of: 2), "/rate", "format",
            "Half of a GST rate is CGST, so it is a multiple of two basis points.")
        validation.require(
            new.endsAt.map { $0 > starts } ?? true, "/ends_at", "range", "A rate ends after it starts.")
        try validation.check()
        return TaxRate(
            id: TaxRateID(at: now), country: new.country, region: new.region ?? "", category: category,
            name: new.name, rate: new.rate, isInclusive: new.inclusive ?? false,
            isReverseCharged: new.reverseCharge ?? false, startsAt: starts, endsAt: new.endsAt)
    }

    private func addCouponRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/operator/coupons", "listCoupons", "List the coupons that are handed out", tag: "billing",
            allow: .operators, returns: CouponList.self
        ) { _, tx in CouponList(data: try CouponStore.all(in: tx).map(CouponResource.init)) }
        routes.post(
            "/v1/operator/coupons", "createCoupon", "Add a coupon", tag: "billing", allow: .operators,
            body: NewCoupon.self, returns: CouponResource.self, status: 201, problems: ["coupon_taken"]
        ) { call, tx in
            let coupon = try Self.coupon(call.body)
            guard try CouponStore.insert(coupon, in: tx) else { throw BillingProblem.couponTaken }
            try Audit.record("coupon.added", on: .init("coupon", coupon.code), in: tx)
            return CouponResource(coupon)
        }
        routes.post(
            "/v1/operator/coupons/{coupon}/retire", "retireCoupon", "Hand a coupon out no more", tag: "billing",
            allow: .operators, body: NoBody.self, returns: CouponList.self
        ) { call, tx in
            let code = call.parameter("coupon").uppercased()
            guard try CouponStore.retire(code, in: tx) else { throw Problem.notFound("coupon") }
            try Audit.record("coupon.retired", on: .init("coupon", code), in: tx)
            return CouponList(data: try CouponStore.all(in: tx).map(CouponResource.init))
        }
    }

    private static func coupon(_ new: NewCoupon) throws -> Coupon {
        let code = new.code.uppercased()
        var validation = Validation()
        validation.require(
            code.utf8.allSatisfy(RazorpayWire.isAlphanumeric), "/code", "format", "Use letters and digits.")
        validation.require(
            (new.percent == nil) != (new.amount == nil), "/percent", "format", "Give percent or amount.")
        validation.require(
            new.amount.map { $0.amount > 0 } ?? true, "/amount", "range", "A coupon takes something off.")
        validation.require(
            (new.duration == .repeating) == (new.periods != nil), "/periods", "format",
            "Say for how many invoices a repeating coupon is, and for no other.")
        try validation.check()
        let value: Coupon.Value = new.amount.map { .amount($0) } ?? .percent(new.percent ?? 0)
        return Coupon(
            code: code, name: new.name, value: value, duration: new.duration,
            periods: new.duration == .once ? 1 : new.periods, maxRedemptions: new.maxRedemptions, redemptions: 0,
            expiresAt: new.expiresAt)
    }
}
