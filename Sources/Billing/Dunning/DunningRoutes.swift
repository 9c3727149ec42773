// The JSON operations of dunning: members see the steps of their invoices, operators decide about them.
import Audit
import Core
import Storage
import Web

/// A step as JSON.
struct DunningStepResource: Codable, Sendable {
    let invoiceID: InvoiceID
    let position: Int64
    let action: DunningAction
    let state: DunningStep.State
    let dueAt: Timestamp
    let doneAt: Timestamp?
    let note: String

    enum CodingKeys: String, CodingKey {
        case position, action, state, note
        case invoiceID = "invoice_id"
        case dueAt = "due_at"
        case doneAt = "done_at"
    }

    init(_ it: DunningStep) {
        invoiceID = it.invoice
        position = it.position
        action = it.action
        state = it.state
        dueAt = it.dueAt
        doneAt = it.doneAt
        note = it.note
    }
}

/// The steps about invoices that are not paid; there are few, so there are no pages.
struct DunningList: Codable, Sendable {
    let data: [DunningStepResource]
}

/// What an operator decides about a step.
struct StepDecision: RequestBody {
    enum Decision: String, Codable, CaseIterable, Sendable {
        case skip
        case postpone
        case run
    }

    let decision: Decision
    let until: Timestamp?

    static let rules: [String: Rule] = ["until": .note("For postpone: the new instant; later steps move with it.")]

    var order: Billing.StepOrder {
        get throws {
            switch decision {
            case .skip: return .skip
            case .run: return .run
            case .postpone:
                guard let until else {
                    throw Problem.invalid([FieldProblem("/until", "required", "Say until when.")])
                }
                return .postpone(to: until)
            }
        }
    }
}

/// The schedule of a plan.
struct NewDunningPolicy: RequestBody {
    let reminderDays: [Int64]
    let graceDays: Int64
    let cancelDays: Int64

    enum CodingKeys: String, CodingKey {
        case reminderDays = "reminder_days"
        case graceDays = "grace_days"
        case cancelDays = "cancel_days"
    }

    static let rules: [String: Rule] = [
        "grace_days": .range(0...365), "cancel_days": .range(1...365),
    ]

    /// Throws what is wrong with it.
    func checked() throws -> DunningPolicy {
        var validation = Validation()
        validation.require(
            (1...20).contains(reminderDays.count) && reminderDays.allSatisfy { (0...365).contains($0) }
                && zip(reminderDays, reminderDays.dropFirst()).allSatisfy { $0 < $1 },
            "/reminder_days", "order", "Write 1 to 20 days after the due date, 0 to 365, each later than the last.")
        validation.require(
            (0...364).contains(graceDays) && graceDays < cancelDays && cancelDays <= 365, "/cancel_days", "order",
            "The end comes after the grace period, within 365 days.")
        try validation.check()
        return DunningPolicy(
            reminderDays: reminderDays.map { Int($0) }, graceDays: Int(graceDays), cancelDays: Int(cancelDays))
    }
}

extension Billing {
    func addDunningRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/orgs/{org}/dunning-steps", "listDunningSteps", "List what will happen about unpaid invoices",
            tag: "billing", allow: .member(.billingRead), returns: DunningList.self
        ) { _, tx in DunningList(data: try DunningStore.open(in: tx).map(DunningStepResource.init)) }
        routes.post(
            "/v1/operator/orgs/{organization}/invoices/{invoice}/dunning-steps/{position}", "decideDunningStep",
            "Skip, postpone or take a step now", tag: "operator", allow: .operators, body: StepDecision.self,
            returns: DunningList.self, problems: ["dunning_step_taken", "dunning_step_time"]
        ) { call, tx in
            let order = try call.body.order
            let (invoice, position): (InvoiceID, Int64) = (try call.id("invoice"), try Self.position(call))
            return try tx.scoped(to: .organization(try call.id("organization"))) { tx in
                DunningList(
                    data: try self.order(order, invoice, position: position, in: tx).map(DunningStepResource.init))
            }
        }
        routes.get(
            "/v1/operator/plans/{plan}/dunning-policy", "getDunningPolicy", "Read the dunning schedule of a plan",
            tag: "operator", allow: .operators, returns: DunningPolicy.self
        ) { call, tx in try DunningStore.policy(of: try Self.plan(call, in: tx), in: tx) }
        routes.post(
            "/v1/operator/plans/{plan}/dunning-policy", "setDunningPolicy",
            "Set the dunning schedule of a plan, for invoices from now on", tag: "operator", allow: .operators,
            body: NewDunningPolicy.self, returns: DunningPolicy.self
        ) { call, tx in
            let plan = try Self.plan(call, in: tx)
            let policy = try call.body.checked()
            try DunningStore.save(policy, of: plan, in: tx)
            try Audit.record("dunning_policy.changed", on: .init("plan", plan), .object([]), in: tx)
            return policy
        }
    }

    private static func position<Body>(_ call: Call<Body>) throws -> Int64 {
        guard let position = Int64(call.parameter("position")) else { throw Problem.notFound("dunning step") }
        return position
    }

    private static func plan<Body>(_ call: Call<Body>, in tx: any Transaction) throws -> String {
        guard let plan = try PlanStore.find(call.parameter("plan"), in: tx) else { throw Problem.notFound("plan") }
        return plan.code
    }
}
