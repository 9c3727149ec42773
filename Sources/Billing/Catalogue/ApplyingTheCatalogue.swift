// Bringing the catalogue to what a document says: what would change in words, and the change itself.
import Audit
import Core
package import Storage
import Web

extension Billing {
    /// Takes a document over, or says only what it would change. Scope: instance. Nothing is told when nothing changes.
    static func apply(
        _ wanted: CatalogueDocument, isDry: Bool, at root: String = "", in tx: any Transaction
    ) throws -> [String] {
        let current = try CatalogueDocument.current(in: tx)
        try wanted.check(against: current, at: root)
        var act = CatalogueAct(current: current, wanted: wanted, isDry: isDry)
        try act.run(in: tx)
        if !isDry, !act.told.isEmpty {
            try Audit.record(
                "catalogue.changed", on: .init("catalogue", "catalogue"),
                .object(["changes": .array(act.told.map { .string($0) })]), in: tx)
        }
        return act.told
    }

    /// The same for a file's text: what `raptorflow catalog apply` does.
    package static func applyCatalogue(_ text: [UInt8], isDry: Bool, in tx: any Transaction) throws -> [String] {
        let json: JSONValue
        do {
            json = try JSONParser.parse(text)
        } catch { throw BillingProblem.noCatalogue }
        let problems = Schema.of(CatalogueDocument.self).refined(by: CatalogueDocument.rules).problems(of: json)
        guard problems.isEmpty else { throw Problem.invalid(problems) }
        return try apply(try JSONCoding.decode(CatalogueDocument.self, from: text), isDry: isDry, in: tx)
    }

    /// The catalogue as a file's text: what `raptorflow catalog export` prints.
    package static func exportCatalogue(in tx: any Transaction) throws -> String {
        let bytes = try JSONCoding.encode(try CatalogueDocument.current(in: tx))
        return try JSONParser.parse(bytes).withoutNulls.prettyText
    }
}

extension JSONValue {
    /// The document without the names that have no value.
    fileprivate var withoutNulls: JSONValue {
        switch self {
        case .array(let items): .array(items.map(\.withoutNulls))
        case .object(let members):
            .object(members.filter { $0.value != .null }.map { Member($0.name, $0.value.withoutNulls) })
        default: self
        }
    }
}

/// One pass over a document.
private struct CatalogueAct {
    let current: CatalogueDocument
    let wanted: CatalogueDocument
    let isDry: Bool
    /// What changes, in words.
    var told: [String] = []

    init(current: CatalogueDocument, wanted: CatalogueDocument, isDry: Bool) {
        (self.current, self.wanted, self.isDry) = (current, wanted, isDry)
    }

    mutating func run(in tx: any Transaction) throws {
        for meter in wanted.meters ?? [] { try apply(meter, in: tx) }
        for (index, feature) in (wanted.features ?? []).enumerated() { try apply(feature, position: index + 1, in: tx) }
        for plan in wanted.plans ?? [] {
            if let before = current.plans?.first(where: { $0.code == plan.code }) {
                try change(before, to: plan, in: tx)
            } else {
                try add(plan, in: tx)
            }
        }
    }

    private mutating func apply(_ it: MeterEntry, in tx: any Transaction) throws {
        let before = current.meters?.first { $0.code == it.code }
        guard before != it else { return }
        let new = before == nil ? "new, " : ""
        told.append("Meter \(it.code): \(new)\(it.name), \(it.aggregation.rawValue) of \(it.unit)s")
        guard !isDry else { return }
        let meter = Meter(code: it.code, name: it.name, aggregation: it.aggregation, unit: it.unit)
        try UsageStore.save(meter, in: tx)
    }

    private mutating func apply(_ it: FeatureEntry, position: Int, in tx: any Transaction) throws {
        let before = current.features?.first { $0.code == it.code }
        guard before?.feature != it.feature else { return }
        let measured = it.meter.map { ", measured by \($0)" } ?? ""
        told.append("Feature \(it.code): \(before == nil ? "new, " : "")\(it.name), \(it.kind.rawValue)\(measured)")
        guard !isDry else { return }
        try EntitlementStore.save(it.feature, position: position, in: tx)
    }

    private mutating func add(_ plan: PlanEntry, in tx: any Transaction) throws {
        told.append("Plan \(plan.code): new, \(plan.name)")
        for (feature, value) in features(of: plan) {
            told.append("Plan \(plan.code): \(feature.name) \(value.words(feature))")
        }
        for price in plan.prices { told.append("Plan \(plan.code): price \(words(price))") }
        guard !isDry else { return }
        let position = (current.plans?.count ?? 0) + told.count
        try PlanStore.insert(plan.code, name: plan.name, summary: plan.summary, position: position, in: tx)
        try PlanStore.present(plan, in: tx)
        try write(plan, version: 1, in: tx)
    }

