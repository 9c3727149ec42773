// Operations about the product itself: a GET that opens no transaction of its own.

extension Routes {
    /// A GET for everybody whose handler needs no database, or opens what it needs: health, documents.
    package mutating func probe<Output: Codable & Sendable>(
        _ path: String, _ id: String, _ summary: String, returns: Output.Type, problems: [String] = [],
        _ handle: @escaping @Sendable () async throws -> Output
    ) {
        add(
            Endpoint(
                method: "GET", path: path, id: id, summary: summary, tag: "instance", access: .anyone, query: [],
                body: nil, output: .json(Schema.of(Output.self), status: 200), problems: problems,
                work: .act { _ in try Response.json(try await handle(), status: 200) }))
    }
}
