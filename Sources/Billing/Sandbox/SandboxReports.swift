// The simulator's disputes, settlements, combined report and payment links, as Razorpay's API shows them.
import Core
import Storage
import Web

/// A payment link: a page for the order behind it.
struct SandboxLink: Sendable {
    let id: String
    let reference: String?
    let order: String
    let description: String
    let callback: String
    let createdAt: Timestamp

    func json(_ order: SandboxOrder, _ payments: [SandboxPayment], base: String) -> JSONValue {
        let made = payments.filter(\.isCaptured).map { payment in
            JSONValue.object([
                "payment_id": .string(payment.id), "amount": .integer(payment.amount.amount),
                "status": .string("captured"), "method": .string(payment.method),
                "created_at": .integer(payment.createdAt.seconds),
            ])
        }
        return .object([
            "id": .string(id), "entity": .string("payment_link"), "amount": .integer(order.amount.amount),
            "amount_paid": .integer(order.paid), "currency": .string(order.amount.currency.code),
            "reference_id": .string(reference ?? ""), "description": .string(description),
            "short_url": .string("\(base)\(Sandbox.path)/links/\(id)"),
            "status": .string(order.status == .paid ? "paid" : "created"),
            "payments": made.isEmpty ? .null : .array(made), "order_id": .string(order.id),
            "notes": .array([]), "created_at": .integer(createdAt.seconds),
        ])
    }
}

extension Sandbox {
    func addReportRoutes(to routes: inout Routes) {
        get("/v1/disputes", "sandboxListDisputes", "List the simulator's disputes", query: Self.paging, to: &routes) {
            call, tx in
            let (count, skip) = try Self.page(call)
            return collection(try SandboxStore.disputes(count: count, skip: skip, in: tx).map(\.json))
        }
        get("/v1/disputes/{id}", "sandboxGetDispute", "Read a dispute of the simulator", to: &routes) { call, tx in
            guard let dispute = try SandboxStore.dispute(call.parameter("id"), in: tx) else {
                throw SandboxError.unknownID
            }
            return dispute.json
        }
        get(
            "/v1/settlements", "sandboxListSettlements", "List the simulator's settlements", query: Self.paging,
            to: &routes
        ) { call, tx in
            let (count, skip) = try Self.page(call)
            return collection(try SandboxStore.settlements(count: count, skip: skip, in: tx).map(\.json))
        }
        get("/v1/settlements/{id}", "sandboxGetSettlement", "Read a settlement of the simulator", to: &routes) {
            call, tx in
            guard let settlement = try SandboxStore.settlement(call.parameter("id"), in: tx) else {
                throw SandboxError.unknownID
            }
            return settlement.json
        }
        get(
            "/v1/settlements/recon/combined", "sandboxGetReport", "Read the simulator's report of a day",
            query: [
                QueryParameter("year", "The year, in India.", .integer(2000...2999), isRequired: true),
                QueryParameter("month", "The month.", .integer(1...12), isRequired: true),
                QueryParameter("day", "The day; the whole month without it.", .integer(1...31)),
                QueryParameter("count", "How many lines at most; 1000 unless given.", .integer(1...1000)),
                QueryParameter("skip", "How many to leave out.", .integer(0...1_000_000)),
            ], to: &routes
        ) { call, tx in
            let (from, until) = try Self.span(call)
            let count = call.query("count").flatMap { Int($0) } ?? 1000
            let skip = call.query("skip").flatMap { Int($0) } ?? 0
            return collection(
                try SandboxStore.lines(from: from, until: until, count: count, skip: skip, in: tx).map(\.json))
        }
        addLinkRoutes(to: &routes)
    }

    /// The instants between which a day or a month lies in India.
    private static func span(_ call: Call<NoBody>) throws -> (Timestamp, Timestamp) {
        func number(_ name: String) -> Int? { call.query(name).flatMap { Int($0) } }
        guard let year = number("year"), let month = number("month"),
            let first = CivilDate(year: year, month: month, day: number("day") ?? 1)
        else { throw SandboxError("The date is none", field: "day") }
        let days = number("day") == nil ? CivilDate.days(inMonth: month, of: year) : 1
        let start = first.startOfDay.adding(.minutes(-330))
        return (start, start.adding(.days(Int64(days))))
    }

