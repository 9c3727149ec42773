// The simulator's checkout: one button for each way in which a payment can go.
import Core
import Storage
import Web

extension Sandbox {
    /// What the person lets happen.
    enum Outcome: String {
        /// The browser comes back and the webhooks are sent.
        case success
        /// The browser is closed; only the webhooks tell.
        case webhook
        /// The webhooks are lost; only the browser tells.
        case callback
        /// Everything is told twice.
        case twice
        case failure
        /// What the published test card or UPI id says.
        case instrument
    }

    func addCheckout(to pages: inout Pages) {
        pages.page(
            "\(Self.path)/checkout/{order}", "sandbox checkout", allow: .anyone, query: Self.returnAddresses
        ) { call, tx in try checkoutPage(call, in: tx) }
        pages.action("\(Self.path)/checkout/{order}", "sandbox payment", allow: .anyone) { call, tx in
            try pay(call, in: tx)
        }
    }

    static let returnAddresses = [
        QueryParameter("callback", "Where the browser brings the result: a path of this instance."),
        QueryParameter("cancel", "Where the browser goes without paying: a path of this instance."),
    ]

    /// A path of this instance, and nothing that a browser might take for another site.
    static func path(_ text: String?) -> String {
        guard let text, text.hasPrefix("/orgs/"), text.utf8.count <= 300,
            text.utf8.allSatisfy({ RazorpayWire.isAlphanumeric($0) || $0 == 47 || $0 == 95 || $0 == 45 })
        else { return "/" }
        return text
    }

    private func known(_ id: String, in tx: any Transaction) throws -> SandboxOrder {
        guard let order = try SandboxStore.order(id, in: tx) else { throw Problem.notFound("order") }
        return order
    }

    private func checkoutPage(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        let order = try known(call.parameter("order"), in: tx)
        let callback = Self.path(call.query("callback"))
        let cancel = Self.path(call.query("cancel"))
        let body: HTML =
            order.status == .paid
            ? "<p>This order is paid.</p><p>\(HTML.linkButton("Back", href: cancel))</p>"
            : choices(order, callback: callback, cancel: cancel)
        return PageView(
            "Payment simulator", isPlain: true,
            HTML.checkout(
                seller: "Simulator", price: order.amount.formatted, note: "Order \(order.id)",
                lines: [
                    ("Receipt", order.receipt ?? "none"), ("Attempts so far", "\(order.attempts)"),
                    ("Total", order.amount.formatted),
                ],
                title: "Choose what happens", body))
    }

    /// The identifier of the payment is made with the page, and signed, so that the browser can carry the result on to
    /// the seller by itself.
    private func choices(_ order: SandboxOrder, callback: String, cancel: String) -> HTML {
        let payment = RemoteID.make("pay_")
        let signature = RazorpaySignature.sign(
            RazorpaySignature.checkout(orderID: order.id, paymentID: payment), secret: credentials.keySecret)
        let fields = [
            ("callback", callback), ("cancel", cancel), ("razorpay_order_id", order.id),
            ("razorpay_payment_id", payment), ("razorpay_signature", signature),
        ]
        let action = "\(Self.path)/checkout/\(order.id)"
        func button(_ text: String, _ outcome: Outcome, _ style: ButtonStyle) -> HTML {
            HTML.postButton(
                text, action: action, fields: fields + [("outcome", outcome.rawValue)], style: style, size: .wide)
        }
        return """
            <p class="muted">No money moves here. Each button plays one way in which a real payment can go.</p>\
            <div class="stack">\(button("Pay \(order.amount.formatted)", .success, .primary))\
            \(button("Pay, but only the webhook arrives", .webhook, .plain))\
            \(button("Pay, but only the browser comes back", .callback, .plain))\
            \(button("Pay, and everything is told twice", .twice, .plain))\
            \(button("Let the bank decline", .failure, .danger))\
            \(HTML.linkButton("Back without paying", href: cancel, style: .quiet, size: .wide))</div>\
            \(instrumentForm(action, fields))
            """
    }

