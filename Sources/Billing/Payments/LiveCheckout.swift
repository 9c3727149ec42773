// The page that opens the provider's own checkout, in live mode.
import Core
import Web

/// The one page that may run another site's script.
///
/// The script draws the button, opens the provider's frame and posts the result to our callback, so nothing inline is
/// needed. The page's policy allows the provider's origins and nothing else beside our own.
struct LiveCheckout {
    let invoice: Invoice
    let order: PaymentOrder
    /// Where the script is.
    let address: String
    /// What the script may talk to and frame.
    let origins: [String]
    let keyID: String
    /// What lets Stripe's script draw the form of this order; nil for Razorpay.
    var secret: String?

    /// The names that the console serves its files under whatever their content.
    private static let assets = Assets(
        css: "/assets/app.css", js: "/assets/app.js", theme: "/assets/theme.js", icon: "/assets/favicon.svg")

    var response: Response {
        var response = Response.html(HTML.document("Pay \(invoice.number)", Self.assets, body))
        response.headers.append(("Content-Security-Policy", policy))
        return response
    }

    /// The provider's script styles what it draws from within, which is why inline styles are allowed here.
    var policy: String {
        let all = origins.joined(separator: " ")
        return "default-src 'none'; script-src 'self' \(all); frame-src \(all); connect-src 'self' \(all); "
            + "img-src 'self' data: \(all); style-src 'self' 'unsafe-inline'; font-src 'self' \(all); "
            + "form-action 'self' \(all); frame-ancestors 'none'; base-uri 'none'"
    }

    private var body: HTML {
        let base = "/orgs/\(order.organization)"
        let form: HTML =
            secret.map { element($0, base) } ?? """
                <form method="post" action="\(base)/billing/callback"><script src="\(address)" data-key="\(keyID)" \
                data-order_id="\(order.remoteID ?? "")" data-amount="\(String(order.amount.amount))" \
                data-currency="\(order.amount.currency)" data-name="\(invoice.seller.name)" \
                data-description="Invoice \(invoice.number)" data-buttontext="Pay \(order.amount.formatted)"></script>\
                <noscript><p>The payment provider needs script. Pay from a browser that runs it.</p></noscript></form>\
                <p>\(HTML.link("Back to the invoice", href: "\(base)/invoices/\(invoice.id)"))</p>
                """
        let lines: [(HTML, String)] = [
            ("Invoice \(invoice.number)", invoice.subtotal.formatted), ("Tax", invoice.tax.formatted),
            ("Total", invoice.amountDue.formatted),
        ]
        return HTML.checkout(
            seller: invoice.seller.name, price: invoice.amountDue.formatted, note: "Invoice \(invoice.number)",
            lines: lines, title: secret == nil ? "Pay with Razorpay" : "Pay with Stripe", form)
    }

    /// Where our script has Stripe's draw its form; when that is done it submits the outer one.
    private func element(_ secret: String, _ base: String) -> HTML {
        """
        <form method="post" action="\(base)/billing/callback" id="stripe" data-key="\(keyID)" data-secret="\(secret)">\
        <input type="hidden" name="payment_intent" value="\(order.remoteID ?? "")"><div></div>\
        <p><button class="button primary wide">Pay \(order.amount.formatted)</button></p><p role="alert"></p>\
        <script src="\(address)"></script><script src="/assets/stripe.js"></script>\
        <noscript><p>The payment provider needs script. Pay from a browser that runs it.</p></noscript></form>\
        <p>\(HTML.link("Back to the invoice", href: "\(base)/invoices/\(invoice.id)"))</p>
        """
    }
}

extension Billing {
    /// The page with the provider's own form; nil for a provider whose page is elsewhere.
    func livePage(of order: PaymentOrder, _ invoice: Invoice) async throws -> Response? {
        switch providers.speaking(for: order.provider)?.checkout {
        case .script(let address, let origins, let keyID):
            return LiveCheckout(invoice: invoice, order: order, address: address, origins: origins, keyID: keyID)
                .response
        case .element(let key, let secretOf):
            let secret: String
            do {
                secret = try await secretOf(order.remoteID ?? "")
            } catch let error as ProviderError { throw BillingProblem(error) }
            return LiveCheckout(
                invoice: invoice, order: order, address: "https://js.stripe.com/v3/",
                origins: ["https://js.stripe.com", "https://api.stripe.com", "https://hooks.stripe.com"],
                keyID: key, secret: secret
            ).response
        case .page, nil: return nil
        }
    }
}
