// The audit log over HTTP.
import Core
import Storage
package import Web

extension Audit {
    /// Adds the JSON operations and the exports, for organisations and, for operators, for the instance's own chain.
    ///
    /// `keeper` gives the public key; verification and exports run beside the requests.
    package static func addRoutes(to routes: inout Routes, keeper: AuditKeeper) {
        for place in [
            RoutePlace(base: "/v1/orgs/{org}/audit-events", suffix: "", tag: "audit", allow: .member(.auditRead)),
            RoutePlace(
                base: "/v1/operator/audit-events", suffix: "OfInstance", tag: "operator", allow: .operators),
        ] {
            addList(to: &routes, place)
            addProofs(to: &routes, place)
            addVerification(to: &routes, place, keeper)
            addExports(to: &routes, place, on: keeper.database)
        }
    }

    /// Where the operations of a chain are and who may call them.
    struct RoutePlace {
        let base: String
        let suffix: String
        let tag: String
        let allow: Access
    }

    private static func addList(to routes: inout Routes, _ place: RoutePlace) {
        routes.get(
            place.base, "listAuditEvents" + place.suffix, "List what was changed, newest first", tag: place.tag,
            allow: place.allow, query: QueryParameter.paging + AuditFilter.parameters,
            returns: Page<AuditEventResource>.self
        ) { call, tx in
            let rows = try AuditStore.page(
                of: Chain(of: tx.scope), before: call.page.after.flatMap { Int64($0) },
                filter: try AuditFilter(call), limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { String($0.event.sequence) })
                .map { AuditEventResource($0.event, hash: $0.hash) }
        }
    }

    private static func addProofs(to routes: inout Routes, _ place: RoutePlace) {
        routes.get(
            place.base + "/checkpoints", "listAuditCheckpoints" + place.suffix,
            "List the signed checkpoints, newest first", tag: place.tag, allow: place.allow,
            query: QueryParameter.paging, returns: Page<CheckpointResource>.self
        ) { call, tx in
            let rows = try AuditTreeStore.checkpoints(
                of: Chain(of: tx.scope).key, before: call.page.after.flatMap { Int64($0) },
                limit: call.page.limit + 1, in: tx)
            return call.page.page(rows, key: { String($0.size) }).map(\.resource)
        }
        routes.get(
            place.base + "/proof", "proveAuditEvent" + place.suffix,
            "Prove that a record is in the log (RFC 6962 inclusion proof)", tag: place.tag, allow: place.allow,
            query: [
                QueryParameter("sequence", "Which record.", .integer(1...Int64.max), isRequired: true),
                QueryParameter(
                    "size", "In how many records; the newest checkpoint's, unless given.", .integer(1...Int64.max)),
            ], returns: InclusionProof.self, problems: ["size_out_of_range", "tree_behind"], cost: 5
        ) { call, tx in
            try inclusion(
                of: try required("sequence", call), in: call.query("size").flatMap { Int64($0) },
                Chain(of: tx.scope), in: tx)
        }
        routes.get(
            place.base + "/consistency", "proveAuditConsistency" + place.suffix,
            "Prove that the log only grew between two sizes (RFC 6962 consistency proof)", tag: place.tag,
            allow: place.allow,
            query: [
                QueryParameter("from", "The older number of records.", .integer(1...Int64.max), isRequired: true),
                QueryParameter("to", "The newer one; all records, unless given.", .integer(1...Int64.max)),
            ], returns: ConsistencyProof.self, problems: ["size_out_of_range", "tree_behind"], cost: 5
        ) { call, tx in
            try consistency(
                from: try required("from", call), to: call.query("to").flatMap { Int64($0) }, Chain(of: tx.scope),
                in: tx)
        }
    }

    private static func required(_ name: String, _ call: Call<NoBody>) throws(Problem) -> Int64 {
        guard let number = call.query(name).flatMap({ Int64($0) }) else {
            throw .invalid([FieldProblem("?\(name)", "required", "It is missing.")])
        }
        return number
    }

    private static func addVerification(to routes: inout Routes, _ place: RoutePlace, _ keeper: AuditKeeper) {
        routes.add(
            Endpoint(
                method: "GET", path: place.base + "/verification", id: "verifyAuditEvents" + place.suffix,
                summary: "Walk the whole log and compare it with its tree and checkpoints", tag: place.tag,
                access: place.allow, output: .json(Schema.of(VerificationResource.self), status: 200), cost: 50,
                work: .act { call in
                    let chain: Chain = call.role == nil ? .instance : .organization(try call.organization())
                    let key = keeper.signer.publicKey
                    let found = try await keeper.database.readAtLength(in: chain.scope) { tx in
                        let report = try verify(chain, with: Evidence(publicKey: key), in: tx)
                        return VerificationResource(
                            report, publicKey: key,
                            checkpoint: try AuditTreeStore.checkpoints(of: chain.key, limit: 1, in: tx).first)
                    }
                    return try .json(found, status: 200)
                }))
    }
}

/// What a verification of a chain found, as the API answers it.
struct VerificationResource: Codable, Sendable {
    let isSound: Bool
    let records: Int64
    /// Checkpoints that were compared with the records.
    let checkpoints: Int64
    let firstProblem: String?
    let publicKey: String
    let checkpoint: CheckpointResource?

    enum CodingKeys: String, CodingKey {
        case records, checkpoints, checkpoint
        case isSound = "is_sound"
        case firstProblem = "first_problem"
        case publicKey = "public_key"
    }

    init(_ report: Audit.Report, publicKey: [UInt8], checkpoint: Checkpoint?) {
        isSound = report.firstProblem == nil
        records = report.records
        checkpoints = Int64(report.checkpoints)
        firstProblem = report.firstProblem
        self.publicKey = Hex.encode(publicKey)
        self.checkpoint = checkpoint?.resource
    }
}
