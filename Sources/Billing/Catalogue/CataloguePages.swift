// The operator's pages of the catalogue: what is sold, and a plan with its prices, promises and versions.
import Core
import Storage
import Web

extension Billing {
    static let cataloguePath = "/operator/plans"

    func addCataloguePages(to pages: inout Pages) {
        pages.page(Self.cataloguePath, "catalogue", allow: .operators) { _, tx in try Self.cataloguePage(in: tx) }
        pages.form(Self.cataloguePath + "/new", "new-plan", allow: .operators) { _, state, _ in
            Self.newPlanPage(state)
        } submit: { call, tx in
            let plan = PlanEntry(
                code: call.body["code"], name: call.body["name"], summary: call.body["summary"], highlights: [],
                prices: [])
            guard try PlanStore.find(plan.code, in: tx) == nil else {
                throw Problem.invalid([FieldProblem("/code", "taken", "There is a plan of this code.")])
            }
            return try Self.save(plan, flash: "The plan is there. Give it a price.", in: tx)
        }
        pages.page(Self.cataloguePath + "/{plan}", "catalogue-plan", allow: .operators) { call, tx in
            try Self.planPage(try Self.plan(call.parameter("plan"), in: tx), in: tx)
        }
        addPriceForm(to: &pages)
        addVersionForm(to: &pages)
        pages.action(Self.cataloguePath + "/{plan}/retire", "retire-plan", allow: .operators) { call, tx in
            var entry = try Self.entry(call.parameter("plan"), in: tx)
            entry.isRetired = call.body["again"] != "1"
            let isOver = entry.isRetired == true
            let words = isOver ? "The plan is sold no longer. Who has it keeps it." : "It is sold again."
            return try Self.save(entry, flash: words, in: tx)
        }
        pages.action(
            Self.cataloguePath + "/{plan}/prices/{price}/retire", "retire-price", allow: .operators
        ) { call, tx in
            var entry = try Self.entry(call.parameter("plan"), in: tx)
            guard let price = try PriceStore.find(try call.id("price"), in: tx), price.plan == entry.code else {
                throw Problem.notFound("price")
            }
            let place = PriceEntry(price).place
            if price.retiredAt == nil { entry.prices.removeAll { $0.place == place } }
            return try Self.save(entry, flash: "The price is sold no longer. Who bought it keeps it.", in: tx)
        }
    }

    static func plan(_ code: String, in tx: any Transaction) throws -> Plan {
        guard let plan = try PlanStore.find(code, in: tx) else { throw Problem.notFound("plan") }
        return plan
    }

    /// The plan as the catalogue's document has it.
    static func entry(_ code: String, in tx: any Transaction) throws -> PlanEntry {
        guard let entry = try CatalogueDocument.current(in: tx).plans?.first(where: { $0.code == code }) else {
            throw Problem.notFound("plan")
        }
        return entry
    }

    /// Takes one changed plan over: a form does what a file would do.
    static func save(_ plan: PlanEntry, flash: String, in tx: any Transaction) throws -> Response {
        let changes = try apply(CatalogueDocument(plans: [plan]), isDry: false, at: "", in: tx)
        return .redirect(
            to: "\(cataloguePath)/\(plan.code)", flash: changes.isEmpty ? "There was nothing to change." : flash)
    }

    private static func cataloguePage(in tx: any Transaction) throws -> PageView {
        let rows = try PlanStore.every(in: tx).map { plan -> [HTML] in
            let customers = try PlanStore.subscribers(of: plan.code, in: tx).values.reduce(0, +)
            return [
                HTML.rowLink(plan.name, href: "\(cataloguePath)/\(plan.code)"), badge(plan), "\(plan.version)",
                "\(plan.prices.count)", "\(customers)",
            ]
        }
        let features = try EntitlementStore.features(in: tx).map { it -> [HTML] in
            let meter = it.meter.map { HTML.code($0) } ?? HTML.muted("–")
            return [HTML.code(it.code), "\(it.name)", "\(it.kind.rawValue)", meter]
        }
        let meters = try UsageStore.meters(in: tx).map { it -> [HTML] in
            [HTML.code(it.code), "\(it.name)", "\(it.aggregation.words)", "\(it.unit)"]
        }
        let columns: [Column] = [
            "Plan", "State", .number("Version"), .number("Prices on sale"), .number("Subscribers"),
        ]
        let body: HTML = """
            \(HTML.table("Plans", columns: columns, rows: rows))\
            \(HTML.section(
                "Features", lead: "What plans differ in.",
                HTML.table("Features", columns: ["Code", "Name", "Kind", "Measured by"], rows: features)))\
            \(HTML.section(
                "Meters", lead: "What is counted. Meters and features are made with raptorflow catalog apply.",
                HTML.table(
                    "Meters", columns: ["Code", "Name", "Counts", "Unit"], rows: meters,
                    empty: HTML.emptyState("No meters yet", "One appears here when a catalogue file names it."))))
            """
        return PageView(
            "Plans", section: "catalogue", crumbs: [Link("Instance", "/operator")],
            lead: "What is sold. A change is for those who buy from then on.",
            actions: [HTML.linkButton("New plan", href: cataloguePath + "/new", style: .primary)], body)
    }

