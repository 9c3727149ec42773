// A payment with what happened to it, giving it back, and the browser's way back from the checkout.
import Core
import Storage
import Web

extension Billing {
    func addPaymentPages(to pages: inout Pages) {
        pages.page("/orgs/{org}/payments/{payment}", "payment", allow: .member(.billingRead)) { call, tx in
            try page(
                try payment(try call.id("payment"), in: tx), call, isOperator: call.principal?.isOperator ?? false,
                in: tx)
        }
        pages.actionAct("/orgs/{org}/payments/{payment}/refunds", "refund", allow: .member(.billingManage)) { call in
            try await refund(call)
        }
    }

    private func refund(_ call: Call<Form>) async throws -> Response {
        let payment: PaymentID = try call.id("payment")
        let typed = call.body["amount"]
        let amount = typed.isEmpty ? nil : Self.minorUnits(typed)
        if !typed.isEmpty, amount == nil {
            throw Problem.invalid([FieldProblem("/amount", "format", "Write an amount such as 499.00.")])
        }
        let wish = RefundWish(
            payment: payment, amount: amount, reason: String(call.body["reason"].prefix(300)),
            isOperator: call.principal?.isOperator ?? false)
        let done = try await refund(wish, of: try call.organization(), by: call.actor)
        let flash =
            switch done.state {
            case .rejected, .failed: Message("The payment provider refused the refund. Nothing was changed.", .bad)
            case .planned: Message("The payment provider does not answer yet. The refund is asked for again.", .warn)
            case .pending, .processed: Message("\(done.amount.formatted) is on its way back.")
            }
        return .redirect(to: "/orgs/\(try call.organization())/payments/\(payment)", flash: flash.flash)
    }

