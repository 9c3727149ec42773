// Orders of the simulator.
import Core
import Storage
import Web

extension Sandbox {
    func addOrderRoutes(to routes: inout Routes) {
        post("/v1/orders", "sandboxCreateOrder", "Create an order in the simulator", to: &routes) { call, tx in
            try createOrder(call, in: tx).json
        }
        get(
            "/v1/orders", "sandboxListOrders", "List the simulator's orders",
            query: Self.paging + [QueryParameter("receipt", "Only the order of this receipt.")],
            to: &routes
        ) { call, tx in
            let (count, skip) = try Self.page(call)
            return collection(
                try SandboxStore.orders(receipt: call.query("receipt"), count: count, skip: skip, in: tx)
                    .map(\.json))
        }
        get("/v1/orders/{id}", "sandboxGetOrder", "Read an order of the simulator", to: &routes) { call, tx in
            try order(call.parameter("id"), in: tx).json
        }
        get("/v1/orders/{id}/payments", "sandboxListOrderPayments", "List the payments of an order", to: &routes) {
            call, tx in
            collection(try SandboxStore.payments(of: try order(call.parameter("id"), in: tx).id, in: tx).map(\.json))
        }
    }

    /// How Razorpay pages.
    static let paging = [
        QueryParameter("count", "How many at most, 1 to 100; 10 unless given.", .integer(1...100)),
        QueryParameter("skip", "How many to leave out.", .integer(0...1_000_000)),
        QueryParameter("from", "Not used here.", .integer(0...9_999_999_999)),
        QueryParameter("to", "Not used here.", .integer(0...9_999_999_999)),
    ]

    static func page(_ call: Call<NoBody>) throws -> (count: Int, skip: Int) {
        (call.query("count").flatMap { Int($0) } ?? 10, call.query("skip").flatMap { Int($0) } ?? 0)
    }

    func order(_ id: String, in tx: any Transaction) throws -> SandboxOrder {
        guard let order = try SandboxStore.order(id, in: tx) else { throw SandboxError.unknownID }
        return order
    }

    private func createOrder(_ call: Call<AnyDocument>, in tx: any Transaction) throws -> SandboxOrder {
        let fields = try SandboxFields(
            call, allowed: ["amount", "currency", "receipt", "notes", "partial_payment", "payment", "payment_capture"])
        guard let currency = fields["currency"]?.stringValue.flatMap({ Currency($0) }) else {
            throw SandboxError("The currency is not supported", field: "currency")
        }
        guard let amount = try fields.amount(currency) else {
            throw SandboxError("The amount field is required.", field: "amount")
        }
        let receipt = try fields.text("receipt", limit: 40)
        if let receipt, try !SandboxStore.orders(receipt: receipt, count: 1, skip: 0, in: tx).isEmpty {
            throw SandboxError("Receipt should be unique", field: "receipt")
        }
        let isManual =
            fields["payment"]?["capture"]?.stringValue == "manual" || fields["payment_capture"]?.integerValue == 0
            || fields["payment_capture"]?.boolValue == false
        let order = SandboxOrder(
            id: RemoteID.make("order_"), receipt: receipt, status: .created, capture: isManual ? .manual : .automatic,
            amount: amount, paid: 0, attempts: 0, notes: try fields.notes(), createdAt: tx.now)
        try SandboxStore.insert(order, in: tx)
        return order
    }
}
