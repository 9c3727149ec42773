// Schemas as JSON Schema: named ones once, under components, and an example of each.
import Core

/// The named schemas of a document.
struct SchemaCollector: Sendable {
    /// What a schema is for: requests refuse what they do not know, answers may grow.
    enum Use: Hashable, Sendable { case request, answer, query }

    private struct Entry: Hashable {
        let schema: Schema
        let use: Use
    }

    private var names: [Entry: String] = [:]
    private var order: [(name: String, entry: Entry)] = []

    init(_ endpoints: [Endpoint]) {
        for endpoint in endpoints {
            if case .json(let schema, _) = endpoint.output { add(schema, .answer) }
        }
        for endpoint in endpoints {
            if case .json(let schema, _) = endpoint.body { add(schema, .request) }
        }
    }

    private mutating func add(_ schema: Schema, _ use: Use) {
        switch schema.kind {
        case .array(let element), .map(let element): add(element, use)
        case .object(let properties):
            if let name = schema.name, !schema.isNothing {
                let entry = Entry(schema: schema.plain, use: use)
                guard names[entry] == nil else { return }
                let free = name.isFree(in: order.map(\.name))
                names[entry] = free
                order.append((free, entry))
            }
            for property in properties { add(property.schema, use) }
        default: break
        }
    }

    /// A reference to a named schema, else the schema itself.
    func reference(to schema: Schema, isRequest: Bool) -> JSONValue {
        schema.json(isRequest ? .request : .answer, self)
    }

    func name(of schema: Schema, _ use: Use) -> String? { names[Entry(schema: schema.plain, use: use)] }

    /// Every named schema.
    var components: [JSONValue.Member] {
        order.sorted { $0.name < $1.name }.map { .init($0.name, $0.entry.schema.definition($0.entry.use, self)) }
    }
}

extension String {
    /// The name itself, or with the first suffix that is not taken.
    fileprivate func isFree(in taken: [String]) -> String {
        if !taken.contains(self), self != "Problem", self != "FieldProblem" { return self }
        var number = 1
        while taken.contains(self + "Input" + (number > 1 ? String(number) : "")) { number += 1 }
        return self + "Input" + (number > 1 ? String(number) : "")
    }
}

extension Schema {
    /// The schema without what depends on where it is used.
    fileprivate var plain: Schema {
        var schema = self
        schema.isNullable = false
        schema.note = nil
        return schema
    }

    /// As JSON Schema (2020-12), with references to named schemas where a collector knows them.
    func json(_ use: SchemaCollector.Use, _ collector: SchemaCollector? = nil) -> JSONValue {
        if let name = collector?.name(of: self, use) {
            let reference = JSONValue.object([.init("$ref", .string("#/components/schemas/\(name)"))])
            return isNullable ? .object(["oneOf": .array([reference, .object(["type": "null"])])]) : reference
        }
        return definition(use, collector)
    }

    /// The schema written out.
    func definition(_ use: SchemaCollector.Use, _ collector: SchemaCollector?) -> JSONValue {
        var members: [JSONValue.Member] = []
        if let word = typeWord {
            members.append(.init("type", isNullable ? .array([.string(word), "null"]) : .string(word)))
        }
        switch kind {
        case .array(let element): members.append(.init("items", element.json(use, collector)))
        case .map(let element): members.append(.init("additionalProperties", element.json(use, collector)))
        case .object(let properties): members += Self.members(of: properties, use, collector)
        case .integer: members.append(.init("format", "int64"))
        default: break
        }
        return .object(members + bounds + words)
    }

    private var typeWord: String? {
        switch kind {
        case .string: "string"
        case .integer: "integer"
        case .number: "number"
        case .boolean: "boolean"
        case .array: "array"
        case .object, .map: "object"
        case .any: nil
        }
    }

    private static func members(
        of properties: [Property], _ use: SchemaCollector.Use, _ collector: SchemaCollector?
    ) -> [JSONValue.Member] {
        var members: [JSONValue.Member] = [
            .init(
                "properties", .object(properties.map { JSONValue.Member($0.name, $0.schema.json(use, collector)) }))
        ]
        let required = properties.filter(\.isRequired).map { JSONValue.string($0.name) }
        if !required.isEmpty { members.append(.init("required", .array(required))) }
        if use == .request { members.append(.init("additionalProperties", .bool(false))) }
        return members
    }

    private var bounds: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if !choices.isEmpty {
            members.append(.init("enum", .array(choices.map(JSONValue.string) + (isNullable ? [.null] : []))))
        }
        if let length {
            let (least, most) =
                switch kind {
                case .array: ("minItems", "maxItems")
                case .map, .object: ("minProperties", "maxProperties")
                default: ("minLength", "maxLength")
                }
            members += [
                .init(least, .integer(Int64(length.lowerBound))), .init(most, .integer(Int64(length.upperBound))),
            ]
        }
        if let range {
            members += [.init("minimum", .integer(range.lowerBound)), .init("maximum", .integer(range.upperBound))]
        }
        return members
    }

    private var words: [JSONValue.Member] {
        var members: [JSONValue.Member] = []
        if let format { members.append(.init("format", .string(format))) }
        if let pattern { members.append(.init("pattern", .string(pattern))) }
        if let note { members.append(.init("description", .string(note))) }
        if let example { members.append(.init("examples", .array([example]))) }
        return members
    }

    /// A value that fits the schema.
    var exampleValue: JSONValue { exampleValue(named: "") }

    private func exampleValue(named name: String) -> JSONValue {
        if let example { return example }
        if let choice = choices.first { return .string(choice) }
        switch kind {
        case .string: return .string(exampleText(name))
        case .integer: return .integer(range.map { min(max(1, $0.lowerBound), $0.upperBound) } ?? 1)
        case .number: return .number("1.5")
        case .boolean: return .bool(true)
        case .any: return .object([])
        case .array(let element): return .array([element.exampleValue(named: name)])
        case .map(let element): return .object([.init("key", element.exampleValue(named: "value"))])
        case .object(let properties):
            return .object(properties.map { JSONValue.Member($0.name, $0.schema.exampleValue(named: $0.name)) })
        }
    }

    /// A text of allowed length that says what belongs there.
    private func exampleText(_ name: String) -> String {
        let text =
            switch format ?? name {
            case "email": "meera@example.com"
            case "password": "correct horse battery"
            case "name": "Meera Iyer"
            case "next_cursor", "cursor": "eyJrIjoi…"
            case "": "text"
            default: name.map { $0 == "_" ? " " : String($0) }.joined()
            }
        guard let length else { return text }
        let padded = text + String(repeating: "x", count: max(0, min(length.lowerBound, 1000) - text.count))
        return String(padded.prefix(length.upperBound))
    }
}
