// Payment intents and their charges, as Stripe's API shows them.
import Core
import Storage
import Web

extension StripeSandbox {
    func addIntentRoutes(to routes: inout Routes) {
        post("/v1/payment_intents", "stripeCreateIntent", "Create a payment intent in the simulator", to: &routes) {
            form, _, tx in try createIntent(form, in: tx)
        }
        get(
            "/v1/payment_intents", "stripeListIntents", "List the simulator's payment intents", query: Self.paging,
            to: &routes
        ) { call, tx in try list("intent", "/v1/payment_intents", call, in: tx) }
        get(
            "/v1/payment_intents/search", "stripeSearchIntents", "Find payment intents by their receipt",
            query: Self.paging + [QueryParameter("query", "Of the form metadata['receipt']:'…'.", isRequired: true)],
            to: &routes
        ) { call, tx in try search(call.query("query") ?? "", in: tx) }
        get("/v1/payment_intents/{id}", "stripeGetIntent", "Read a payment intent of the simulator", to: &routes) {
            call, tx in try object(call.parameter("id"), "intent", in: tx)
        }
        post(
            "/v1/payment_intents/{id}/confirm", "stripeConfirmIntent", "Pay an intent with a test payment method",
            to: &routes
        ) { form, call, tx in
            let intent = try object(call.parameter("id"), "intent", in: tx)
            let method = form["payment_method"] ?? "pm_card_visa"
            guard let card = StripeTestCard(method: method) else { throw StripeSandboxError.missing(method) }
            let paid = try pay(intent, with: card, in: tx)
            if case .fails(let code, let words) = card.outcome { throw StripeSandboxError.card(words, code) }
            return paid
        }
        post("/v1/payment_intents/{id}/capture", "stripeCaptureIntent", "Take the authorised money", to: &routes) {
            _, call, tx in try capture(try object(call.parameter("id"), "intent", in: tx), in: tx)
        }
        get(
            "/v1/charges", "stripeListCharges", "List the simulator's charges",
            query: Self.paging + [QueryParameter("payment_intent", "Only those of this intent.")], to: &routes
        ) { call, tx in
            try list("charge", "/v1/charges", call, of: call.query("payment_intent"), in: tx)
        }
        get("/v1/charges/{id}", "stripeGetCharge", "Read a charge of the simulator", to: &routes) { call, tx in
            try expanded(try object(call.parameter("id"), "charge", in: tx), call, in: tx)
        }
    }

    static let paging = [
        QueryParameter("limit", "How many at most.", .integer(1...100)),
        QueryParameter("starting_after", "The last object of the page before."),
        QueryParameter("created[gte]", "Made at this second or later.", .integer(0...9_999_999_999)),
        QueryParameter("created[lte]", "Made at this second or earlier.", .integer(0...9_999_999_999)),
    ]

    func object(_ id: String, _ kind: String, in tx: any Transaction) throws -> JSONValue {
        guard let found = try StripeSandboxStore.find(id, kind, in: tx) else { throw StripeSandboxError.missing(id) }
        return found
    }

    /// A list as Stripe answers it.
    func list(
        _ kind: String, _ url: String, _ call: Call<RawBody>, of parent: String? = nil, in tx: any Transaction
    ) throws -> JSONValue {
        func instant(_ name: String, _ end: Int64) -> Timestamp? {
            call.query(name).flatMap { Int64($0) }.map { Timestamp(milliseconds: $0 * 1000 + end) }
        }
        let limit = call.query("limit").flatMap { Int($0) } ?? 10
        var found = try StripeSandboxStore.all(
            kind, of: parent, from: instant("created[gte]", 0), until: instant("created[lte]", 999), limit: 1000,
            in: tx)
        if let after = call.query("starting_after"), let index = found.firstIndex(where: { $0.text("id") == after }) {
            found.removeFirst(index + 1)
        }
        let page = try found.prefix(limit).map { try expanded($0, call, in: tx) }
        return .object([
            "object": .string("list"), "url": .string(url), "has_more": .bool(found.count > limit),
            "data": .array(page),
        ])
    }

