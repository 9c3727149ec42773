// The payment simulator: a provider inside the binary that speaks Razorpay's wire format.
//
// It knows nothing of billing: orders, payments and refunds live in tables of its own, billing reaches it over HTTP
// like the real one, and its webhooks come back over HTTP. It is only there when the instance runs in sandbox mode.
package import AsyncHTTPClient
import Core
package import Jobs
package import Storage
package import Web

/// The simulator: routes under `/sandbox/razorpay`, a checkout page, and a job that sends webhooks.
package struct Sandbox: Sendable {
    let database: any Database
    let client: HTTPClient
    let credentials: RazorpayCredentials
    /// Where this instance listens, for webhooks to itself: `http://127.0.0.1:8090`.
    let ownURL: @Sendable () -> String

    package init(
        database: any Database, client: HTTPClient, credentials: RazorpayCredentials,
        ownURL: @escaping @Sendable () -> String
    ) {
        self.database = database
        self.client = client
        self.credentials = credentials
        self.ownURL = ownURL
    }

    /// Where the simulator's API begins, below the address of the instance.
    package static let path = "/sandbox/razorpay"

    /// Where people pay in the simulator.
    package static let checkout = PaymentProvider.Checkout.page(path: "\(path)/checkout")

    /// Adds the API that speaks Razorpay's wire format.
    package func addRoutes(to routes: inout Routes) {
        addOrderRoutes(to: &routes)
        addPaymentRoutes(to: &routes)
        addKeysRoute(to: &routes)
        addReportRoutes(to: &routes)
        addChaosRoutes(to: &routes)
    }

    /// Adds the checkout, and a page with the keys for operators.
    package func addPages(to pages: inout Pages) {
        addCheckout(to: &pages)
        addKeysPage(to: &pages)
        addLinkPage(to: &pages)
        addPanel(to: &pages)
    }

    /// Adds the job that sends webhooks.
    package func addJobs(to handlers: inout JobHandlers) { addWebhookJobs(to: &handlers) }
}
