// What a person is shown to pay by.
import Core
import Testing
import Web

@testable import Billing

@Suite struct CheckoutTests {
    @Test func `the live checkout allows the provider's origins and no other script`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        let page = LiveCheckout(
            invoice: invoice, order: order, address: "https://checkout.example.com/v1/checkout.js",
            origins: ["https://checkout.example.com"], keyID: "rzp_live_key")
        let headers = Dictionary(page.response.headers.map { ($0.name, $0.value) }, uniquingKeysWith: { $1 })
        let policy = headers["Content-Security-Policy"] ?? ""
        #expect(policy.contains("script-src 'self' https://checkout.example.com;"))
        #expect(policy.hasPrefix("default-src 'none'"))
        let text = String(decoding: page.response.body, as: UTF8.self)
        #expect(text.contains("data-order_id=\"\(order.remoteID ?? "?")\""))
        #expect(!text.contains("key_secret"))
    }

    @Test func `the simulator is given paths of this instance to come back to`() async throws {
        let shop = try await Shop()
        let (invoice, order) = try await shop.takePro()
        let base = "/orgs/\(shop.organization)"
        #expect(
            shop.billing.checkoutPath(order)
                == "/sandbox/razorpay/checkout/\(order.remoteID ?? "?")?callback=\(base)/billing/callback"
                + "&cancel=\(base)/invoices/\(invoice.id)")
    }
}
