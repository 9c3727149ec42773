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

/// A webhook of the simulator, as it is sent.
struct SandboxEvent: Codable, Sendable {
    /// The value of `X-Razorpay-Event-Id`.
    let id: String
    let type: String
    /// The body, byte for byte.
    let body: String
    /// The value of `X-Razorpay-Signature`.
    var signature = ""
    let createdAt: Timestamp
    let deliveredAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, type, body, signature
        case createdAt = "created_at"
        case deliveredAt = "delivered_at"
    }
}

/// The newest webhooks of the simulator.
struct SandboxEventList: Codable, Sendable {
    let data: [SandboxEvent]
}

extension Sandbox {
    /// The signature of a webhook's body.
    func signature(of body: String) -> String {
        RazorpaySignature.sign(Array(body.utf8), secret: credentials.webhookSecrets.first ?? "")
    }

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
        routes.get(
            "\(Self.path)/events", "listSandboxEvents", "List the simulator's newest webhooks", tag: "sandbox",
            allow: .operators, returns: SandboxEventList.self
        ) { _, tx in
            SandboxEventList(
                data: try SandboxStore.events(limit: 100, in: tx).map { event in
                    var event = event
                    event.signature = signature(of: event.body)
                    return event
                })
        }
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
                actions: [HTML.linkButton("Chaos panel", href: "\(Self.path)/panel")],
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