    private func addLinkRoutes(to routes: inout Routes) {
        post("/v1/payment_links", "sandboxCreateLink", "Create a payment link in the simulator", to: &routes) {
            call, tx in
            try shown(try createLink(call, in: tx), in: tx)
        }
        get(
            "/v1/payment_links", "sandboxListLinks", "List the simulator's payment links",
            query: Self.paging + [QueryParameter("reference_id", "Only the link of this reference.")], to: &routes
        ) { call, tx in
            let (count, skip) = try Self.page(call)
            let links = try SandboxStore.links(
                reference: call.query("reference_id"), count: count, skip: skip, in: tx)
            return .object(["payment_links": .array(try links.map { try shown($0, in: tx) })])
        }
        get("/v1/payment_links/{id}", "sandboxGetLink", "Read a payment link of the simulator", to: &routes) {
            call, tx in
            guard let link = try SandboxStore.link(call.parameter("id"), in: tx) else { throw SandboxError.unknownID }
            return try shown(link, in: tx)
        }
    }

    private func shown(_ link: SandboxLink, in tx: any Transaction) throws -> JSONValue {
        link.json(
            try order(link.order, in: tx), try SandboxStore.payments(of: link.order, in: tx), base: ownURL())
    }

    private func createLink(_ call: Call<AnyDocument>, in tx: any Transaction) throws -> SandboxLink {
        let fields = try SandboxFields(
            call,
            allowed: [
                "amount", "currency", "reference_id", "description", "accept_partial", "customer", "notify", "notes",
                "callback_url", "callback_method", "expire_by", "reminder_enable",
            ])
        guard let currency = (fields["currency"]?.stringValue ?? "INR").nonEmpty.flatMap({ Currency($0) }),
            let amount = try fields.amount(currency)
        else { throw SandboxError("The amount field is required.", field: "amount") }
        let reference = try fields.text("reference_id", limit: 40)
        if let reference, try !SandboxStore.links(reference: reference, count: 1, skip: 0, in: tx).isEmpty {
            throw SandboxError("payment link with given reference_id already exists", field: "reference_id")
        }
        let order = SandboxOrder(
            id: RemoteID.make("order_"), receipt: nil, status: .created, capture: .automatic, amount: amount, paid: 0,
            attempts: 0, notes: .object([]), createdAt: tx.now)
        try SandboxStore.insert(order, in: tx)
        let link = SandboxLink(
            id: RemoteID.make("plink_"), reference: reference, order: order.id,
            description: try fields.text("description", limit: 2048) ?? "",
            callback: try fields.text("callback_url", limit: 500) ?? "", createdAt: tx.now)
        try SandboxStore.insert(link, in: tx)
        return link
    }

    /// A paid order of a link tells of the link as well.
    func tellOfLink(_ order: SandboxOrder, _ payment: SandboxPayment, copies: Int, in tx: any Transaction) throws {
        guard let link = try SandboxStore.link(ofOrder: order.id, in: tx) else { return }
        let shown = link.json(order, [payment], base: ownURL())
        try tell(
            "payment_link.paid", [("payment_link", shown), ("order", order.json), ("payment", payment.json)],
            copies: copies, in: tx)
    }

    /// The page of a link is the checkout of its order.
    func addLinkPage(to pages: inout Pages) {
        pages.page("\(Self.path)/links/{link}", "sandbox payment link", allow: .anyone) { call, tx in
            guard let link = try SandboxStore.link(call.parameter("link"), in: tx) else {
                throw Problem.notFound("link")
            }
            let order = try order(link.order, in: tx)
            return PageView(
                "Payment link", isPlain: true,
                HTML.checkout(
                    seller: "Simulator", price: order.amount.formatted, note: link.description,
                    lines: [("Total", order.amount.formatted)], title: "Pay by link",
                    order.status == .paid
                        ? "<p>This link is paid.</p>"
                        : HTML.linkButton(
                            "Go on to pay", href: "\(Self.path)/checkout/\(order.id)", style: .primary, size: .wide)))
        }
    }
}

extension String {
    /// Nil for an empty text.
    fileprivate var nonEmpty: String? { isEmpty ? nil : self }
}