    private mutating func change(_ before: PlanEntry, to plan: PlanEntry, in tx: any Transaction) throws {
        try present(before, plan, in: tx)
        let promises = newPromises(before, plan)
        let prices = newPrices(before, plan)
        told += (promises + prices.words).map { "Plan \(plan.code): \($0)" }
        let isNewVersion = !promises.isEmpty || prices.changesUsage
        guard let known = try PlanStore.find(plan.code, in: tx) else { return }
        if isNewVersion {
            told.append(
                "Plan \(plan.code): version \(known.version + 1) is sold from now on; those who have another keep it")
        }
        guard !isDry else { return }
        if isNewVersion {
            for price in known.prices { _ = try PriceStore.retire(price.id, in: tx) }
            try write(plan, version: known.version + 1, in: tx)
            try PlanStore.sell(plan.code, version: known.version + 1, in: tx)
        } else {
            for place in prices.gone {
                for price in known.prices where PriceEntry(price).place == place {
                    _ = try PriceStore.retire(price.id, in: tx)
                }
            }
            for entry in prices.new { try insert(entry, plan.code, version: known.version, in: tx) }
        }
    }

    /// What the plan is called and how it is shown; nobody bought that.
    private mutating func present(_ before: PlanEntry, _ plan: PlanEntry, in tx: any Transaction) throws {
        var words: [String] = []
        if before.name != plan.name { words.append("name \(before.name) → \(plan.name)") }
        if before.summary != plan.summary { words.append("summary → \(plan.summary)") }
        let (old, new) = (before.trialDays ?? 0, plan.trialDays ?? 0)
        if old != new { words.append("trial \(old) → \(new) days") }
        if before.isRetired ?? false != plan.isRetired ?? false {
            words.append(plan.isRetired ?? false ? "retired: sold no longer, kept by those who have it" : "sold again")
        }
        guard !words.isEmpty else { return }
        told += words.map { "Plan \(plan.code): \($0)" }
        guard !isDry else { return }
        try PlanStore.present(plan, in: tx)
    }

    private func newPromises(_ before: PlanEntry, _ plan: PlanEntry) -> [String] {
        let (old, new) = (features(of: before), features(of: plan))
        var words: [String] = []
        for (feature, value) in new where old.first(where: { $0.0.code == feature.code })?.1 != value {
            let was = old.first { $0.0.code == feature.code }.map { "\($0.1.words(feature)) → " } ?? ""
            words.append("\(feature.name) \(was)\(value.words(feature))")
        }
        for (feature, _) in old where !new.contains(where: { $0.0.code == feature.code }) {
            words.append("\(feature.name) no longer")
        }
        if before.highlights != plan.highlights {
            words.append("highlights → \(plan.highlights.joined(separator: ", "))")
        }
        return words
    }

    private struct PriceChanges {
        var words: [String] = []
        var gone: [PriceEntry.Place] = []
        var new: [PriceEntry] = []
        /// Prices for usage belong to the version: they change with a new one.
        var changesUsage = false
    }

    private func newPrices(_ before: PlanEntry, _ plan: PlanEntry) -> PriceChanges {
        let meters = wanted.allMeters(current)
        var changes = PriceChanges()
        for price in plan.prices {
            let old = before.prices.first { $0.place == price.place }
            if let old, old.terms(meters) == price.terms(meters) { continue }
            let was = old.map { "\($0.terms(meters).words) → " } ?? ""
            changes.words.append("price \(label(price)): \(was)\(price.terms(meters).words)")
            if old != nil { changes.gone.append(price.place) }
            changes.new.append(price)
            changes.changesUsage = changes.changesUsage || price.meter != nil
        }
        for old in before.prices where !plan.prices.contains(where: { $0.place == old.place }) {
            changes.words.append("price \(label(old)): \(old.terms(meters).words) is sold no longer")
            changes.gone.append(old.place)
            changes.changesUsage = changes.changesUsage || old.meter != nil
        }
        return changes
    }

    private func features(of plan: PlanEntry) -> [(Feature, FeatureValue)] {
        let known = wanted.allFeatures(current)
        return (plan.values ?? []).compactMap { code, json in
            known[code].flatMap { entry in FeatureValue(json, entry.kind).map { (entry.feature, $0) } }
        }
    }

    private func label(_ price: PriceEntry) -> String {
        "\(price.currency) \(price.interval.adverb)" + (price.meter.map { " for \($0)" } ?? "")
    }

    private func words(_ price: PriceEntry) -> String {
        "\(label(price)): \(price.terms(wanted.allMeters(current)).words)"
    }

    private func write(_ plan: PlanEntry, version: Int64, in tx: any Transaction) throws {
        try PlanStore.insertVersion(version, of: plan.code, highlights: plan.highlights, in: tx)
        for (feature, value) in features(of: plan) {
            try EntitlementStore.insert(value, of: feature.code, plan: plan.code, version: version, in: tx)
        }
        for price in plan.prices { try insert(price, plan.code, version: version, in: tx) }
    }

    private func insert(_ entry: PriceEntry, _ plan: String, version: Int64, in tx: any Transaction) throws {
        try PriceStore.insert(
            try Price(
                id: PriceID(at: tx.now), plan: plan, version: version, meter: entry.meter, interval: entry.interval,
                terms: entry.terms(wanted.allMeters(current)), createdAt: tx.now), in: tx)
    }
}

extension FeatureEntry {
    fileprivate var feature: Feature { Feature(code: code, name: name, kind: kind, unit: unit ?? "", meter: meter) }
}
