// What part of time a report is about, as the query says it.
import Core
import Web

/// The instant or the months of a report.
struct ReportQuery: Sendable {
    let at: Timestamp
    let months: [ReportMonth]

    static let instant = [
        QueryParameter("at", "As it was at this instant (RFC 3339); now unless given.")
    ]
    static let period = [
        QueryParameter("from", "The first month, such as 2026-04; eleven months before the last unless given."),
        QueryParameter("to", "The last month; the present one unless given."),
    ]
    /// A report covers ten years at most.
    private static let limit = 120

    init(at: Timestamp, months: [ReportMonth]) {
        self.at = at
        self.months = months
    }

    /// Reads the query; throws `invalid_request` for what it can't read.
    init<Body>(_ call: Call<Body>, now: Timestamp) throws(Problem) {
        var at = now
        if let text = call.query("at"), !text.isEmpty {
            guard let instant = Timestamp(text) else {
                throw .invalid([FieldProblem("?at", "format", "Write an instant such as 2026-11-23T05:31:38Z.")])
            }
            at = instant
        }
        let last = try Self.month("to", call) ?? ReportMonth(now)
        let first = try Self.month("from", call) ?? last.adding(-11)
        guard first <= last, last.number - first.number < Self.limit else {
            throw .invalid([
                FieldProblem("?from", "out_of_range", "Choose 1 to \(Self.limit) months, the first one first.")
            ])
        }
        self.init(at: at, months: first.through(last))
    }

    private static func month<Body>(_ name: String, _ call: Call<Body>) throws(Problem) -> ReportMonth? {
        guard let text = call.query(name), !text.isEmpty else { return nil }
        guard let month = ReportMonth(text) else {
            throw .invalid([FieldProblem("?\(name)", "format", "Write a month such as 2026-11.")])
        }
        return month
    }

    var from: Timestamp { months.first?.start ?? at }
    var to: Timestamp { months.last?.end ?? at }
}