    /// The object with what was asked for in full.
    func expanded(_ json: JSONValue, _ call: Call<RawBody>, in tx: any Transaction) throws -> JSONValue {
        var json = json
        for name in ["expand[]", "expand[0]", "expand[1]"] {
            guard let field = call.query(name)?.split(separator: ".").last.map(String.init) else { continue }
            let kinds = ["balance_transaction": ["txn"], "source": ["charge", "refund", "dispute"]]
            for kind in kinds[field] ?? [] {
                if let full = try StripeSandboxStore.find(json.text(field), kind, in: tx) {
                    json = json.setting(field, full)
                }
            }
        }
        return json
    }

    private func createIntent(_ form: StripeForm, in tx: any Transaction) throws -> JSONValue {
        guard let currency = form["currency"].flatMap({ Currency($0.uppercased()) }) else {
            throw StripeSandboxError("Missing required param: currency.", code: "parameter_missing")
        }
        guard let amount = form["amount"].flatMap({ Int64($0) }), let money = Money(amount, currency), amount >= 50
        else { throw StripeSandboxError("This amount is too small or no integer.", code: "amount_too_small") }
        let id = "pi_" + Base62.random(24)
        let intent: JSONValue = .object([
            "id": .string(id), "object": .string("payment_intent"), "amount": .integer(money.amount),
            "amount_received": .integer(0), "capture_method": .string(form["capture_method"] ?? "automatic"),
            "client_secret": .string("\(id)_secret_\(Base62.random(24))"), "created": .integer(tx.now.seconds),
            "currency": .string(currency.code.lowercased()), "description": .null, "latest_charge": .null,
            "livemode": .bool(false),
            "metadata": .object(form.below("metadata").map { .init($0.name, .string($0.value)) }),
            "status": .string("requires_payment_method"),
        ])
        try StripeSandboxStore.save(id, "intent", parent: form["metadata[receipt]"] ?? "", intent, in: tx)
        try tell("payment_intent.created", intent, in: tx)
        return intent
    }

    /// Only the query that this product sends.
    private func search(_ query: String, in tx: any Transaction) throws -> JSONValue {
        let start = "metadata['receipt']:'"
        guard query.hasPrefix(start), query.hasSuffix("'"), query.utf8.count > start.utf8.count + 1 else {
            throw StripeSandboxError("The simulator only searches for metadata['receipt'].")
        }
        let receipt = String(query.dropFirst(start.utf8.count).dropLast())
        return .object([
            "object": .string("search_result"), "url": .string("/v1/payment_intents/search"),
            "has_more": .bool(false),
            "data": .array(try StripeSandboxStore.all("intent", of: receipt, limit: 10, in: tx)),
        ])
    }

