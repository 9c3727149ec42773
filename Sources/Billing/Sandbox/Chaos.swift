// What goes wrong on purpose in the simulator: a real provider does all of it, only not when somebody is watching.
import Core
import Storage
import Web

/// How badly the simulator behaves; nothing of it unless somebody asks.
struct Chaos: RequestBody, Equatable {
    /// Webhooks of a hundred that are sent twice, that come after later ones, and that never come.
    var duplicate: Int64?
    var reorder: Int64?
    var drop: Int64?
    /// Seconds that every webhook waits.
    var delay: Int64?
    /// Milliseconds that every answer waits.
    var slow: Int64?
    /// Minutes from now in which nothing is answered and nothing is told; stored as its end.
    var outage: Int64?
    /// The fee is not known at capture: only the report has it.
    var hidesFees: Bool?
    /// Refunds are taken on and fail afterwards.
    var failsRefunds: Bool?
    /// The balance is too low for refunds.
    var isPoor: Bool?
    /// A dispute takes the money at once.
    var holdsDisputes: Bool?
    private(set) var outageEnds: Timestamp?

    enum CodingKeys: String, CodingKey {
        case duplicate, reorder, drop, delay, slow, outage
        case hidesFees = "hides_fees"
        case failsRefunds = "fails_refunds"
        case isPoor = "is_poor"
        case holdsDisputes = "holds_disputes"
    }

    static let rules: [String: Rule] = [
        "duplicate": .all([.range(0...100), .note("Webhooks of a hundred that are sent twice.")]),
        "reorder": .all([.range(0...100), .note("Webhooks of a hundred that come after later ones.")]),
        "drop": .all([.range(0...100), .note("Webhooks of a hundred that never come.")]),
        "delay": .all([.range(0...86_400), .note("Seconds that every webhook waits.")]),
        "slow": .all([.range(0...30_000), .note("Milliseconds that every answer waits.")]),
        "outage": .all([.range(0...10_080), .note("Minutes in which nothing is answered and nothing is told.")]),
        "hides_fees": .note("Whether fees are only known from the report."),
        "fails_refunds": .note("Whether refunds fail after they were taken on."),
        "is_poor": .note("Whether the balance is too low for refunds."),
        "holds_disputes": .note("Whether a dispute takes the money at once."),
    ]

    /// With the end of the outage, which only its writer's clock knows.
    func starting(at now: Timestamp) -> Chaos {
        var chaos = self
        chaos.outageEnds = outage.flatMap { $0 > 0 ? now.adding(.minutes($0)) : nil }
        return chaos
    }

    /// Read from what the simulator stored.
    static func read(_ json: JSONValue) -> Chaos {
        var chaos = Chaos()
        chaos.duplicate = json["duplicate"]?.integerValue
        chaos.reorder = json["reorder"]?.integerValue
        chaos.drop = json["drop"]?.integerValue
        chaos.delay = json["delay"]?.integerValue
        chaos.slow = json["slow"]?.integerValue
        chaos.outage = json["outage"]?.integerValue
        chaos.hidesFees = json["hides_fees"]?.boolValue
        chaos.failsRefunds = json["fails_refunds"]?.boolValue
        chaos.isPoor = json["is_poor"]?.boolValue
        chaos.holdsDisputes = json["holds_disputes"]?.boolValue
        chaos.outageEnds = json["outage_ends"]?.integerValue.map { Timestamp(milliseconds: $0) }
        return chaos
    }

    var json: JSONValue {
        func number(_ value: Int64?) -> JSONValue { .integer(value ?? 0) }
        return .object([
            "duplicate": number(duplicate), "reorder": number(reorder), "drop": number(drop), "delay": number(delay),
            "slow": number(slow), "outage": number(outage), "hides_fees": .bool(hidesFees ?? false),
            "fails_refunds": .bool(failsRefunds ?? false), "is_poor": .bool(isPoor ?? false),
            "holds_disputes": .bool(holdsDisputes ?? false),
            "outage_ends": outageEnds.map { .integer($0.milliseconds) } ?? .null,
        ])
    }

