// The audit log over HTTP.
import Core
import Storage
package import Web

extension Audit {
    /// Adds the JSON operations.
    package static func addRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/audit-events", "listAuditEvents", "List what was changed, newest first", tag: "audit",
            allow: .member(.auditRead),
            query: QueryParameter.paging + [QueryParameter("action", "Only records of this action.")],
            returns: Page<AuditEventResource>.self
        ) { call, tx in
            let rows = try AuditStore.page(
                of: Chain(of: tx.scope), before: call.page.after.flatMap { Int64($0) }, action: call.query("action"),
                limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { String($0.event.sequence) })
                .map { AuditEventResource($0.event, hash: $0.hash) }
        }
    }
}
