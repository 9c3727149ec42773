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

    static let rules: [String: Rule] = [
        "name": .length(1...100), "address": .length(0...300), "country": .length(2...2),
        "state": .oneOf([""] + GST.states.map(\.code)), "gstin": .length(0...15),
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
        var validation = Validation()
        validation.require(
            Currency(new.country + "X") != nil, "/country", "format", "Write the two capital letters of the country.")
        validation.require(
            new.gstin.isEmpty || new.gstin.utf8.count == 15 && new.gstin.utf8.allSatisfy(RazorpayWire.isAlphanumeric),
            "/gstin", "format", "A GSTIN has 15 letters and digits.")
        validation.require(
            new.gstin.isEmpty || new.gstin.hasPrefix(new.state), "/gstin", "state",
            "A GSTIN begins with the code of its state.")
        try validation.check()
        let party = Party(
            name: new.name, address: new.address, country: new.country, state: new.state, gstin: new.gstin)
        try SubscriptionStore.save(party, in: tx)
        try Self.note("billing_details.changed", "organization", try tx.organization(), in: tx)
        return party
    }
}
