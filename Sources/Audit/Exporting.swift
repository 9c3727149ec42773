// Records as files: comma-separated values for people, JSON Lines for programs.
import Core
import Storage
import Web

extension Audit {
    /// Records in one file; `after` continues behind them.
    static let exportLimit = 20_000

    static func addExports(to routes: inout Routes, _ place: RoutePlace, on database: any Database) {
        for format in ExportFormat.allCases {
            routes.add(
                Endpoint(
                    method: "GET", path: "\(place.base)/export.\(format.rawValue)",
                    id: "exportAuditEvents\(format.id)\(place.suffix)",
                    summary: "Export records as \(format.title), oldest first; `Link` leads to the next file",
                    tag: place.tag, access: place.allow,
                    query: AuditFilter.parameters + [
                        QueryParameter("after", "Only records above this sequence number.", .integer(0...Int64.max))
                    ],
                    output: .other(mediaType: format.mediaType, status: 200), cost: 50,
                    work: .act { call in
                        try call.requireOwnHand()
                        let filter = try AuditFilter(call)
                        let chain: Chain = call.role == nil ? .instance : .organization(try call.organization())
                        let after = call.query("after").flatMap { Int64($0) } ?? 0
                        return try await database.readAtLength(in: chain.scope) { tx in
                            try export(
                                chain, as: format, after: after, filter, path: exportPath(call, place, format), in: tx)
                        }
                    }))
        }
    }

    static func export(
        _ chain: Chain, as format: ExportFormat, after: Int64, _ filter: AuditFilter, path: String,
        limit: Int = exportLimit, in tx: any Transaction
    ) throws -> Response {
        let rows = try AuditStore.stretch(of: chain, after: after, filter: filter, limit: limit + 1, in: tx)
        var response = Response(
            status: 200,
            headers: [
                ("Content-Type", format.mediaType),
                ("Content-Disposition", "attachment; filename=\"audit-\(chain.key).\(format.rawValue)\""),
            ], body: format.file(rows.prefix(limit), of: chain))
        if rows.count > limit, let last = rows.dropLast().last {
            let sign = path.contains("?") ? "&" : "?"
            response.headers.append(("Link", "<\(path)\(sign)after=\(last.event.sequence)>; rel=\"next\""))
        }
        return response
    }

    private static func exportPath(_ call: Call<RawBody>, _ place: RoutePlace, _ format: ExportFormat) -> String {
        let base = place.base.replacing("{org}", with: call.parameter("org"))
        let query = AuditFilter.query(of: call)
        return "\(base)/export.\(format.rawValue)\(query.isEmpty ? "" : "?")\(query)"
    }
}

/// The two forms of an export.
enum ExportFormat: String, CaseIterable, Sendable {
    case csv
    case jsonLines = "jsonl"

    var id: String {
        switch self {
        case .csv: "CSV"
        case .jsonLines: "JSONLines"
        }
    }

    var title: String {
        switch self {
        case .csv: "CSV"
        case .jsonLines: "JSON Lines"
        }
    }

    var mediaType: String {
        switch self {
        case .csv: "text/csv; charset=utf-8"
        case .jsonLines: "application/jsonl"
        }
    }

    func file(_ records: ArraySlice<AuditStore.Stored>, of chain: Audit.Chain) -> [UInt8] {
        switch self {
        case .csv:
            let header = [
                "sequence", "at", "actor_type", "actor_id", "actor_display", "action", "target_type", "target_id",
                "details", "request_id", "address", "hash",
            ]
            return CSV.line(header) + records.flatMap { CSV.line(Self.cells($0)) }
        case .jsonLines:
            return records.flatMap { record in
                let line = ExportedRecord(
                    record: AuditEventResource(record.event, hash: record.hash),
                    canonical: String(decoding: record.event.canonical(chain: chain), as: UTF8.self))
                return ((try? JSONCoding.encode(line)) ?? []) + [10]
            }
        }
    }

    private static func cells(_ record: AuditStore.Stored) -> [String] {
        let event = record.event
        return [
            String(event.sequence), event.at.description, event.actor.kind.rawValue, event.actor.id,
            event.actor.display, event.action, event.target.kind, event.target.id, event.details,
            event.actor.requestID ?? "", event.actor.address ?? "", Hex.encode(record.hash),
        ]
    }
}

/// A line of JSON Lines: the record as the API answers it, with the bytes that the tree is made of.
private struct ExportedRecord: Encodable {
    let record: AuditEventResource
    let canonical: String
}

/// Comma-separated values (RFC 4180) that a spreadsheet takes as text, never as a formula.
package enum CSV {
    package static func line(_ cells: [String]) -> [UInt8] {
        Array((cells.map(cell).joined(separator: ",") + "\r\n").utf8)
    }

    /// A cell that a spreadsheet would run gets a quote in front; what holds a separator is put in quotes.
    package static func cell(_ text: String) -> String {
        let isFormula = text.utf8.first.map { "=+-@\t\r\0".utf8.contains($0) } ?? false
        let safe = isFormula ? "'" + text : text
        guard safe.utf8.contains(where: { [34, 44, 10, 13].contains($0) }) else { return safe }
        return "\"" + safe.replacing("\"", with: "\"\"") + "\""
    }
}
