// The outbox over HTTP.
import Core
import Storage
package import Web

extension MailFeature {
    /// Adds the JSON operations.
    package func addRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/messages", "listMessages", "List the outbox, newest first", tag: "mail",
            allow: .member(.outboxRead), query: QueryParameter.paging, returns: Page<MessageResource>.self
        ) { call, tx in
            let messages = try MailStore.page(before: call.page.after, limit: call.page.limit + 1, in: tx)
            return call.page.page(messages, key: { $0.id.text }).map { MessageResource($0) }
        }
    }
}