    /// Tries a card: a charge comes of it, whether it is paid or not.
    @discardableResult
    func pay(
        _ intent: JSONValue, with card: StripeTestCard, copies: Int = 1, isTold: Bool = true, in tx: any Transaction
    ) throws -> JSONValue {
        guard ["requires_payment_method", "requires_confirmation"].contains(intent.text("status")) else {
            throw StripeSandboxError("The intent was paid already.", code: "payment_intent_unexpected_state")
        }
        let isManual = intent.text("capture_method") == "manual"
        let id = "ch_" + Base62.random(24)
        var failure: (code: String, words: String)?
        if case .fails(let code, let words) = card.outcome { failure = (code, words) }
        var charge: JSONValue = .object([
            "id": .string(id), "object": .string("charge"), "amount": .integer(intent.number("amount")),
            "amount_captured": .integer(0), "amount_refunded": .integer(0), "balance_transaction": .null,
            "captured": .bool(false), "created": .integer(tx.now.seconds),
            "currency": .string(intent.text("currency")), "disputed": .bool(false),
            "failure_code": failure.map { .string($0.code) } ?? .null,
            "failure_message": failure.map { .string($0.words) } ?? .null, "livemode": .bool(false),
            "metadata": intent["metadata"] ?? .object([]), "paid": .bool(failure == nil),
            "payment_intent": .string(intent.text("id")),
            "payment_method_details": .object([
                "type": .string("card"), "card": .object(["last4": .string(card.last4)]),
            ]),
            "refunded": .bool(false), "status": .string(failure == nil ? "succeeded" : "failed"),
        ])
        if failure == nil, !isManual { charge = try captured(charge, in: tx) }
        try StripeSandboxStore.save(id, "charge", parent: intent.text("id"), charge, in: tx)
        let status = failure != nil ? "requires_payment_method" : isManual ? "requires_capture" : "succeeded"
        let changed = intent.setting("status", .string(status)).setting("latest_charge", .string(id))
            .setting("amount_received", .integer(status == "succeeded" ? intent.number("amount") : 0))
        try save(intent: changed, in: tx)
        try tell(failure == nil ? "charge.succeeded" : "charge.failed", charge, copies: copies, isTold: isTold, in: tx)
        let kind = failure != nil ? "payment_failed" : isManual ? "amount_capturable_updated" : "succeeded"
        try tell("payment_intent.\(kind)", changed, copies: copies, isTold: isTold, in: tx)
        if card.isDisputed { _ = try dispute(charge, in: tx) }
        return changed
    }

    private func save(intent: JSONValue, in tx: any Transaction) throws {
        let receipt = intent["metadata"]?["receipt"]?.stringValue ?? ""
        try StripeSandboxStore.save(intent.text("id"), "intent", parent: receipt, intent, in: tx)
    }

    private func capture(_ intent: JSONValue, in tx: any Transaction) throws -> JSONValue {
        guard intent.text("status") == "requires_capture" else {
            throw StripeSandboxError("There is nothing to capture.", code: "payment_intent_unexpected_state")
        }
        let charge = try captured(try object(intent.text("latest_charge"), "charge", in: tx), in: tx)
        try StripeSandboxStore.save(charge.text("id"), "charge", parent: intent.text("id"), charge, in: tx)
        let changed = intent.setting("status", .string("succeeded"))
            .setting("amount_received", .integer(intent.number("amount")))
        try save(intent: changed, in: tx)
        try tell("charge.captured", charge, in: tx)
        try tell("payment_intent.succeeded", changed, in: tx)
        return changed
    }

    /// 2.9 % and 30 of the smallest unit, as Stripe's headline price.
    private func captured(_ charge: JSONValue, in tx: any Transaction) throws -> JSONValue {
        let amount = charge.number("amount")
        let fee = min(amount, GST.share(of: amount, 290, 10_000) + 30)
        let balance = try move(
            "charge", of: charge.text("id"), amount, fee: fee, charge.text("currency"), in: tx)
        return charge.setting("captured", .bool(true)).setting("amount_captured", .integer(amount))
            .setting("balance_transaction", .string(balance.text("id")))
    }

    /// Writes down that the balance changed.
    func move(
        _ type: String, of source: String, _ amount: Int64, fee: Int64 = 0, _ currency: String,
        in tx: any Transaction
    ) throws -> JSONValue {
        let id = "txn_" + Base62.random(24)
        let detail: JSONValue = .object([
            "amount": .integer(fee), "currency": .string(currency), "type": .string("stripe_fee"),
        ])
        let balance: JSONValue = .object([
            "id": .string(id), "object": .string("balance_transaction"), "amount": .integer(amount),
            "created": .integer(tx.now.seconds), "currency": .string(currency), "fee": .integer(fee),
            "fee_details": .array(fee > 0 ? [detail] : []), "net": .integer(amount - fee),
            "source": .string(source), "status": .string("available"), "type": .string(type),
        ])
        try StripeSandboxStore.save(id, "txn", parent: "", balance, in: tx)
        return balance
    }
}
