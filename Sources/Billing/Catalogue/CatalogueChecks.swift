// What a catalogue must be before anything of it is taken over: every fault is named at once.
import Core
import Storage
import Web

extension CatalogueDocument {
    /// Throws `validation_failed` with every fault; `current` is the catalogue as it is.
    func check(against current: CatalogueDocument, at root: String = "") throws {
        var validation = Validation()
        checkMeters(current, root, &validation)
        checkFeatures(current, root, &validation)
        for (index, plan) in (plans ?? []).enumerated() {
            let path = "\(root)/plans/\(index)"
            checkCode(plan.code, path, &validation)
            checkTexts(plan, path, &validation)
            validation.require(
                plan.code != Plan.free || plan.isRetired != true, path + "/is_retired", "needed",
                "Organisations without a subscription are on the free plan.")
            checkValues(plan, current, path, &validation)
            checkPrices(plan, current, path, &validation)
        }
        requireOnce((plans ?? []).map(\.code), root + "/plans", &validation)
        try validation.check()
    }

    /// Everything there will be: what the document says, and what it leaves as it is.
    func allMeters(_ current: CatalogueDocument) -> [String: MeterEntry] {
        Dictionary(((current.meters ?? []) + (meters ?? [])).map { ($0.code, $0) }) { _, last in last }
    }

    func allFeatures(_ current: CatalogueDocument) -> [String: FeatureEntry] {
        Dictionary(((current.features ?? []) + (features ?? [])).map { ($0.code, $0) }) { _, last in last }
    }

    private func checkMeters(_ current: CatalogueDocument, _ root: String, _ validation: inout Validation) {
        for (index, meter) in (meters ?? []).enumerated() {
            let path = "\(root)/meters/\(index)"
            checkCode(meter.code, path, &validation)
            let before = current.meters?.first { $0.code == meter.code }
            validation.require(
                before.map { $0.aggregation == meter.aggregation } ?? true, path + "/aggregation", "fixed",
                "What a meter counts does not change. Make another meter.")
        }
        requireOnce((meters ?? []).map(\.code), root + "/meters", &validation)
    }

    private func checkFeatures(_ current: CatalogueDocument, _ root: String, _ validation: inout Validation) {
        let meters = allMeters(current)
        for (index, feature) in (features ?? []).enumerated() {
            let path = "\(root)/features/\(index)"
            checkCode(feature.code, path, &validation)
            let before = current.features?.first { $0.code == feature.code }
            validation.require(
                before.map { $0.kind == feature.kind } ?? true, path + "/kind", "fixed",
                "The kind of a feature does not change. Make another feature.")
            validation.require(
                feature.kind != .limit || !(feature.unit ?? "").isEmpty, path + "/unit", "required",
                "A limit counts something: name it, in the singular.")
            if let meter = feature.meter {
                validation.require(meters[meter] != nil, path + "/meter", "unknown_meter", "There is no such meter.")
                validation.require(
                    feature.kind == .limit, path + "/meter", "not_a_limit", "Only a limit is measured by a meter.")
            }
        }
        requireOnce((features ?? []).map(\.code), root + "/features", &validation)
    }

    private func checkTexts(_ plan: PlanEntry, _ path: String, _ validation: inout Validation) {
        validation.require(
            (1...60).contains(plan.name.count), path + "/name", "length", "It has 1 to 60 characters.")
        validation.require(
            plan.summary.count <= 300, path + "/summary", "too_long", "It has at most 300 characters.")
        validation.require(
            (0...365).contains(plan.trialDays ?? 0), path + "/trial_days", "out_of_range", "It is 0 to 365.")
        validation.require(
            plan.highlights.count <= 20 && plan.highlights.allSatisfy { $0.count <= 100 }, path + "/highlights",
            "too_long", "There are at most 20 lines of at most 100 characters.")
    }

    private func checkValues(
        _ plan: PlanEntry, _ current: CatalogueDocument, _ path: String, _ validation: inout Validation
    ) {
        let features = allFeatures(current)
        guard let values = plan.values else {
            validation.require(false, path + "/entitlements", "wrong_type", "It must be an object.")
            return
        }
        for (code, value) in values {
            guard let feature = features[code] else {
                validation.require(
                    false, "\(path)/entitlements", "unknown_feature", "There is no feature of the name \(code).")
                continue
            }
            validation.require(
                FeatureValue(value, feature.kind) != nil, "\(path)/entitlements/\(code)", "format",
                "It does not fit a feature of the kind \(feature.kind.rawValue).")
        }
        requireOnce(values.map(\.feature), path + "/entitlements", &validation)
    }

    private func checkPrices(
        _ plan: PlanEntry, _ current: CatalogueDocument, _ path: String, _ validation: inout Validation
    ) {
        let meters = allMeters(current)
        var places: Set<PriceEntry.Place> = []
        for (index, price) in plan.prices.enumerated() {
            let path = "\(path)/prices/\(index)"
            validation.require(
                price.meter.map { meters[$0] != nil } ?? true, path + "/meter", "unknown_meter",
                "There is no such meter.")
            validation.require(
                places.insert(price.place).inserted, path, "twice",
                "There is one price for each currency, interval and meter.")
            do {
                let terms = price.terms(meters)
                try Pricing.check(terms)
                _ = try Pricing.amount(of: terms, quantity: 1)
            } catch PricingProblem.terms(let field, let words) {
                validation.require(false, "\(path)/\(field)", "refused", words)
            } catch {
                validation.require(false, path, "too_large", "One unit would cost more than 9007199254740991.")
            }
        }
    }

    private func checkCode(_ code: String, _ path: String, _ validation: inout Validation) {
        let isPlain = code.utf8.allSatisfy { byte in
            (97...122).contains(byte) || (48...57).contains(byte) || byte == 95 || byte == 45
        }
        validation.require(
            isPlain && (2...40).contains(code.utf8.count), path + "/code", "format",
            "It has 2 to 40 lower-case letters, digits, - and _.")
    }

    private func requireOnce(_ codes: [String], _ path: String, _ validation: inout Validation) {
        validation.require(
            Set(codes).count == codes.count, path, "twice", "The same code stands there more than once.")
    }
}
