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
        let form: HTML = """
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
            lines: lines, title: "Pay with Razorpay", form)
    }
}