    func isOut(at now: Timestamp) -> Bool { outageEnds.map { now < $0 } ?? false }

    /// How a webhook goes: when each copy of it is sent; none when it is lost.
    func deliveries(copies: Int, at now: Timestamp) -> [Timestamp] {
        guard !isOut(at: now), !Self.happens(drop) else { return [] }
        let count = copies + (Self.happens(duplicate) ? 1 : 0)
        return (0..<count).map { _ in
            let late = Self.happens(reorder) ? Int64.random(in: 1...10) : 0
            return now.adding(.seconds((delay ?? 0) + late))
        }
    }

    private static func happens(_ ofHundred: Int64?) -> Bool { Int64.random(in: 0..<100) < (ofHundred ?? 0) }
}

extension Sandbox {
    func addChaosRoutes(to routes: inout Routes) {
        routes.get(
            "\(Self.path)/chaos", "getSandboxChaos", "Read how badly the simulator behaves", tag: "sandbox",
            allow: .operators, returns: Chaos.self
        ) { _, tx in try SandboxStore.chaos(in: tx) }
        routes.post(
            "\(Self.path)/chaos", "setSandboxChaos", "Set how badly the simulator behaves; what is left out is off",
            tag: "sandbox", allow: .operators, body: Chaos.self, returns: Chaos.self
        ) { call, tx in
            try SandboxStore.setChaos(call.body.starting(at: tx.now), in: tx)
            return try SandboxStore.chaos(in: tx)
        }
        routes.post(
            "\(Self.path)/play", "playSandboxEvent", "Let something happen at the simulator", tag: "sandbox",
            allow: .operators, body: SandboxPlay.self, returns: SandboxPlayed.self, problems: ["simulator_refused"]
        ) { call, tx in
            do {
                return SandboxPlayed(id: try play(call.body.event, call.body.id ?? "", in: tx))
            } catch let error as SandboxError {
                throw BillingProblem.simulatorRefused(error.words)
            }
        }
    }

    /// The same operation, as slow as it was asked for, and silent during an outage.
    func disturbed(_ endpoint: Endpoint) -> Endpoint {
        let work = endpoint.work
        let disturbed: Endpoint.Work = .act { call in
            let chaos = try database.read(in: .instance) { try SandboxStore.chaos(in: $0) }
            if let slow = chaos.slow, slow > 0 { try await Task.sleep(for: .milliseconds(slow)) }
            if chaos.isOut(at: database.clock.now) {
                return Response(status: 503, headers: [("Content-Type", "text/plain")], body: Array("out".utf8))
            }
            switch work {
            case .read(let read): return try database.read(in: .instance) { try read(call, $0) }
            case .write(let write):
                let effect = try write(call)
                return try await database.write(in: .instance, by: call.actor) { tx in
                    let answer = try effect(tx)
                    return try answer()
                }
            case .act(let act): return try await act(call)
            }
        }
        return Endpoint(
            method: endpoint.method, path: endpoint.path, id: endpoint.id, summary: endpoint.summary,
            tag: endpoint.tag, access: endpoint.access, query: endpoint.query, body: endpoint.body,
            output: endpoint.output, problems: endpoint.problems, cost: endpoint.cost, work: disturbed,
            recover: endpoint.recover)
    }
}

/// What to let happen.
struct SandboxPlay: RequestBody {
    enum Event: String, Codable, CaseIterable, Sendable {
        case dispute
        case disputeReview = "dispute_under_review"
        case disputeWon = "dispute_won"
        case disputeLost = "dispute_lost"
        case lateAuthorization = "late_authorization"
        case autoRefund = "auto_refund"
        case refund
        case refundFailed = "refund_failed"
        case settle
    }

    let event: Event
    /// The payment, dispute or refund that it happens to; nothing for a settlement.
    let id: String?

    static let rules: [String: Rule] = ["id": .length(0...40)]
}

/// What came of it.
struct SandboxPlayed: Codable, Sendable {
    let id: String
}