    /// `499`, `499.5` and `499.50` as minor units of a currency with two decimals; nil for anything else.
    static func minorUnits(_ text: String) -> Int64? {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), text.utf8.count <= 16,
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy { (48...57).contains($0) } }),
            parts.count == 1 || parts[1].utf8.count <= 2, let whole = Int64(parts[0])
        else { return nil }
        let digits = parts.count == 1 ? "00" : String(parts[1]) + (parts[1].utf8.count == 1 ? "0" : "")
        let (product, overflow) = whole.multipliedReportingOverflow(by: 100)
        guard !overflow, let cents = Int64(digits), product <= Money.limit - cents else { return nil }
        return product + cents
    }

    private func page(
        _ it: Payment, _ call: Call<NoBody>, isOperator: Bool, in tx: any Transaction
    ) throws -> PageView {
        let base = "/orgs/\(try tx.organization())"
        let invoice = try invoice(it.invoice, in: tx)
        let refunds = try PaymentStore.refunds(of: it.id, in: tx)
        let isInWindow = it.capturedAt.map { $0.adding(settings.refundWindow) >= tx.now } ?? false
        let mayRefund =
            call.role?.allows(.billingManage) == true && it.state == .captured
            && it.refundable.amount >= Self.leastRefund && (isInWindow || isOperator)
        var rows: [(String, HTML)] = [
            ("Invoice", HTML.link(invoice.number, href: "\(base)/invoices/\(invoice.id)")),
            ("Amount", HTML.money(it.amount)), ("Method", "\(it.method)"),
            ("Id", HTML.copyable(it.id.text)), ("Id at the provider", HTML.copyable(it.remoteID)),
        ]
        if let error = it.errorText { rows.append(("Why it failed", "\(error)")) }
        if it.refundReserved > 0 {
            rows.append(("Given back", HTML.money(Money(stored: it.refundReserved, it.amount.currency))))
        }
        let aside = mayRefund ? refundForm(it, base) : .empty
        return PageView(
            "Payment of \(it.amount.formatted)", section: "billing", crumbs: [Link("Billing", "\(base)/billing")],
            badge: it.badge,
            HTML.columns(
                main: HTML.panel(HTML.details(rows))
                    + HTML.section("What happened", HTML.timeline(history(it, refunds))),
                aside: aside))
    }

    private func refundForm(_ it: Payment, _ base: String) -> HTML {
        HTML.panel(
            "Give money back",
            HTML.form(
                action: "\(base)/payments/\(it.id)/refunds", submit: "Refund", style: .danger,
                """
                \(HTML.textField("amount", label: "Amount",
                    hint: "At most \(it.refundable.formatted); all of it if empty.", required: false))\
                \(HTML.textField("reason", label: "Reason", required: false))
                """))
    }

    private func history(_ it: Payment, _ refunds: [Refund]) -> [TimelineItem] {
        var items = refunds.map { refund in
            TimelineItem(
                "Refund of \(refund.amount.formatted): \(refund.state.rawValue)", at: refund.createdAt,
                by: refund.requestedBy, tone: refund.state == .failed || refund.state == .rejected ? .bad : .info,
                detail: refund.reason.isEmpty ? nil : "\(refund.reason)")
        }
        if let captured = it.capturedAt {
            items.append(
                TimelineItem(
                    it.isApplied ? "<b>Captured</b>, and the invoice paid" : "<b>Captured</b>, but nothing was owed",
                    at: captured, tone: .good,
                    detail: it.fee.map { "The provider kept \(Money(stored: $0, it.amount.currency).formatted)." }))
        }
        if it.state == .failed { items.append(TimelineItem("Failed", at: it.createdAt, tone: .bad)) }
        items.append(TimelineItem("First heard of", at: it.createdAt))
        return items
    }

    // MARK: The way back

    /// The provider's page sends the browser here. It comes from another site, without our cookie; the signature says
    /// all there is to say.
    func addCallbackPage(to pages: inout Pages) {
        pages.actionAct(
            "/orgs/{org}/billing/callback", "payment callback", allow: .anyone, acceptsCrossSite: true
        ) { call in
            let organization = try call.organization()
            let intent = call.body["payment_intent"]
            if !intent.isEmpty { return try await callback(ofOrder: intent, organization, by: call.actor) }
            let proof = CheckoutProof(
                orderID: call.body["razorpay_order_id"], paymentID: call.body["razorpay_payment_id"],
                signature: call.body["razorpay_signature"])
            guard proof.orderID.utf8.count <= 40, (1...40).contains(proof.paymentID.utf8.count),
                proof.paymentID.utf8.allSatisfy({ RazorpayWire.isAlphanumeric($0) || $0 == 95 })
            else { throw BillingProblem.signature }
            return try await callback(proof, organization, by: call.actor)
        }
    }

    /// The browser only says which order to ask about; nothing else that it brings is believed.
    private func callback(
        ofOrder remoteID: String, _ organization: OrganizationID, by actor: Actor
    ) async throws -> Response {
        let found = try database.read(in: .organization(organization)) { tx in
            try providers.all.compactMap { try PaymentStore.order(provider: $0.account, remoteID: remoteID, in: tx) }
                .first
        }
        guard let order = found, order.organization == organization else { throw BillingProblem.signature }
        do { try await check(order, by: actor) } catch is ProviderError {
            // The poller asks again; the person sees what is known.
        }
        let payments = try database.read(in: .organization(organization)) { tx in
            try PaymentStore.payments(of: order.invoice, in: tx)
        }
        return Self.back(organization, order.invoice, payments.max { $0.state < $1.state })
    }

    private static func back(
        _ organization: OrganizationID, _ invoice: InvoiceID, _ payment: Payment?
    ) -> Response {
        let flash =
            switch payment?.state {
            case .captured: Message("\(payment?.amount.formatted ?? "The payment") was received. Thank you.")
            case .failed, .autoRefunded: Message("The payment failed. Nothing was charged; try again.", .bad)
            case .created, .authorized, nil: Message("The bank is still working on the payment.", .info)
            }
        return .redirect(to: "/orgs/\(organization)/invoices/\(invoice)", flash: flash.flash)
    }

    private func callback(
        _ proof: CheckoutProof, _ organization: OrganizationID, by actor: Actor
    ) async throws -> Response {
        let billing = "/orgs/\(organization)/billing"
        do {
            let payment = try await confirm(proof, of: organization, by: actor)
            return Self.back(organization, payment.invoice, payment)
        } catch BillingProblem.providerUnavailable {
            return .redirect(
                to: billing,
                flash: Message("The payment is being confirmed; that takes a few minutes.", .info).flash)
        }
    }
}
