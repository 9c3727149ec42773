// The reference of the API as one readable page, without any script of others.
import Core

/// The reference: a page that lists every operation, and one page for each group and for the codes.
struct ReferencePage {
    let api: OpenAPI
    let assets: Assets

    /// Every page by the last part of its address; the list has none.
    var pages: [String: HTML] {
        var pages = ["": list, "codes": codes]
        for tag in api.tags { pages[tag] = group(tag) }
        return pages
    }

    private func document(_ view: PageView) -> HTML {
        var layout = ConsoleLayout(assets: assets)
        layout.home = "/"
        layout.navigation = [
            NavGroup(
                "API reference",
                [NavItem("list", "All operations", "/docs", .list)]
                    + api.tags.map { NavItem($0, Self.title($0), "/docs/\($0)", .book) }
                    + [NavItem("codes", "Problem codes", "/docs/codes", .shield)]),
            NavGroup("Machines", [NavItem("openapi", "openapi.json", "/openapi.json", .server)]),
        ]
        return layout.document(view)
    }

    private var list: HTML {
        let sections = api.tags.html { tag in
            HTML.section(Self.title(tag), index(of: api.operations.filter { $0.tag == tag }))
        }
        return document(
            PageView(
                "API reference", section: "list", lead: "\(OpenAPI.introduction.split(separator: "`").joined())",
                "\(credentials)\(sections)"))
    }

    private func group(_ tag: String) -> HTML {
        let operations = api.operations.filter { $0.tag == tag }
        return document(
            PageView(
                Self.title(tag), section: tag, crumbs: [Link("API reference", "/docs")],
                "\(index(of: operations))\(operations.html(operation))"))
    }

    private static func title(_ tag: String) -> String {
        tag.prefix(1).uppercased() + tag.dropFirst().map { $0 == "-" || $0 == "_" ? " " : String($0) }.joined()
    }

    private var credentials: HTML {
        HTML.section(
            "Credentials", id: "credentials",
            """
            <p>Send <code>Authorization: Bearer …</code> with a session token (<code>rfs_…</code>, a person) or an \
            API key (<code>rfk_live_…</code>, a program of one organisation).</p>\
            \(HTML.codeBlock("curl -H 'Authorization: Bearer rfk_live_…' \(Self.example)/v1/orgs/org_…",
                label: "A call"))
            """)
    }

    private static let example = "https://app.example.com"

    private func index(of operations: [Endpoint]) -> HTML {
        HTML.table(
            "Operations", columns: ["Operation", "What it does", "Who"],
            rows: operations.map { endpoint in
                [
                    """
                    <a href="/docs/\(endpoint.tag)#\(endpoint.id)">\
                    <code>\(endpoint.method) \(endpoint.path)</code></a>
                    """,
                    "\(endpoint.summary)", "\(Self.who(endpoint.access))",
                ]
            })
    }

    private static func who(_ access: Access) -> String {
        switch access {
        case .anyone: "Everybody"
        case .signedIn: "A signed-in person"
        case .member(let permission): permission.rawValue
        case .operators: "An operator"
        }
    }

    private func operation(_ endpoint: Endpoint) -> HTML {
        HTML.panel(
            id: endpoint.id,
            """
            <h3>\(endpoint.summary) \(HTML.label(endpoint.method, Self.tone(endpoint.method)))</h3>\
            <p>\(HTML.copyable(endpoint.path, label: "Copy the path"))</p>\
            <p>\(endpoint.access.sentence.split(separator: "`").joined())</p>\
            \(parameters(endpoint))\(request(endpoint))\(answer(endpoint))\(refusals(endpoint))
            """)
    }

    private static func tone(_ method: String) -> Tone {
        switch method {
        case "GET": .info
        case "DELETE": .bad
        default: .accent
        }
    }

    private func parameters(_ endpoint: Endpoint) -> HTML {
        let rows: [[HTML]] = endpoint.parameters.map { parameter in
            let text = { (name: String) in parameter[name]?.stringValue ?? "" }
            let need = parameter["required"] == .bool(true) ? "required" : "optional"
            return [HTML.code(text("name")), "\(text("in")), \(need)", "\(text("description"))"]
        }
        return rows.isEmpty ? .empty : HTML.table("Parameters", columns: ["Parameter", "Where", "Meaning"], rows: rows)
    }

    private func request(_ endpoint: Endpoint) -> HTML {
        guard case .json(let schema, let limit) = endpoint.body else { return .empty }
        return """
            <h4>Body</h4><p class="small muted">JSON, at most \(HTML.grouped(limit)) bytes.</p>\
            \(fields(of: schema))\(HTML.codeBlock(schema.exampleValue.prettyText, label: "Example body"))
            """
    }

    private func answer(_ endpoint: Endpoint) -> HTML {
        guard case .json(let schema, let status) = endpoint.output, !schema.isNothing else { return .empty }
        return """
            <h4>Answer \(status)</h4>\(fields(of: schema))\
            \(HTML.codeBlock(schema.exampleValue.prettyText, label: "Example answer"))
            """
    }

    private func fields(of schema: Schema) -> HTML {
        guard case .object(let properties) = schema.kind else { return .empty }
        return HTML.table(
            "Fields", columns: ["Field", "Type", "Rules"],
            rows: properties.map { property in
                [
                    HTML.code(property.name), "\(property.schema.words(isRequired: property.isRequired))",
                    "\(property.schema.rules)",
                ]
            })
    }

    private func refusals(_ endpoint: Endpoint) -> HTML {
        let lines = ProblemResponses.codes(of: endpoint).sorted { $0.key < $1.key }.html { status, codes in
            let links = codes.html { "<a href=\"/docs/codes#\($0)\">\($0)</a> " }
            return "<li>\(status): \(links)</li>"
        }
        return "<details><summary>Refusals</summary><ul>\(lines)</ul></details>"
    }

    private var codes: HTML {
        let rows: [[HTML]] = ProblemCode.all.map { code in
            [
                "<code id=\"\(code.code)\">\(code.code)</code>", "\(code.status)",
                "\(code.meaning.split(separator: "`").joined())",
            ]
        }
        return document(
            PageView(
                "Problem codes", section: "codes", crumbs: [Link("API reference", "/docs")],
                lead: "What a refusal can carry in its field code.",
                HTML.table("Codes", columns: ["Code", "Status", "Meaning"], rows: rows)))
    }
}

extension Schema {
    /// `text, optional`.
    func words(isRequired: Bool) -> String {
        let kind =
            switch kind {
            case .string: format ?? "text"
            case .integer: "integer"
            case .number: "number"
            case .boolean: "true or false"
            case .any: "any JSON"
            case .array: "list"
            case .object: name ?? "object"
            case .map: "object"
            }
        return kind + (isRequired ? "" : ", optional")
    }

    /// The bounds in words.
    var rules: String {
        var parts: [String] = []
        if !choices.isEmpty { parts.append("one of " + choices.joined(separator: ", ")) }
        if let length { parts.append("length \(length.lowerBound) to \(length.upperBound)") }
        if let range { parts.append("\(range.lowerBound) to \(range.upperBound)") }
        if let note { parts.append(note) }
        return parts.joined(separator: "; ")
    }
}