    /// Pays as the published test cards and UPI ids do.
    private func instrumentForm(_ action: String, _ fields: [(String, String)]) -> HTML {
        let hidden = (fields + [("outcome", Outcome.instrument.rawValue)]).html { HTML.hidden($0.0, $0.1) }
        return HTML.form(
            action: action, submit: "Pay with it", style: .plain,
            """
            \(hidden)\(HTML.textField(
                "instrument", label: "Test card or UPI id", default: "success@razorpay",
                hint: "failure@razorpay and 4100 2800 0006 0003 are declined, 4111 1111 1111 1111 pays."))
            """)
    }

    private func pay(_ call: Call<Form>, in tx: any Transaction) throws -> Response {
        let order = try known(call.parameter("order"), in: tx)
        let callback = Self.path(call.body["callback"])
        let cancel = Self.path(call.body["cancel"])
        guard let outcome = Outcome(rawValue: call.body["outcome"]) else { throw Problem.notFound("choice") }
        let proof = CheckoutProof(
            orderID: order.id, paymentID: call.body["razorpay_payment_id"], signature: call.body["razorpay_signature"])
        let message = RazorpaySignature.checkout(orderID: order.id, paymentID: proof.paymentID)
        guard RazorpaySignature.isValid(proof.signature, of: message, secret: credentials.keySecret) else {
            throw BillingProblem.signature
        }
        let back = "\(Self.path)/checkout/\(order.id)?callback=\(callback)&cancel=\(cancel)"
        var method = "upi"
        switch outcome == .instrument ? TestInstrument(call.body["instrument"]) : .pays(method: method) {
        case nil: return .redirect(to: back, flash: Message("That is no published test card or id.", .bad).flash)
        case .fails(let used, _, let words, let code):
            try decline(order, method: used, code: code, words: words, in: tx)
            return .redirect(to: back, flash: Message(words, .bad).flash)
        case .pays(let used): method = used
        }
        if outcome == .failure {
            try decline(order, in: tx)
            return .redirect(to: back, flash: Message("The bank declined the payment.", .bad).flash)
        }
        if try SandboxStore.payment(proof.paymentID, in: tx) == nil {
            guard order.status != .paid else { return .redirect(to: cancel) }
            try accept(proof.paymentID, order, outcome, method: method, in: tx)
        }
        switch outcome {
        case .webhook: return .redirect(to: cancel)
        case .twice:
            try enqueueCallback(callback, proof, in: tx)
            return Self.carryOn(to: callback)
        default: return Self.carryOn(to: callback)
        }
    }

    /// 307: the browser sends the same form on to the seller, as the provider's page would.
    private static func carryOn(to path: String) -> Response {
        Response(status: 307, headers: [("Location", path)])
    }

    func decline(
        _ before: SandboxOrder, method: String = "card", code: String = "BAD_REQUEST_ERROR",
        words: String = "The bank declined the payment.", in tx: any Transaction
    ) throws {
        var order = before
        let payment = SandboxPayment(
            id: RemoteID.make("pay_"), order: order.id, status: .failed, amount: order.amount, refunded: 0,
            method: method, fee: nil, tax: nil, errorCode: code, errorText: words, createdAt: tx.now)
        try SandboxStore.insert(payment, in: tx)
        order.attempts += 1
        if order.status == .created { order.status = .attempted }
        try SandboxStore.update(order, in: tx)
        try tell("payment.failed", [("payment", payment.json)], in: tx)
    }

    func accept(
        _ id: String, _ before: SandboxOrder, _ outcome: Outcome, method: String = "upi", in tx: any Transaction
    ) throws {
        var order = before
        var payment = SandboxPayment(
            id: id, order: order.id, status: .authorized, amount: order.amount, refunded: 0, method: method, fee: nil,
            tax: nil, errorCode: nil, errorText: nil, createdAt: tx.now)
        order.attempts += 1
        if order.status == .created { order.status = .attempted }
        try SandboxStore.update(order, in: tx)
        try SandboxStore.insert(payment, in: tx)
        let isTold = outcome != .callback
        let copies = outcome == .twice ? 2 : 1
        if isTold { try tell("payment.authorized", [("payment", payment.json)], copies: copies, in: tx) }
        guard order.capture == .automatic else { return }
        try capture(&payment, in: tx)
        try settle(payment, copies: copies, isTold: isTold, in: tx)
    }
}
