// Time for operators: what the clock of billing is at, confirming it, and moving it in sandbox mode.
import Core
import Storage
import Web

/// The clock that billing goes by.
struct BillingClockResource: Codable, Sendable {
    let now: Timestamp
    /// The latest instant at which billing worked.
    let highWater: Timestamp?
    /// Since when it waits, because the clock is in doubt.
    let heldAt: Timestamp?
    let heldBecause: String?
    /// Whether time can be moved here: only in sandbox mode.
    let canMove: Bool

    enum CodingKeys: String, CodingKey {
        case now
        case highWater = "high_water"
        case heldAt = "held_at"
        case heldBecause = "held_because"
        case canMove = "can_move"
    }

    init(_ state: ClockStore.State?, now: Timestamp, canMove: Bool) {
        self.now = now
        highWater = state?.highWater
        heldAt = state?.heldAt
        heldBecause = state?.heldBecause
        self.canMove = canMove
    }
}

/// Where to move the clock.
struct ClockMove: RequestBody {
    let to: Timestamp?
    let days: Int64?
    let months: Int64?

    static let rules: [String: Rule] = [
        "to": .note("An instant in the future; or say how many days and months to go on."),
        "days": .range(1...3650), "months": .range(1...120),
    ]

    /// The instant that is meant, counted from now.
    func target(from now: Timestamp) throws -> Timestamp {
        if let to { return to }
        guard days != nil || months != nil else {
            throw Problem.invalid([FieldProblem("/days", "required", "Say how far: to, days or months.")])
        }
        let month = BillingAnchor(wall: now).border(months: months ?? 0, in: .utc)
        return month.adding(.days(days ?? 0))
    }
}

extension Billing {
    func addClockRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/operator/clock", "getClock", "Read the clock that billing goes by", tag: "operator",
            allow: .operators, returns: BillingClockResource.self
        ) { _, tx in
            BillingClockResource(try ClockStore.state(in: tx), now: tx.now, canMove: settings.testClock != nil)
        }
        routes.act(
            "/v1/operator/clock", "moveClock", "Move the time of the whole instance forward; only in sandbox mode",
            tag: "operator", allow: .operators, body: ClockMove.self, returns: TravelReport.self,
            problems: ["clock_fixed", "clock_limit"]
        ) { call in
            try await travel(to: try call.body.target(from: database.clock.now), by: call.actor)
        }
        routes.post(
            "/v1/operator/clock/confirm", "confirmClock", "Say that the clock is right, so that billing goes on",
            tag: "operator", allow: .operators, body: NoBody.self, returns: BillingClockResource.self,
            problems: ["clock_not_held"]
        ) { _, tx in try confirmClock(in: tx) }
    }
}