    private static func badge(_ plan: Plan) -> HTML {
        if plan.retiredAt != nil { return HTML.badge("Retired", .neutral) }
        return plan.prices.isEmpty ? HTML.badge("No price", .warn) : HTML.badge("On sale", .good)
    }

    private static func newPlanPage(_ state: FormState) -> PageView {
        PageView(
            "New plan", section: "catalogue", crumbs: [Link("Plans", cataloguePath)],
            HTML.panel(
                HTML.form(
                    action: cataloguePath + "/new", submit: "Make the plan", state: state.unprefixed,
                    cancel: cataloguePath,
                    HTML.textField(
                        "code", label: "Code", state: state.unprefixed,
                        hint: "Short and for ever, such as team: lower-case letters, digits, - and _.")
                        + HTML.textField("name", label: "Name", state: state.unprefixed)
                        + HTML.textField(
                            "summary", label: "Summary", state: state.unprefixed, hint: "One sentence on its card.",
                            required: false))))
    }

    private static func planPage(_ plan: Plan, in tx: any Transaction) throws -> PageView {
        let base = "\(cataloguePath)/\(plan.code)"
        let isRetired = plan.retiredAt != nil
        let stop = HTML.confirm(
            id: "retire", button: "Retire", title: "Sell \(plan.name) no longer?",
            text: "Nobody new can take it. Who has it keeps it, at the price that was bought.",
            action: "\(base)/retire", confirm: "Retire the plan")
        let again = HTML.postButton("Sell it again", action: "\(base)/retire", fields: [("again", "1")])
        let sale = plan.code == Plan.free ? [] : [isRetired ? again : stop]
        return PageView(
            plan.name, section: "catalogue", crumbs: [Link("Plans", cataloguePath)], badge: badge(plan),
            lead: "\(plan.summary)", actions: sale,
            """
            \(try prices(of: plan, base, in: tx))\
            \(HTML.section(
                "Version \(plan.version)", lead: "What those get who buy now.",
                actions: [HTML.linkButton("New version", href: "\(base)/version")],
                HTML.panel(HTML.details(try promises(of: plan, in: tx)))))
            """)
    }

    private static func promises(of plan: Plan, in tx: any Transaction) throws -> [(String, HTML)] {
        let values = try EntitlementStore.features(in: tx).map { feature -> (String, HTML) in
            let value = plan.entitlements[feature.code].flatMap { FeatureValue(stored: $0, feature.kind) }
            return (feature.name, value.map { "\($0.words(feature))" } ?? HTML.muted("not part of the plan"))
        }
        return values + [
            ("Trial", plan.trialDays == 0 ? HTML.muted("none") : "\(plan.trialDays) days"),
            ("On its card", "\(plan.features.joined(separator: ", "))"),
        ]
    }

    private static func prices(of plan: Plan, _ base: String, in tx: any Transaction) throws -> HTML {
        let subscribers = try PlanStore.subscribers(of: plan.code, in: tx)
        let rows = try PriceStore.all(of: plan.code, in: tx).map { price -> [HTML] in
            let isSold = price.retiredAt == nil && price.version == plan.version
            let retire = HTML.postButton("Retire", action: "\(base)/prices/\(price.id)/retire", size: .small)
            return [
                "\(price.terms.words)", "\(price.currency) \(price.interval.adverb)",
                price.meter.map { HTML.code($0) } ?? "Plan", "\(price.version)",
                isSold ? HTML.badge("On sale", .good) : HTML.badge("Retired", .neutral),
                "\(subscribers[price.id] ?? 0)", HTML.code(price.id.text), isSold ? retire : .empty,
            ]
        }
        let columns: [Column] = [
            "Price", "Paid", "For", .number("Version"), "State", .number("Subscribers"), "Id", .actions,
        ]
        return HTML.section(
            "Prices", lead: "Without tax. A price never changes: another one takes its place.",
            actions: [HTML.linkButton("New price", href: "\(base)/prices", style: .primary)],
            HTML.table(
                "Prices", columns: columns, rows: rows,
                empty: HTML.emptyState("No price yet", "The plan is sold once it has one.")))
    }
}

extension FormState {
    /// Refusals of a document's plan as those of the form's fields: `/plans/0/code` is `/code`.
    var unprefixed: FormState {
        var state = self
        state.problems = problems.map { problem in
            let name = problem.pointer.split(separator: "/").last.map(String.init) ?? ""
            return FieldProblem("/" + name, problem.code, problem.detail)
        }
        return state
    }
}

extension Aggregation {
    /// For people: what a meter makes of its events.
    var words: String {
        switch self {
        case .count: "events"
        case .sum: "the sum of values"
        case .max: "the largest value"
        case .uniqueCount: "different keys"
        case .latest: "the last value"
        }
    }
}
