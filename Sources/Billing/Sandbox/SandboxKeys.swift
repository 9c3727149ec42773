// How programs get at the simulator: its address and keys, for whoever runs the instance.
import Core
import Storage
import Web

/// What a client library is set up with.
struct SandboxKeys: Codable, Sendable {
    let baseURL: String
    let keyID: String
    let keySecret: String
    let webhookSecret: String

    enum CodingKeys: String, CodingKey {
        case baseURL = "base_url"
        case keyID = "key_id"
        case keySecret = "key_secret"
        case webhookSecret = "webhook_secret"
    }
}

extension Sandbox {
    var keys: SandboxKeys {
        SandboxKeys(
            baseURL: ownURL() + Self.path, keyID: credentials.keyID, keySecret: credentials.keySecret,
            webhookSecret: credentials.webhookSecrets.first ?? "")
    }

    func addKeysRoute(to routes: inout Routes) {
        routes.get(
            "\(Self.path)/keys", "getSandboxKeys", "Read the simulator's address and keys", tag: "sandbox",
            allow: .operators, returns: SandboxKeys.self
        ) { _, _ in keys }
    }

    func addKeysPage(to pages: inout Pages) {
        pages.page(Self.path, "payment simulator", allow: .operators) { _, tx in
            let keys = keys
            let orders = try SandboxStore.orders(receipt: nil, count: 25, skip: 0, in: tx)
            let example = """
                import razorpay
                client = razorpay.Client(auth=("\(keys.keyID)", "…"), base_url="\(keys.baseURL)")
                client.order.create({"amount": 49900, "currency": "INR", "receipt": "first"})
                """
            let table = HTML.table(
                "Orders", columns: ["Order", "Receipt", "State", .number("Amount"), .date("Made")],
                rows: orders.map { order in
                    [
                        HTML.rowLink(order.id, href: "\(Self.path)/checkout/\(order.id)"), "\(order.receipt ?? "")",
                        HTML.badge(order.status.rawValue, order.status == .paid ? .good : .neutral),
                        HTML.money(order.amount), HTML.time(order.createdAt),
                    ]
                },
                empty: HTML.emptyState("No orders yet", "One appears here when somebody takes a plan."))
            return PageView(
                "Payment simulator", section: "operator",
                lead: "Speaks the payment provider's language, so its own client libraries work. No money moves.",
                HTML.panel(
                    HTML.details([
                        ("Address", HTML.copyable(keys.baseURL)), ("Key id", HTML.copyable(keys.keyID)),
                        ("Key secret", HTML.copyable(keys.keySecret)),
                        ("Webhook secret", HTML.copyable(keys.webhookSecret)),
                    ])) + HTML.codeBlock(example, label: "With the official Python client")
                    + HTML.section("Orders", table))
        }
    }
}
