// The JSON operations of entitlements: what an organisation may use, and what an operator grants it.
import Core
import Storage
import Web

/// What an organisation is granted beside its plan.
struct EntitlementGrant: RequestBody {
    /// `true`, `25`, `"unlimited"` or a text, as the feature is.
    let value: JSONValue
    let reason: String

    static let rules: [String: Rule] = [
        "value": .note("true or false, a number or \"unlimited\", or a text, as the feature's kind is."),
        "reason": .length(1...500),
    ]
}

extension Billing {
    func addEntitlementRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/entitlements", "listEntitlements", "List what the organisation may use", tag: "billing",
            allow: .member(.organizationRead), returns: EntitlementList.self
        ) { _, tx in EntitlementList(data: try Self.entitlements(in: tx)) }
        routes.get(
            "/v1/orgs/{org}/entitlements/{feature}", "getEntitlement",
            "Read what the organisation may use of one feature", tag: "billing", allow: .member(.organizationRead),
            returns: Entitlement.self
        ) { call, tx in
            guard let found = try Self.entitlement(call.parameter("feature"), in: tx) else {
                throw Problem.notFound("feature")
            }
            return found
        }
        routes.post(
            "/v1/operator/orgs/{organization}/entitlements/{feature}", "grantEntitlement",
            "Grant an organisation something beside its plan", tag: "operator", allow: .operators,
            body: EntitlementGrant.self, returns: Entitlement.self
        ) { call, tx in
            try Self.grant(
                call.body.value, of: call.parameter("feature"), to: try call.id("organization"),
                because: call.body.reason, in: tx)
        }
        routes.delete(
            "/v1/operator/orgs/{organization}/entitlements/{feature}", "withdrawEntitlement",
            "Take a grant back: what the plan says holds again", tag: "operator", allow: .operators
        ) { call, tx in
            try Self.withdraw(call.parameter("feature"), from: try call.id("organization"), in: tx)
        }
    }

    private static func grant(
        _ json: JSONValue, of code: String, to id: OrganizationID, because reason: String, in tx: any Transaction
    ) throws -> Entitlement {
        guard try SubscriptionStore.isOrganization(id, in: tx) else { throw Problem.notFound("organisation") }
        return try tx.scoped(to: .organization(id)) { tx in
            guard let feature = try EntitlementStore.features(in: tx).first(where: { $0.code == code }) else {
                throw Problem.notFound("feature")
            }
            guard let value = FeatureValue(json, feature.kind) else {
                throw Problem.invalid([
                    FieldProblem("/value", "format", "It does not fit a feature of the kind \(feature.kind.rawValue).")
                ])
            }
            try EntitlementStore.grant(value, of: code, because: reason, in: tx)
            let facts = JSONValue.object(["value": value.json, "reason": .string(reason)])
            try note("entitlement.granted", "feature", code, facts, in: tx)
            guard let entitlement = try entitlement(code, in: tx) else { throw Problem.notFound("feature") }
            return entitlement
        }
    }

    private static func withdraw(_ code: String, from id: OrganizationID, in tx: any Transaction) throws {
        guard try SubscriptionStore.isOrganization(id, in: tx) else { throw Problem.notFound("organisation") }
        try tx.scoped(to: .organization(id)) { tx in
            guard try EntitlementStore.withdraw(code, in: tx) else { throw Problem.notFound("grant") }
            try note("entitlement.withdrawn", "feature", code, in: tx)
        }
    }
}
