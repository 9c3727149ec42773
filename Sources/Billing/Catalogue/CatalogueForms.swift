// The operator's forms: a new price, and a new version of a plan.
import Core
import Storage
import Web

extension Billing {
    func addPriceForm(to pages: inout Pages) {
        pages.form(Self.cataloguePath + "/{plan}/prices", "new-price", allow: .operators) { call, state, tx in
            Self.pricePage(
                try Self.plan(call.parameter("plan"), in: tx), try UsageStore.meters(in: tx), state.unprefixed)
        } submit: { call, tx in
            let price = try Self.price(call.body)
            var entry = try Self.entry(call.parameter("plan"), in: tx)
            entry.prices.removeAll { $0.place == price.place }
            entry.prices.append(price)
            return try Self.save(entry, flash: "The price is on sale.", in: tx)
        }
    }

    func addVersionForm(to pages: inout Pages) {
        pages.form(Self.cataloguePath + "/{plan}/version", "new-version", allow: .operators) { call, state, tx in
            Self.versionPage(
                try Self.plan(call.parameter("plan"), in: tx), try EntitlementStore.features(in: tx),
                state.unprefixed)
        } submit: { call, tx in
            var entry = try Self.entry(call.parameter("plan"), in: tx)
            let form = call.body
            (entry.name, entry.summary) = (form["name"], form["summary"])
            entry.trialDays = try Self.number(form["trial_days"], field: "trial_days")
            entry.highlights = form["highlights"].split(whereSeparator: \.isNewline).map(String.init)
            entry.entitlements = .object(
                try EntitlementStore.features(in: tx).compactMap { feature in
                    try Self.value(form[feature.code], feature).map { .init(feature.code, $0.json) }
                })
            return try Self.save(entry, flash: "It is sold like this from now on.", in: tx)
        }
    }

    private static func pricePage(_ plan: Plan, _ meters: [Meter], _ state: FormState) -> PageView {
        let models: [(PriceModel, String, String)] = [
            (.flat, "Flat", "One amount, whatever the quantity."),
            (.perUnit, "Per unit", "So much for each seat, or for each 1,000 calls in proportion."),
            (.package, "Package", "So much for every package that is begun."),
            (.graduated, "Graduated", "Each unit at the rate of its own tier."),
            (.volume, "Volume", "All units at the rate of the tier that the last one falls into."),
        ]
        let intervals = Interval.allCases.map { Choice($0.rawValue, $0.adverb.capitalised) }
        let uses = [Choice("", "The plan itself")] + meters.map { Choice($0.code, "Usage: \($0.name)") }
        let fields: HTML = """
            \(HTML.textField("currency", label: "Currency", state: state, default: "INR", hint: "Its ISO 4217 code."))\
            \(HTML.select(
                "interval", label: "Paid", options: intervals, state: state, default: "month"))\
            \(HTML.select("meter", label: "For", options: uses, state: state))\
            \(HTML.radios(
                "model", label: "Model", options: models.map { Choice($0.0.rawValue, $0.1, hint: $0.2) }, state: state,
                default: "flat"))\
            \(HTML.textField(
                "amount", label: "Amount", state: state, hint: "In the currency, such as 2499.00. Not for tiers.",
                required: false))\
            \(HTML.textField(
                "unit", label: "What is counted", state: state, default: "seat", hint: "In the singular."))\
            \(HTML.textField(
                "per", label: "For how many units the amounts are", state: state, default: "1"))\
            \(HTML.textArea(
                "tiers", label: "Tiers", state: state,
                hint: "One a line, the last one more: “10: 100.00”, “50: 80.00 + 500.00” (once), “more: 60.00”."))
            """
        return PageView(
            "New price", section: "catalogue",
            crumbs: [Link("Plans", cataloguePath), Link(plan.name, "\(cataloguePath)/\(plan.code)")],
            lead: """
                It takes the place of the price for the same currency, interval and meter. Who bought that keeps it.
                """,
            HTML.panel(
                HTML.form(
                    action: "\(cataloguePath)/\(plan.code)/prices", submit: "Sell at this price", state: state,
                    cancel: "\(cataloguePath)/\(plan.code)", fields)))
    }

    private static func price(_ form: Form) throws -> PriceEntry {
        guard let currency = Currency(form["currency"]) else {
            throw refused("currency", "It has three capital letters, such as INR.")
        }
        guard let interval = Interval(rawValue: form["interval"]) else { throw refused("interval", "Choose one.") }
        guard let model = PriceModel(rawValue: form["model"]) else { throw refused("model", "Choose one.") }
        let meter = form["meter"].isEmpty ? nil : form["meter"]
        var price = PriceEntry(currency: currency, interval: interval, model: model, meter: meter)
        price.unit = form["unit"] == "seat" ? nil : form["unit"]
        price.per = try number(form["per"], field: "per").flatMap { $0 == 1 ? nil : $0 }
        if model.hasTiers {
            guard let tiers = MoneyText.tiers(form["tiers"], currency) else {
                throw refused("tiers", "Each line is a border, a colon and an amount; the last border is more.")
            }
            price.tiers = tiers
        } else {
            guard let amount = MoneyText.minorUnits(form["amount"], currency) else {
                throw refused(
                    "amount", "It is an amount with at most \(currency.exponent) decimals, such as 2499.")
            }
            price.amount = amount
        }
        return price
    }

    private static func versionPage(_ plan: Plan, _ features: [Feature], _ state: FormState) -> PageView {
        let values = features.map { feature in
            HTML.textField(
                feature.code, label: feature.name, state: state, default: plan.entitlements[feature.code] ?? "",
                hint: feature.hint, required: false)
        }
        let fields: HTML = """
            \(HTML.textField("name", label: "Name", state: state, default: plan.name))\
            \(HTML.textField("summary", label: "Summary", state: state, default: plan.summary, required: false))\
            \(HTML.textField(
                "trial_days", label: "Days of trial", type: .number, state: state, default: "\(plan.trialDays)"))\
            \(HTML.textArea(
                "highlights", label: "On its card", state: state, default: plan.features.joined(separator: "\n"),
                hint: "One a line."))\(values)
            """
        return PageView(
            "New version", section: "catalogue",
            crumbs: [Link("Plans", cataloguePath), Link(plan.name, "\(cataloguePath)/\(plan.code)")],
            lead: "For those who buy from now on. Whoever has the plan keeps what was bought.",
            HTML.panel(
                HTML.form(
                    action: "\(cataloguePath)/\(plan.code)/version", submit: "Sell it like this", state: state,
                    cancel: "\(cataloguePath)/\(plan.code)", fields)))
    }

    /// A field of the form for a feature; nil when it is empty: not part of the plan.
    private static func value(_ text: String, _ feature: Feature) throws -> FeatureValue? {
        guard !text.isEmpty else { return nil }
        guard let value = FeatureValue(stored: text, feature.kind) else {
            throw refused(feature.code, feature.hint)
        }
        return value
    }

    private static func number(_ text: String, field: String) throws -> Int64? {
        if text.isEmpty { return nil }
        guard let number = Int64(text), number >= 0 else { throw refused(field, "It is a whole number.") }
        return number
    }

    private static func refused(_ field: String, _ words: String) -> Problem {
        .invalid([FieldProblem("/" + field, "format", words)])
    }
}

extension Feature {
    /// How its value is typed into a form.
    fileprivate var hint: String {
        switch kind {
        case .boolean: "true or false; empty when it is not part of the plan."
        case .limit: "A number of \(unit)s, or unlimited; empty when the plan says nothing of it."
        case .text: "A text; empty when it is not part of the plan."
        }
    }
}
