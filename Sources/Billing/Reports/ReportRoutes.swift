// The reports as JSON and as CSV files, for whoever runs the instance.
import Core
import Storage
import Web

extension Billing {
    func addReportRoutes(to routes: inout Routes) {
        addReport(
            "aging", "AgingReport", "Read what customers owe, by age", query: ReportQuery.instant, to: &routes
        ) { try aging($0, in: $1) }
        addReport(
            "gst", "GSTReport", "Read the tax of some months, by rate, kind and place of supply",
            query: ReportQuery.period, to: &routes
        ) { try gst($0, in: $1) }
        addReport(
            "revenue", "RevenueReport", "Read what was earned and what is deferred", query: ReportQuery.period,
            to: &routes
        ) { try revenue($0, in: $1) }
        addReport(
            "reconciliation", "ReconciliationReport", "Compare the ledger with invoices and with the provider",
            query: ReportQuery.instant, to: &routes
        ) { try reconciliation($0, in: $1) }
        addReport(
            "mrr", "MRRReport", "Read recurring revenue by month, with churn, lifetime value and cohorts",
            query: ReportQuery.period, to: &routes
        ) { try mrr($0, in: $1) }
        addStuckRoutes(to: &routes)
    }

    /// Adds a report in both forms. It may read the whole book, so it runs beside the requests.
    func addReport<Output: Report>(
        _ name: String, _ id: String, _ summary: String, query: [QueryParameter], to routes: inout Routes,
        _ make: @escaping @Sendable (ReportQuery, any Transaction) throws -> Output
    ) {
        let path = "/v1/operator/reports/\(name)"
        let database = database
        routes.add(
            Endpoint(
                method: "GET", path: path, id: "get\(id)", summary: summary, tag: "reports", access: .operators,
                query: query, output: .json(Schema.of(Output.self), status: 200), cost: 20,
                work: .act { call in
                    let output = try await database.readAtLength(in: .instance) { tx in
                        try make(try ReportQuery(call, now: tx.now), tx)
                    }
                    return try Response.json(output, status: 200)
                }))
        routes.add(
            Endpoint(
                method: "GET", path: path + ".csv", id: "export\(id)", summary: "\(summary), as a CSV file",
                tag: "reports", access: .operators, query: query,
                output: .other(mediaType: "text/csv; charset=utf-8", status: 200), cost: 20,
                work: .act { call in
                    let output = try await database.readAtLength(in: .instance) { tx in
                        try make(try ReportQuery(call, now: tx.now), tx)
                    }
                    return Response(
                        status: 200,
                        headers: [
                            ("Content-Type", "text/csv; charset=utf-8"),
                            ("Content-Disposition", "attachment; filename=\"\(name).csv\""),
                        ], body: output.sheet.csv)
                }))
    }
}
