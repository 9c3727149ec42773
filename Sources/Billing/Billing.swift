// Billing: plans, subscriptions, invoices and the money that pays them, through its payment providers.
//
// The seller is whoever runs the instance, so the money is booked in the instance's own book; an organisation sees its
// invoices and payments. News of money comes by callback, webhook and poller, and all of it goes through `apply`.
package import Core
package import Jobs
package import Storage
package import Web

/// The feature: what it depends on, and what it adds to the product.
package struct Billing: Sendable {
    /// What the person who runs the instance decides.
    package struct Settings: Sendable {
        /// Who sells: printed on invoices; its state decides between CGST + SGST and IGST.
        package var seller: Party
        /// Where people reach this instance: the base of links in mail and of return addresses.
        package var publicURL: String
        /// How long after a payment an owner can take it back without asking.
        package var refundWindow: Milliseconds
        /// What moves the time of the instance; nil where real money is.
        package var testClock: TestClock?
        /// What keeps billing from following a clock that jumps; nil where time is moved on purpose.
        var clockGuard: ClockGuard?

        package init(seller: Party, publicURL: String, refundWindow: Milliseconds = .days(14)) {
            self.seller = seller
            self.publicURL = publicURL
            self.refundWindow = refundWindow
        }

        /// From now on billing follows the clock only as far as a second one agrees with it.
        package mutating func guardClock() { clockGuard = ClockGuard() }
    }

    let database: any Database
    let providers: PaymentProviders
    let settings: Settings

    package init(database: any Database, providers: PaymentProviders, settings: Settings) {
        self.database = database
        self.providers = providers
        self.settings = settings
    }

    /// Plans and prices are the instance's own, and everybody may read them.
    package static let visibility = [
        Visibility(readable: "plans", where: "1"),
        Visibility(readable: "plan_versions", where: "1"),
        Visibility(readable: "prices", where: "1"),
        Visibility(readable: "meters", where: "1"),
        Visibility(readable: "features", where: "1"),
        Visibility(readable: "plan_entitlements", where: "1"),
    ]

    /// Calls a minute that an organisation's plan in force allows; nil when it names no number. Scope: instance.
    package static func callsPerMinute(of organization: OrganizationID, in tx: any Transaction) throws -> Int? {
        try tx.remembering("calls \(organization)") {
            try tx.scoped(to: .organization(organization)) { tx in
                try allowance(Feature.callsPerMinute, in: tx).map { Int(clamping: $0) }
            }
        }
    }

    /// Adds the JSON operations and the provider's webhook.
    package func addRoutes(to routes: inout Routes) {
        addPlanRoutes(to: &routes)
        addCatalogueRoutes(to: &routes)
        addEntitlementRoutes(to: &routes)
        addUsageRoutes(to: &routes)
        addSubscriptionRoutes(to: &routes)
        addDetailsRoutes(to: &routes)
        addInvoiceRoutes(to: &routes)
        addOperatorInvoiceRoutes(to: &routes)
        addSellerRoutes(to: &routes)
        addPublicInvoiceRoute(to: &routes)
        addPaymentRoutes(to: &routes)
        addDisputeRoutes(to: &routes)
        addWebhookRoute(to: &routes)
        addReportRoutes(to: &routes)
        addSpendRoutes(to: &routes)
        addClockRoutes(to: &routes)
    }

    /// Adds the pages of the console.
    package func addPages(to pages: inout Pages) {
        addBillingPages(to: &pages)
        addUsagePages(to: &pages)
        addCataloguePages(to: &pages)
        addInvoicePages(to: &pages)
        addPublicInvoicePages(to: &pages)
        addOperatorInvoicePages(to: &pages)
        addPaymentPages(to: &pages)
        addDisputePages(to: &pages)
        addCallbackPage(to: &pages)
        addReportPages(to: &pages)
        addSpendPage(to: &pages)
        addSubscriptionPages(to: &pages)
        addClockPage(to: &pages)
    }

    /// Adds the jobs and their schedules.
    package func addJobs(to handlers: inout JobHandlers) throws { try addBillingJobs(to: &handlers) }
}
