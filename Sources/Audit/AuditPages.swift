// The console's page of the audit log.
import Core
package import Storage
package import Web

extension Audit {
    private static let pageSize = 50

    /// Adds the page of an organisation's log, the instance's for operators, and the button that verifies.
    ///
    /// `database` is for the verification, which may take long and so runs beside the requests.
    package static func addPages(to pages: inout Pages, on database: any Database) {
        let organization: @Sendable (Call<NoBody>) throws -> String = { "/orgs/\(try $0.organization())/audit" }
        add(to: &pages, base: "/orgs/{org}/audit", name: "audit", allow: .member(.auditRead), database, organization)
        add(to: &pages, base: "/operator/audit", name: "operator-audit", allow: .operators, database) { _ in
            "/operator/audit"
        }
    }

    private static func add(
        to pages: inout Pages, base: String, name: String, allow: Access, _ database: any Database,
        _ path: @escaping @Sendable (Call<NoBody>) throws -> String
    ) {
        let query = [
            QueryParameter("action", "Only records of this action."),
            QueryParameter("before", "Older than this sequence number."),
        ]
        pages.page(base, name, allow: allow, query: query) { call, tx in
            try list(
                at: path(call), action: call.query("action").flatMap { $0.isEmpty ? nil : $0 },
                before: call.query("before").flatMap { Int64($0) }, in: tx)
        }
        pages.actionAct(base + "/verify", name + "-verify", allow: allow) { call in
            let call = call.with(NoBody())
            let chain: Chain = call.role == nil ? .instance : .organization(try call.organization())
            let report = try await database.readAtLength(in: .instance) { try verify(chain, in: $0) }
            return .redirect(to: try path(call), flash: message(report).flash)
        }
    }

    private static func message(_ report: Report) -> Message {
        if let problem = report.firstProblem { return Message("The log was touched: \(problem).", .bad) }
        return Message("All \(HTML.grouped(Int(clamping: report.records))) records are as they were written.")
    }

    private static func list(at base: String, action: String?, before: Int64?, in tx: any Transaction) throws
        -> PageView
    {
        let rows = try AuditStore.page(
            of: Chain(of: tx.scope), before: before, action: action, limit: pageSize + 1, in: tx)
        let shown = rows.prefix(pageSize)
        let filter = action.map { "action=\($0.inAddress)&" } ?? ""
        let older = rows.count > pageSize ? shown.last.map { "\(base)?\(filter)before=\($0.event.sequence)" } : nil
        let table = HTML.table(
            "Records", columns: [.number("No."), "Action", "By", "About", .date("When"), "Details"],
            rows: shown.map { row($0.event, hash: $0.hash, now: tx.now) },
            empty: HTML.emptyState(
                action == nil ? "Nothing was changed yet" : "No record of this action",
                "Every change leaves a record here, in the same transaction: who did what, when, from where."))
        return PageView(
            "Audit log", section: "audit",
            lead: "Who changed what. Records are only ever added, and each one carries the hash of the one before it.",
            actions: [HTML.postButton("Verify", action: "\(base)/verify")],
            """
            \(HTML.filters(action: base, HTML.textField(
                "action", label: "Action", default: action ?? "", required: false, placeholder: "member.invited")))\
            \(table)\(HTML.pagination(next: older))
            """)
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

extension String {
    /// Percent-encoded for a query (RFC 3986 2.3).
    fileprivate var inAddress: String {
        utf8.map { byte in
            switch byte {
            case 48...57, 65...90, 97...122, 45, 46, 95, 126: String(UnicodeScalar(byte))
            default: "%" + Hex.encode([byte]).uppercased()
            }
        }.joined()
    }
}
