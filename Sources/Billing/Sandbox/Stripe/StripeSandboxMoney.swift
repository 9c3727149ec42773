// Refunds, disputes, payouts and the balance of the simulator of Stripe.
import Core
import Storage
import Web

extension StripeSandbox {
    func addMoneyRoutes(to routes: inout Routes) {
        post("/v1/refunds", "stripeCreateRefund", "Give a charge or a part of it back", to: &routes) { form, _, tx in
            try refund(form, in: tx)
        }
        get("/v1/refunds/{id}", "stripeGetRefund", "Read a refund of the simulator", to: &routes) { call, tx in
            try object(call.parameter("id"), "refund", in: tx)
        }
        for (path, kind, id) in [
            ("/v1/refunds", "refund", "stripeListRefunds"), ("/v1/disputes", "dispute", "stripeListDisputes"),
            ("/v1/payouts", "payout", "stripeListPayouts"),
        ] {
            get(path, id, "List the simulator's \(kind)s", query: Self.paging, to: &routes) { call, tx in
                try list(kind, path, call, in: tx)
            }
        }
        get("/v1/disputes/{id}", "stripeGetDispute", "Read a dispute of the simulator", to: &routes) { call, tx in
            try object(call.parameter("id"), "dispute", in: tx)
        }
        get(
            "/v1/balance_transactions", "stripeListBalance", "List what changed the simulator's balance",
            query: Self.paging + [QueryParameter("payout", "Only what this payout consists of.")], to: &routes
        ) { call, tx in try list("txn", "/v1/balance_transactions", call, of: call.query("payout"), in: tx) }
    }

    private func refund(_ form: StripeForm, in tx: any Transaction) throws -> JSONValue {
        let id: String
        if let charge = form["charge"] {
            id = charge
        } else {
            id = try object(form["payment_intent"] ?? "", "intent", in: tx).text("latest_charge")
        }
        let charge = try object(id, "charge", in: tx)
        let rest = charge.number("amount_captured") - charge.number("amount_refunded")
        guard charge["disputed"]?.boolValue != true else {
            throw StripeSandboxError("The charge has been charged back.", code: "charge_disputed")
        }
        guard rest > 0 else {
            throw StripeSandboxError("The charge has already been refunded.", code: "charge_already_refunded")
        }
        guard let amount = form["amount"].map({ Int64($0) }) ?? rest, (1...rest).contains(amount) else {
            throw StripeSandboxError("The amount is greater than what is left.", code: "amount_too_large")
        }
        let chaos = try SandboxStore.chaos(in: tx)
        if chaos.isPoor == true {
            throw StripeSandboxError("Insufficient funds in the balance.", code: "balance_insufficient")
        }
        let fails = chaos.failsRefunds == true
        let refundID = "re_" + Base62.random(24)
        let balance =
            fails ? nil : try move("refund", of: refundID, -amount, charge.text("currency"), in: tx)
        let refund: JSONValue = .object([
            "id": .string(refundID), "object": .string("refund"), "amount": .integer(amount),
            "balance_transaction": balance?["id"] ?? .null, "charge": .string(id),
            "created": .integer(tx.now.seconds), "currency": .string(charge.text("currency")),
            "metadata": .object(form.below("metadata").map { .init($0.name, .string($0.value)) }),
            "payment_intent": .string(charge.text("payment_intent")), "reason": .null,
            "status": .string(fails ? "pending" : "succeeded"),
        ])
        try StripeSandboxStore.save(refundID, "refund", parent: id, refund, in: tx)
        try tell("refund.created", refund, in: tx)
        if fails {
            let failed = refund.setting("status", .string("failed"))
            try StripeSandboxStore.save(refundID, "refund", parent: id, failed, in: tx)
            try tell("refund.failed", failed, in: tx)
            return refund
        }
        let given = charge.number("amount_refunded") + amount
        let changed = charge.setting("amount_refunded", .integer(given))
            .setting("refunded", .bool(given == charge.number("amount_captured")))
        try StripeSandboxStore.save(id, "charge", parent: charge.text("payment_intent"), changed, in: tx)
        try tell("charge.refunded", changed, in: tx)
        return refund
    }

    /// Opens a dispute: Stripe always takes the money and a fee at once.
    func dispute(_ charge: JSONValue, in tx: any Transaction) throws -> JSONValue {
        let id = "du_" + Base62.random(24)
        let amount = charge.number("amount")
        let balance = try move(
            "adjustment", of: id, -amount, fee: 1500, charge.text("currency"), in: tx)
        let dispute: JSONValue = .object([
            "id": .string(id), "object": .string("dispute"), "amount": .integer(amount),
            "balance_transactions": .array([balance]), "charge": .string(charge.text("id")),
            "created": .integer(tx.now.seconds), "currency": .string(charge.text("currency")),
            "evidence_details": .object(["due_by": .integer(tx.now.adding(.days(7)).seconds)]),
            "is_charge_refundable": .bool(false), "livemode": .bool(false), "metadata": .object([]),
            "payment_intent": .string(charge.text("payment_intent")), "reason": .string("fraudulent"),
            "status": .string("needs_response"),
        ])
        try StripeSandboxStore.save(id, "dispute", parent: charge.text("id"), dispute, in: tx)
        try StripeSandboxStore.save(
            charge.text("id"), "charge", parent: charge.text("payment_intent"),
            charge.setting("disputed", .bool(true)), in: tx)
        try tell("charge.dispute.created", dispute, in: tx)
        try tell("charge.dispute.funds_withdrawn", dispute, in: tx)
        return dispute
    }

