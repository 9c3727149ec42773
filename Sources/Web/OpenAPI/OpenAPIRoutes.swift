// GET /openapi.json and GET /docs: the product describes itself.
import Core

extension OpenAPI {
    /// The operations that publish the document; they describe the given ones and themselves.
    ///
    /// - Parameter assets: where the console's style sheet is, for the page.
    package static func endpoints(describing others: [Endpoint], assets: Assets) -> [Endpoint] {
        let api = OpenAPI.describing(others)
        let document = Response(
            status: 200, headers: [("Content-Type", "application/json"), ("Cache-Control", "max-age=60")],
            body: api.document.bytes)
        let pages = ReferencePage(api: api, assets: assets).pages
        return [json(document), reference("/docs", pages), reference("/docs/{group}", pages)]
    }

    /// The document of the given operations and of its own one, whether or not that is among them.
    package static func describing(_ endpoints: [Endpoint]) -> OpenAPI {
        let own = json(Response(status: 200))
        return OpenAPI(endpoints.filter { $0.path != own.path } + [own])
    }

    private static func json(_ answer: Response) -> Endpoint {
        Endpoint(
            method: "GET", path: "/openapi.json", id: "getOpenAPI", summary: "This document", tag: "instance",
            access: .anyone, query: [], body: nil, output: .other(mediaType: "application/json", status: 200),
            problems: [], work: .act { _ in answer })
    }

    private static func reference(_ path: String, _ pages: [String: HTML]) -> Endpoint {
        Endpoint(
            method: "GET", path: path, id: "reference", summary: "API reference", tag: "console", access: .anyone,
            query: [], body: nil, output: .page, problems: [],
            work: .act { call in
                guard let page = pages[call.parameter("group")] else { throw Problem.notFound("group of operations") }
                return .html(page)
            })
    }
}
