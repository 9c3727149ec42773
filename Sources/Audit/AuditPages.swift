// The console's page of the audit log.
import Core
import Storage
package import Web

extension Audit {
    private static let pageSize = 50

    /// Adds the page of an organisation's log, the instance's for operators, and the button that verifies.
    ///
    /// Verification may take long and so runs beside the requests, on the keeper's database.
    package static func addPages(to pages: inout Pages, keeper: AuditKeeper) {
        let organization: @Sendable (Call<NoBody>) throws -> PagePlace = { call in
            let organization = try call.organization()
            return PagePlace(path: "/orgs/\(organization)/audit", api: "/v1/orgs/\(organization)/audit-events")
        }
        add(to: &pages, base: "/orgs/{org}/audit", name: "audit", allow: .member(.auditRead), keeper, organization)
        add(to: &pages, base: "/operator/audit", name: "operator-audit", allow: .operators, keeper) { _ in
            PagePlace(path: "/operator/audit", api: "/v1/operator/audit-events")
        }
    }

    /// The addresses of a chain's page and of its API.
    private struct PagePlace {
        let path: String
        let api: String
    }

    private static func add(
        to pages: inout Pages, base: String, name: String, allow: Access, _ keeper: AuditKeeper,
        _ place: @escaping @Sendable (Call<NoBody>) throws -> PagePlace
    ) {
        let query = AuditFilter.parameters + [QueryParameter("before", "Older than this sequence number.")]
        pages.page(base, name, allow: allow, query: query) { call, tx in try list(call, at: place(call), in: tx) }
        pages.actionAct(base + "/verify", name + "-verify", allow: allow, cost: 50) { call in
            let call = call.with(NoBody())
            let chain: Chain = call.role == nil ? .instance : .organization(try call.organization())
            let evidence = Evidence(publicKey: keeper.signer.publicKey)
            let report = try await keeper.database.readAtLength(in: chain.scope) { tx in
                try verify(chain, with: evidence, in: tx)
            }
            return .redirect(to: try place(call).path, flash: message(report).flash)
        }
    }

    private static func message(_ report: Report) -> Message {
        if let problem = report.firstProblem { return Message("The log was touched: \(problem).", .bad) }
        return Message(
            """
            All \(HTML.grouped(Int(clamping: report.records))) records are as they were written; \
            \(report.checkpoints == 1 ? "1 checkpoint agrees" : "\(report.checkpoints) checkpoints agree").
            """)
    }

    private static func list(_ call: Call<NoBody>, at place: PagePlace, in tx: any Transaction) throws -> PageView {
        let chain = Chain(of: tx.scope)
        // Of a filter that can't be read nothing is shown, and the field says why.
        var state = FormState()
        for parameter in AuditFilter.parameters { state.values[parameter.name] = call.query(parameter.name) ?? "" }
        var rows: [AuditStore.Stored] = []
        do {
            rows = try AuditStore.page(
                of: chain, before: call.query("before").flatMap { Int64($0) }, filter: try AuditFilter(call),
                limit: pageSize + 1, in: tx)
        } catch let problem as Problem {
            state.problems = problem.fields.map {
                FieldProblem($0.pointer.replacing("?", with: "/"), $0.code, $0.detail)
            }
        }
        let shown = rows.prefix(pageSize)
        let filter = AuditFilter.query(of: call)
        let older = rows.count > pageSize ? shown.last?.event.sequence : nil
        let table = HTML.table(
            "Records", columns: [.number("No."), "Action", "By", "About", .date("When"), "Details"],
            rows: shown.map { row($0.event, hash: $0.hash, now: tx.now) },
            empty: HTML.emptyState(
                filter.isEmpty ? "Nothing was changed yet" : "No such record",
                "Every change leaves a record here, in the same transaction: who did what, when, from where."))
        let next = older.map { "\(place.path)?\(filter.isEmpty ? "" : filter + "&")before=\($0)" }
        let query = filter.isEmpty ? "" : "?" + filter
        return PageView(
            "Audit log", section: "audit",
            lead: "Who changed what. Records are only ever added, and each one carries the hash of the one before it.",
            actions: [
                HTML.linkButton("CSV", href: "\(place.api)/export.csv\(query)"),
                HTML.linkButton("JSON Lines", href: "\(place.api)/export.jsonl\(query)"),
                HTML.postButton("Verify", action: "\(place.path)/verify"),
            ],
            """
            \(filters(at: place.path, state))\(table)\(HTML.pagination(next: next))\
            \(checkpoints(try AuditTreeStore.checkpoints(of: chain.key, limit: 5, in: tx), now: tx.now))
            """)
    }

    private static func filters(at path: String, _ state: FormState) -> HTML {
        let field = { (name: String, label: String, placeholder: String) in
            HTML.textField(name, label: label, state: state, required: false, placeholder: placeholder)
        }
        return HTML.filters(
            action: path,
            """
            \(field("action", "Action", "member.invited"))\(field("actor", "By", "user_…"))\
            \(field("target_type", "About", "invoice"))\(field("target_id", "Which", "inv_…"))\
            \(field("from", "From", "2026-11-01"))\(field("to", "Before", "2026-12-01"))
            """)
    }

    private static func checkpoints(_ checkpoints: [Checkpoint], now: Timestamp) -> HTML {
        HTML.section(
            "Checkpoints",
            lead: """
                Signed every hour and every 1,000 records. Keep one elsewhere, and nobody can change what came before \
                it unnoticed.
                """,
            HTML.table(
                "Checkpoints", columns: ["Root", .number("Records"), .date("Signed")],
                rows: checkpoints.map { checkpoint in
                    [
                        HTML.code(String(Hex.encode(checkpoint.root).prefix(16)) + "…"), "\(checkpoint.size)",
                        HTML.age(checkpoint.at, now: now),
                    ]
                },
                empty: HTML.emptyState(
                    "No checkpoint yet", "The first one is signed a minute after the first record.")))
    }

    private static func row(_ event: AuditEvent, hash: [UInt8], now: Timestamp) -> [HTML] {
        let link: HTML = event.target.kind == event.target.id ? .empty : HTML.code(event.target.id)
        return [
            "\(event.sequence)", HTML.code(event.action), "\(event.actor.display)", "\(event.target.kind) \(link)",
            HTML.age(event.at, now: now), more(event, hash: hash),
        ]
    }

    private static func more(_ event: AuditEvent, hash: [UInt8]) -> HTML {
        var pairs: [(String, HTML)] = [
            ("When", HTML.time(event.at)), ("By", "\(event.actor.kind.rawValue) \(HTML.code(event.actor.id))"),
        ]
        if let address = event.actor.address { pairs.append(("From", "\(address)")) }
        if let request = event.actor.requestID { pairs.append(("Request", HTML.code(request))) }
        pairs.append(("Hash", HTML.code(Hex.encode(hash))))
        let details = (try? JSONParser.parse(Array(event.details.utf8)))?.prettyText ?? event.details
        return """
            <details><summary>Show</summary>\(HTML.details(pairs))\(HTML.codeBlock(details, label: "Details"))</details>
            """
    }
}
