// The JSON operations of what stands on invoices.
import Core
import Storage
import Web

/// What stands on invoices beside the plan.
struct NewBillingDetails: RequestBody {
    let name: String
    let address: String
    let country: String
    let state: String
    let gstin: String
    /// The registration for a tax of another country, such as VAT.
    let taxID: String?

    enum CodingKeys: String, CodingKey {
        case name, address, country, state, gstin
        case taxID = "tax_id"
    }

    static let rules: [String: Rule] = [
        "name": .length(1...100), "address": .length(0...300), "country": .length(2...2),
        "state": .all([.length(0...2), .note("The two digits of an Indian state, or a region of another country.")]),
        "gstin": .length(0...15), "tax_id": .length(0...30),
    ]
}

extension Billing {
    func addDetailsRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/billing-details", "getBillingDetails", "Read what invoices say of the organisation",
            tag: "billing", allow: .member(.billingRead), returns: Party.self
        ) { _, tx in try billingDetails(in: tx) }
        routes.post(
            "/v1/orgs/{org}/billing-details", "setBillingDetails", "Set what the next invoices say", tag: "billing",
            allow: .member(.billingManage), body: NewBillingDetails.self, returns: Party.self
        ) { call, tx in try setDetails(call.body, in: tx) }
    }

    func billingDetails(in tx: any Transaction) throws -> Party {
        try SubscriptionStore.details(in: tx) ?? Party(name: try SubscriptionStore.organizationName(in: tx))
    }

    /// Sets what the next invoices say; those that are finalised keep what they have.
    func setDetails(_ new: NewBillingDetails, in tx: any Transaction) throws -> Party {
        let party = try new.party()
        try SubscriptionStore.save(party, in: tx)
        try Self.note("billing_details.changed", "organization", try tx.organization(), in: tx)
        return party
    }
}

extension NewBillingDetails {
    /// The party as invoices name it, or what is wrong with it.
    func party() throws -> Party {
        var validation = Validation()
        validation.require(
            Currency(country + "X") != nil, "/country", "format", "Write the two capital letters of the country.")
        validation.require(
            country != "IN" || state.isEmpty || GST.states.contains { $0.code == state }, "/state", "not_a_choice",
            "This is no state of India.")
        validation.require(
            gstin.isEmpty || GST.isGSTIN(gstin), "/gstin", "format",
            "This is no GSTIN: 15 capital letters and digits, the last of which checks the others.")
        validation.require(
            gstin.isEmpty || gstin.hasPrefix(state), "/gstin", "state", "A GSTIN begins with the code of its state.")
        try validation.check()
        return Party(name: name, address: address, country: country, state: state, gstin: gstin, taxID: taxID ?? "")
    }
}
