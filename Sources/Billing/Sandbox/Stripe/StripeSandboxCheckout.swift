// The checkout of the simulator of Stripe: a card number decides what happens.
import Core
import Storage
import Web

/// A card that Stripe publishes for tests.
struct StripeTestCard: Equatable {
    enum Outcome: Equatable {
        case pays
        case fails(code: String, words: String)
    }

    let outcome: Outcome
    let last4: String
    var isDisputed = false

    static let visa = StripeTestCard(outcome: .pays, last4: "4242")

    private init(outcome: Outcome, last4: String, isDisputed: Bool = false) {
        self.outcome = outcome
        self.last4 = last4
        self.isDisputed = isDisputed
    }

    /// Nil for a number that is not published.
    init?(number: String) {
        let digits = number.filter { $0 != " " && $0 != "-" }
        let last4 = String(digits.suffix(4))
        switch digits {
        case "4242424242424242", "5555555555554444", "378282246310005", "4000002500003155", "4000003560000008":
            self.init(outcome: .pays, last4: last4)
        case "4000000000000259": self.init(outcome: .pays, last4: last4, isDisputed: true)
        case "4000000000000002":
            self.init(outcome: .fails(code: "card_declined", words: "Your card was declined."), last4: last4)
        case "4000000000009995":
            self.init(
                outcome: .fails(code: "insufficient_funds", words: "Your card has insufficient funds."), last4: last4)
        case "4000000000000069":
            self.init(outcome: .fails(code: "expired_card", words: "Your card has expired."), last4: last4)
        default: return nil
        }
    }

    /// The payment methods that stand for cards in tests.
    init?(method: String) {
        let numbers = [
            "pm_card_visa": "4242424242424242", "pm_card_mastercard": "5555555555554444",
            "pm_card_chargeDeclined": "4000000000000002", "pm_card_createDispute": "4000000000000259",
            "pm_card_visa_chargeDeclinedInsufficientFunds": "4000000000009995",
        ]
        guard let number = numbers[method] else { return nil }
        self.init(number: number)
    }
}

extension StripeSandbox {
    func addCheckout(to pages: inout Pages) {
        pages.page(
            "\(Self.path)/checkout/{order}", "stripe sandbox checkout", allow: .anyone,
            query: Sandbox.returnAddresses
        ) { call, tx in try page(call, in: tx) }
        pages.action("\(Self.path)/checkout/{order}", "stripe sandbox payment", allow: .anyone) { call, tx in
            try pay(call, in: tx)
        }
    }

    private func page(_ call: Call<NoBody>, in tx: any Transaction) throws -> PageView {
        guard let intent = try StripeSandboxStore.find(call.parameter("order"), "intent", in: tx),
            let currency = Currency(intent.text("currency").uppercased())
        else { throw Problem.notFound("order") }
        let amount = Money(stored: intent.number("amount"), currency)
        let cancel = Sandbox.path(call.query("cancel"))
        let form = HTML.form(
            action: "\(Self.path)/checkout/\(intent.text("id"))", submit: "Pay \(amount.formatted)",
            HTML.hidden("callback", Sandbox.path(call.query("callback"))) + HTML.hidden("cancel", cancel)
                + HTML.hidden("payment_intent", intent.text("id"))
                + HTML.textField(
                    "card", label: "Card number", default: "4242 4242 4242 4242",
                    hint: "4000 0000 0000 0002 is declined, 4000 0000 0000 0259 is disputed afterwards.")
                + HTML.select(
                    "told", label: "What arrives",
                    options: [
                        Choice("all", "Browser and webhooks"), Choice("webhook", "Only webhooks"),
                        Choice("callback", "Only the browser"), Choice("twice", "Everything twice"),
                    ], default: "all"))
        let isPaid = !["requires_payment_method", "requires_confirmation"].contains(intent.text("status"))
        return PageView(
            "Payment simulator", isPlain: true,
            HTML.checkout(
                seller: "Simulator of Stripe", price: amount.formatted, note: intent.text("id"),
                lines: [("Total", amount.formatted)], title: "Pay by card",
                isPaid
                    ? "<p>This payment is made.</p><p>\(HTML.linkButton("Back", href: cancel))</p>"
                    : "\(form)<p>\(HTML.linkButton("Back without paying", href: cancel, style: .quiet))</p>"))
    }

    private func pay(_ call: Call<Form>, in tx: any Transaction) throws -> Response {
        let callback = Sandbox.path(call.body["callback"])
        let cancel = Sandbox.path(call.body["cancel"])
        guard let intent = try StripeSandboxStore.find(call.parameter("order"), "intent", in: tx) else {
            throw Problem.notFound("order")
        }
        let back = "\(Self.path)/checkout/\(intent.text("id"))?callback=\(callback)&cancel=\(cancel)"
        guard let card = StripeTestCard(number: call.body["card"]) else {
            return .redirect(to: back, flash: Message("That is no published test card.", .bad).flash)
        }
        let told = call.body["told"]
        if ["requires_payment_method", "requires_confirmation"].contains(intent.text("status")) {
            try pay(intent, with: card, copies: told == "twice" ? 2 : 1, isTold: told != "callback", in: tx)
        }
        if case .fails(_, let words) = card.outcome {
            return .redirect(to: back, flash: Message(words, .bad).flash)
        }
        // 307: the browser sends the same form on to the seller, as Stripe's script would.
        return told == "webhook"
            ? .redirect(to: cancel) : Response(status: 307, headers: [("Location", callback)])
    }
}
