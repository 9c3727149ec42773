// The OpenAPI 3.1 document, made from the operations themselves.
import Core

/// Describes operations as an OpenAPI 3.1 document. Pages are left out; everything else is in it.
package struct OpenAPI: Sendable {
    /// The version of the interface, as the path says it: `/v1`.
    static let interfaceVersion = "1.0.0"

    private let endpoints: [Endpoint]
    private let schemas: SchemaCollector

    /// Takes all operations of the product, pages included.
    package init(_ endpoints: [Endpoint]) {
        self.endpoints = endpoints.filter { !$0.output.isPage }
            .sorted { ($0.path, $0.method) < ($1.path, $1.method) }
        schemas = SchemaCollector(self.endpoints)
    }

    /// The operations that the document describes, by path.
    package var operations: [Endpoint] { endpoints }

    /// The whole document.
    package var document: JSONValue {
        .object([
            "openapi": "3.1.0",
            "info": .object([
                "title": "RaptorFlow", "version": .string(Self.interfaceVersion),
                "summary": "Accounts, organisations, roles, plans, money, jobs and audit for a SaaS product.",
                "description": .string(Self.introduction), "license": .object(["name": "MIT", "identifier": "MIT"]),
            ]),
            "servers": .array([.object(["url": "/"])]),
            "tags": .array(tags.map { .object(["name": .string($0)]) }),
            "paths": .object(paths),
            "components": .object([
                "schemas": .object(schemas.components + [Self.problemSchema, Self.fieldProblemSchema]),
                "responses": .object(ProblemResponses.components), "headers": .object(Self.headers),
                "securitySchemes": Self.securitySchemes,
            ]),
        ])
    }

    /// The names of the groups of operations, in the order of their paths.
    package var tags: [String] {
        endpoints.reduce(into: []) { tags, endpoint in if !tags.contains(endpoint.tag) { tags.append(endpoint.tag) } }
    }

    private var paths: [JSONValue.Member] {
        var result: [JSONValue.Member] = []
        var rest = endpoints[...]
        while let path = rest.first?.path {
            let group = rest.prefix { $0.path == path }
            rest = rest.dropFirst(group.count)
            result.append(
                .init(path, .object(group.map { JSONValue.Member($0.method.lowercased(), operation($0)) })))
        }
        return result
    }

    private func operation(_ endpoint: Endpoint) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init("operationId", .string(endpoint.id)), .init("tags", .array([.string(endpoint.tag)])),
            .init("summary", .string(endpoint.summary)),
            .init("description", .string(endpoint.access.sentence)),
            .init("security", endpoint.access.security),
            .init("x-raptorflow-access", .string(endpoint.access.word)),
        ]
        if case .member(let permission) = endpoint.access {
            members.append(.init("x-raptorflow-permission", .string(permission.rawValue)))
        }
        if endpoint.cost > 1 { members.append(.init("x-raptorflow-cost", .integer(Int64(endpoint.cost)))) }
        let parameters = endpoint.parameters
        if !parameters.isEmpty { members.append(.init("parameters", .array(parameters))) }
        if let body = requestBody(endpoint) { members.append(.init("requestBody", body)) }
        let refusals = ProblemResponses.responses(of: endpoint)
        members.append(.init("responses", .object([success(endpoint)] + refusals)))
        return .object(members)
    }

    private func requestBody(_ endpoint: Endpoint) -> JSONValue? {
        let content: JSONValue
        switch endpoint.body {
        case .json(let schema, _):
            content = .object([
                "application/json": .object([
                    "schema": schemas.reference(to: schema, isRequest: true), "example": schema.exampleValue,
                ])
            ])
        case .form: content = .object(["application/x-www-form-urlencoded": .object([])])
        case .raw: content = .object(["application/json": .object(["schema": .object([])])])
        case nil: return nil
        }
        return .object(["required": .bool(true), "content": content])
    }

    private func success(_ endpoint: Endpoint) -> JSONValue.Member {
        let headers = JSONValue.object(["X-Request-Id": .object(["$ref": "#/components/headers/RequestId"])])
        switch endpoint.output {
        case .json(let schema, let status) where !schema.isNothing:
            let media = JSONValue.object([
                "schema": schemas.reference(to: schema, isRequest: false), "example": schema.exampleValue,
            ])
            return .init(
                String(status),
                .object([
                    "description": "It worked.", "headers": headers, "content": .object(["application/json": media]),
                ]))
        case .other(let mediaType, let status):
            return .init(
                String(status),
                .object([
                    "description": "It worked.", "headers": headers,
                    "content": .object([.init(mediaType, .object([]))]),
                ]))
        case .json, .none, .page:
            return .init("204", .object(["description": "It worked; there is nothing to say.", "headers": headers]))
        }
    }
}

extension Schema {
    /// An answer without a body.
    var isNothing: Bool { kind == .object([]) }
}

extension JSONValue: ExpressibleByStringLiteral {
    package init(stringLiteral value: String) { self = .string(value) }
}
