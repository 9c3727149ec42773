// How features declare their JSON operations: once, for the router, the permission check, validation and OpenAPI.
import Core
package import Storage

/// The operations of the product, collected from the features.
///
///     routes.post("/v1/orgs/{org}/invitations", "createInvitation", "Invite somebody by e-mail",
///                 tag: "members", allow: .member(.membersManage), body: NewInvitation.self,
///                 returns: Invitation.self, status: 201) { call, tx in
///         try invitations.invite(call.body, by: call, in: tx)
///     }
///
/// Handlers of `get` run inside one read transaction, those of `post`, `patch`, `put` and `delete` inside one write
/// transaction; for `.member` routes it is scoped to the organisation of the path, otherwise to the instance.
/// `act` is for work that has to wait for something else (hashing, a payment provider) and opens its own.
package struct Routes {
    package private(set) var endpoints: [Endpoint] = []

    package init() {}

    package mutating func get<Output: Codable & Sendable>(
        _ path: String, _ id: String, _ summary: String, tag: String, allow: Access,
        query: [QueryParameter] = [], returns: Output.Type, problems: [String] = [], cost: Int = 1,
        _ handle: @escaping @Sendable (Call<NoBody>, any Transaction) throws -> Output
    ) {
        add(
            .init(
                method: "GET", path: path, id: id, summary: summary, tag: tag, access: allow, query: query,
                body: nil, output: .json(Schema.of(Output.self), status: 200), problems: problems, cost: cost,
                work: .read { call, tx in
                    let output = try handle(call.with(NoBody()), tx)
                    let signed = (output as? any CursorCarrying)?.signed(call.request.signCursor) as? Output
                    return try Response.json(signed ?? output, status: 200)
                }))
    }

    package mutating func post<Body: RequestBody, Output: Codable & Sendable>(
        _ path: String, _ id: String, _ summary: String, tag: String, allow: Access, body: Body.Type,
        returns: Output.Type, status: Int = 200, requiresIdempotencyKey: Bool = false, endsImpersonation: Bool = false,
        problems: [String] = [], _ handle: @escaping @Sendable (Call<Body>, any Transaction) throws -> Output
    ) {
        write("POST", path, id, summary, tag, allow, body, status, requiresIdempotencyKey, problems, handle)
        if endsImpersonation, let last = endpoints.indices.last { endpoints[last].endsImpersonation = true }
    }

    package mutating func patch<Body: RequestBody, Output: Codable & Sendable>(
        _ path: String, _ id: String, _ summary: String, tag: String, allow: Access, body: Body.Type,
        returns: Output.Type, problems: [String] = [],
        _ handle: @escaping @Sendable (Call<Body>, any Transaction) throws -> Output
    ) {
        write("PATCH", path, id, summary, tag, allow, body, 200, false, problems, handle)
    }

    package mutating func delete(
        _ path: String, _ id: String, _ summary: String, tag: String, allow: Access, query: [QueryParameter] = [],
        problems: [String] = [], _ handle: @escaping @Sendable (Call<NoBody>, any Transaction) throws -> Void
    ) {
        add(
            .init(
                method: "DELETE", path: path, id: id, summary: summary, tag: tag, access: allow, query: query,
                body: nil, output: .none, problems: problems,
                work: .write { call in
                    let call = call.with(NoBody())
                    return { tx in
                        try handle(call, tx)
                        return { Response(status: 204) }
                    }
                }))
    }

    /// A POST whose handler opens its own transactions, because it waits for something else in between.
    package mutating func act<Body: RequestBody, Output: Codable & Sendable>(
        _ path: String, _ id: String, _ summary: String, tag: String, allow: Access, body: Body.Type,
        returns: Output.Type, status: Int = 200, requiresIdempotencyKey: Bool = false, problems: [String] = [],
        cost: Int = 1, _ handle: @escaping @Sendable (Call<Body>) async throws -> Output
    ) {
        add(
            .init(
                method: "POST", path: path, id: id, summary: summary, tag: tag, access: allow, query: [],
                body: .of(Body.self), output: .json(Schema.of(Output.self), status: status), problems: problems,
                cost: cost,
                requiresIdempotencyKey: requiresIdempotencyKey,
                work: .act { call in
                    try Response.json(try await handle(call.with(try Body.decode(call.body))), status: status)
                }))
    }

    /// Anything else: pages, files, streams, provider webhooks with raw bodies.
    package mutating func add(_ endpoint: Endpoint) { endpoints.append(endpoint) }

    private mutating func write<Body: RequestBody, Output: Codable & Sendable>(
        _ method: String, _ path: String, _ id: String, _ summary: String, _ tag: String, _ allow: Access,
        _ body: Body.Type, _ status: Int, _ requiresKey: Bool, _ problems: [String],
        _ handle: @escaping @Sendable (Call<Body>, any Transaction) throws -> Output
    ) {
        add(
            .init(
                method: method, path: path, id: id, summary: summary, tag: tag, access: allow, query: [],
                body: .of(Body.self), output: .json(Schema.of(Output.self), status: status), problems: problems,
                requiresIdempotencyKey: requiresKey,
                work: .write { call in
                    let call = call.with(try Body.decode(call.body))
                    return { tx in
                        let output = try handle(call, tx)
                        return { try Response.json(output, status: status) }
                    }
                }))
    }
}