    private func decide(_ id: String, won: Bool, in tx: any Transaction) throws -> JSONValue {
        var dispute = try object(id, "dispute", in: tx)
        guard !["won", "lost"].contains(dispute.text("status")) else {
            throw StripeSandboxError("The dispute is over.", code: "dispute_closed")
        }
        dispute = dispute.setting("status", .string(won ? "won" : "lost"))
        if won {
            let back = try move("adjustment", of: id, dispute.number("amount"), dispute.text("currency"), in: tx)
            let moved = (dispute["balance_transactions"]?.arrayValue ?? []) + [back]
            dispute = dispute.setting("balance_transactions", .array(moved))
        }
        try StripeSandboxStore.save(id, "dispute", parent: dispute.text("charge"), dispute, in: tx)
        try tell("charge.dispute.closed", dispute, in: tx)
        if won { try tell("charge.dispute.funds_reinstated", dispute, in: tx) }
        return dispute
    }

    /// Pays the balance of a currency out.
    private func payOut(_ currency: String, in tx: any Transaction) throws -> JSONValue {
        let open = try StripeSandboxStore.all("txn", of: "", limit: 100_000, in: tx)
            .filter { $0.text("currency") == currency }
        let total = open.reduce(Int64(0)) { $0 + $1.number("net") }
        guard total > 0 else { throw StripeSandboxError("There is nothing to pay out.", code: "balance_insufficient") }
        let id = "po_" + Base62.random(24)
        let payout: JSONValue = .object([
            "id": .string(id), "object": .string("payout"), "amount": .integer(total),
            "arrival_date": .integer(tx.now.seconds), "created": .integer(tx.now.seconds),
            "currency": .string(currency), "livemode": .bool(false), "status": .string("paid"),
            "trace_id": .object(["status": .string("supported"), "value": .string("TR" + Base62.random(10))]),
        ])
        for balance in open { try StripeSandboxStore.save(balance.text("id"), "txn", parent: id, balance, in: tx) }
        try StripeSandboxStore.save(id, "payout", parent: "", payout, in: tx)
        try tell("payout.paid", payout, in: tx)
        return payout
    }

    // MARK: For operators

    func addOperatorRoutes(to routes: inout Routes) {
        routes.get(
            "\(Self.path)/keys", "getStripeSandboxKeys", "Read the simulator's address and keys", tag: "sandbox",
            allow: .operators, returns: StripeSandboxKeys.self
        ) { _, _ in
            StripeSandboxKeys(
                baseURL: ownURL() + Self.path, publishableKey: credentials.publishableKey,
                secretKey: credentials.secretKey, webhookSecret: credentials.webhookSecrets.first ?? "")
        }
        routes.get(
            "\(Self.path)/events", "listStripeSandboxEvents", "List the simulator's newest webhooks", tag: "sandbox",
            allow: .operators, returns: StripeSandboxEvents.self
        ) { _, tx in
            StripeSandboxEvents(
                data: try StripeSandboxStore.all("event", limit: 100, in: tx).map { event in
                    StripeSandboxEvent(
                        id: event.text("id"), type: event.text("type"), body: event.text,
                        signature: signature(of: event.bytes, at: tx.now))
                })
        }
        routes.post(
            "\(Self.path)/play", "playStripeSandboxEvent", "Let something happen at the simulator of Stripe",
            tag: "sandbox", allow: .operators, body: StripePlay.self, returns: SandboxPlayed.self,
            problems: ["simulator_refused"]
        ) { call, tx in
            do {
                return SandboxPlayed(id: try play(call.body.event, call.body.id, in: tx).text("id"))
            } catch let error as StripeSandboxError {
                throw BillingProblem.simulatorRefused(error.words)
            }
        }
    }

    private func play(_ event: StripePlay.Event, _ id: String, in tx: any Transaction) throws -> JSONValue {
        switch event {
        case .dispute: try dispute(try object(id, "charge", in: tx), in: tx)
        case .disputeWon: try decide(id, won: true, in: tx)
        case .disputeLost: try decide(id, won: false, in: tx)
        case .payout: try payOut(id, in: tx)
        }
    }
}

/// What to let happen.
struct StripePlay: RequestBody {
    enum Event: String, Codable, CaseIterable, Sendable {
        case dispute
        case disputeWon = "dispute_won"
        case disputeLost = "dispute_lost"
        case payout
    }

    let event: Event
    /// A charge, a dispute, or the currency of a payout in lower case.
    let id: String

    static let rules: [String: Rule] = ["id": .length(1...80)]
}

/// What a client library is set up with.
struct StripeSandboxKeys: Codable, Sendable {
    let baseURL: String
    let publishableKey: String
    let secretKey: String
    let webhookSecret: String

    enum CodingKeys: String, CodingKey {
        case baseURL = "base_url"
        case publishableKey = "publishable_key"
        case secretKey = "secret_key"
        case webhookSecret = "webhook_secret"
    }
}

/// A webhook as it is sent, signed for this instant.
struct StripeSandboxEvent: Codable, Sendable {
    let id: String
    let type: String
    let body: String
    let signature: String
}

/// The newest webhooks.
struct StripeSandboxEvents: Codable, Sendable {
    let data: [StripeSandboxEvent]
}
