// The JSON operations of the catalogue: the price list for everybody, and its editing for those who run the instance.
import Core
import Storage
import Web

/// A catalogue to be taken over.
struct CatalogueRequest: RequestBody {
    let catalog: CatalogueDocument
    let isDryRun: Bool?

    enum CodingKeys: String, CodingKey {
        case catalog
        case isDryRun = "dry_run"
    }

    static let rules: [String: Rule] = {
        var rules = Dictionary(CatalogueDocument.rules.map { ("catalog." + $0.key, $0.value) }) { first, _ in first }
        rules["dry_run"] = .note("Only say what would change.")
        return rules
    }()
}

/// What changed, or would change.
struct CatalogueChanges: Codable, Sendable {
    /// In words; empty when the catalogue is as the document says already.
    let changes: [String]
    let isDryRun: Bool

    enum CodingKeys: String, CodingKey {
        case changes
        case isDryRun = "dry_run"
    }
}

extension Billing {
    func addCatalogueRoutes(to routes: inout Routes) {
        routes.get(
            "/v1/operator/catalog", "exportCatalog", "Read the whole catalogue, retired plans included",
            tag: "operator", allow: .operators, returns: CatalogueDocument.self
        ) { _, tx in try CatalogueDocument.current(in: tx) }
        routes.post(
            "/v1/operator/catalog", "applyCatalog",
            "Bring the catalogue to what a document says; the same again changes nothing", tag: "operator",
            allow: .operators, body: CatalogueRequest.self, returns: CatalogueChanges.self
        ) { call, tx in
            let isDry = call.body.isDryRun ?? false
            let changes = try Self.apply(call.body.catalog, isDry: isDry, at: "/catalog", in: tx)
            return CatalogueChanges(changes: changes, isDryRun: isDry)
        }
    }
}
