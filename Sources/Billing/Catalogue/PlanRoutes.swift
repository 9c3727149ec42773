// The JSON operations of the catalogue.
import Core
import Storage
import Web

extension Billing {
    func addPlanRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/plans", "listPlans", "List the plans on sale", tag: "billing", allow: .anyone, returns: PlanList.self
        ) { _, tx in PlanList(data: try PlanStore.all(in: tx).map(PlanResource.init)) }
    }
}
