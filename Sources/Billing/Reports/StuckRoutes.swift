// The JSON operations and the page of what is stuck.
import Core
import Storage
import Web

/// Which stuck thing to do something about.
struct StuckChoice: RequestBody {
    let kind: StuckKind
    let id: String

    static let rules: [String: Rule] = ["id": .length(1...100)]
}

extension Billing {
    func addStuckRoutes(to routes: inout Routes) {
        addReport(
            "stuck", "StuckObjects", "List what does not move on by itself, with what to do about it", query: [],
            to: &routes
        ) { try stuck(in: $1) }
        routes.act(
            "/v1/operator/reports/stuck/resolve", "resolveStuckObject",
            "Do what the list says: ask the provider, give back, remind, try again", tag: "reports",
            allow: .operators, body: StuckChoice.self, returns: StuckReport.self, requiresIdempotencyKey: true,
            problems: [
                "not_found", "payment_provider_unavailable", "payment_provider_refused", "refund_too_large",
                "payment_not_captured",
            ]
        ) { call in
            try await unstick(call.body.kind, call.body.id, by: call.actor)
            return try await database.readAtLength(in: .instance) { try self.stuck(in: $0) }
        }
    }

    func addStuckPage(to pages: inout Pages) {
        let path = "/operator/reports/stuck"
        addReportPage("stuck", "Stuck objects", query: [], to: &pages) { _, tx in
            let report = try stuck(in: tx)
            let table = HTML.table(
                "Stuck objects", columns: ["What", .number("Amount"), .date("Since"), "Meaning", .actions],
                rows: report.objects.map { it in
                    let button = HTML.postButton(
                        it.action, action: path, fields: [("kind", it.kind.rawValue), ("id", it.id)], size: .small)
                    return [
                        "\(it.kind.title)<br>\(HTML.code(it.label))", it.amount.map(HTML.money) ?? .empty,
                        HTML.age(it.since, now: tx.now), "\(it.meaning)", HTML.actions([button]),
                    ]
                },
                empty: HTML.emptyState("Nothing is stuck", "What does not move on by itself appears here."))
            return (
                "What does not move on by itself, the oldest first. Each button does the next step.",
                table
            )
        }
        pages.actionAct(path, "unstick", allow: .operators) { call in
            guard let kind = StuckKind(rawValue: call.body["kind"]) else { throw Problem.notFound() }
            try await unstick(kind, call.body["id"], by: call.actor)
            return .redirect(to: path, flash: Message("Done: \(kind.action.lowercased()).").flash)
        }
    }
}
