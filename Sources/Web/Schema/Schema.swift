// What a JSON value may look like: printed into OpenAPI, and held against every request body.
package import Core

/// A JSON Schema (2020-12), as far as the API needs it.
package struct Schema: Sendable, Hashable {
    /// What sort of value it is, with the schemas of what is inside.
    package indirect enum Kind: Sendable, Hashable {
        case string, integer, number, boolean, any
        case array(Schema)
        case object([Property])
        /// An object with any names and values of one kind.
        case map(Schema)
    }

    /// One field of an object.
    package struct Property: Sendable, Hashable {
        package let name: String
        package var schema: Schema
        package var isRequired: Bool
    }

    package var kind: Kind
    /// The name under which OpenAPI lists it, for objects made from a type.
    package var name: String?
    package var isNullable = false
    package var choices: [String] = []
    package var length: ClosedRange<Int>?
    package var range: ClosedRange<Int64>?
    package var format: String?
    package var pattern: String?
    package var example: JSONValue?
    package var note: String?

    package init(_ kind: Kind) { self.kind = kind }

    package static let string = Schema(.string)
    package static let boolean = Schema(.boolean)
    package static let any = Schema(.any)
    package static func integer(_ range: ClosedRange<Int64>) -> Schema {
        var schema = Schema(.integer)
        schema.range = range
        return schema
    }
    package static func choice(_ choices: [String]) -> Schema {
        var schema = Schema(.string)
        schema.choices = choices
        return schema
    }

    /// The schema with its fields narrowed by rules under their wire names; `items.price` reaches into lists
    /// and objects.
    package func refined(by rules: [String: Rule]) -> Schema {
        rules.reduce(self) { schema, rule in
            schema.refining(rule.key.split(separator: ".").map(String.init)[...], with: rule.value)
        }
    }

    private func refining(_ path: ArraySlice<String>, with rule: Rule) -> Schema {
        guard let head = path.first else { return rule.apply(self) }
        var result = self
        switch kind {
        case .array(let element): result.kind = .array(element.refining(path, with: rule))
        case .object(var properties):
            for index in properties.indices where properties[index].name == head {
                properties[index].schema = properties[index].schema.refining(path.dropFirst(), with: rule)
            }
            result.kind = .object(properties)
        default: break
        }
        return result
    }
}

/// Narrows one field of a request body, beyond what its Swift type says.
package struct Rule: Sendable {
    let apply: @Sendable (Schema) -> Schema

    private init(_ apply: @escaping @Sendable (inout Schema) -> Void) {
        self.apply = { schema in
            var schema = schema
            apply(&schema)
            return schema
        }
    }

    /// Characters of a string, or elements of a list.
    package static func length(_ range: ClosedRange<Int>) -> Rule { Rule { $0.length = range } }
    /// An integer's range, both ends included.
    package static func range(_ range: ClosedRange<Int64>) -> Rule { Rule { $0.range = range } }
    /// One of these texts.
    package static func oneOf(_ choices: [String]) -> Rule { Rule { $0.choices = choices } }
    /// An e-mail address.
    package static let email = Rule {
        $0.format = "email"
        $0.length = 3...254
    }
    /// A secret that a person types.
    package static func password(_ range: ClosedRange<Int>) -> Rule {
        Rule {
            $0.format = "password"
            $0.length = range
        }
    }
    /// Words for the reference page.
    package static func note(_ text: String) -> Rule { Rule { $0.note = text } }
    /// What the reference page shows as an example of a text.
    package static func example(_ text: String) -> Rule { Rule { $0.example = .string(text) } }
    /// Several of these.
    package static func all(_ rules: [Rule]) -> Rule {
        Rule { schema in schema = rules.reduce(schema) { $1.apply($0) } }
    }
}

/// A type that describes itself on the wire, because its decoding does not show what it is.
package protocol SchemaDescribed {
    static var schema: Schema { get }
    static var example: Self { get }
}

extension Timestamp: SchemaDescribed {
    package static var schema: Schema {
        var schema = Schema.string
        schema.format = "date-time"
        schema.example = .string("2026-11-23T05:31:38.000Z")
        return schema
    }
    package static var example: Timestamp { Timestamp(milliseconds: 1_795_411_898_000) }
}

extension Identifier: SchemaDescribed {
    package static var schema: Schema {
        var schema = Schema.string
        schema.pattern = "^\(Kind.prefix)_[0-7][0-9a-hjkmnp-tv-z]{25}$"
        schema.example = .string(example.text)
        return schema
    }
    package static var example: Self { Self(stored: "\(Kind.prefix)_01kajv7e5tf9gv5f2x3xj3k8qa") }
}

extension Currency: SchemaDescribed {
    package static var schema: Schema {
        var schema = Schema.string
        schema.pattern = "^[A-Z]{3}$"
        schema.example = .string("INR")
        return schema
    }
    package static var example: Currency { .inr }
}

extension Role: SchemaDescribed {
    package static var schema: Schema {
        var schema = Schema.string
        schema.note = "One of viewer, editor, admin and owner, or the identifier of a custom role."
        schema.pattern = "^(viewer|editor|admin|owner|role_[0-7][0-9a-hjkmnp-tv-z]{25})$"
        schema.example = .string("viewer")
        return schema
    }
    package static var example: Role { .viewer }
}

extension NoBody: SchemaDescribed {
    package static var schema: Schema { Schema(.object([])) }
    package static var example: NoBody { NoBody() }
}

extension JSONValue: SchemaDescribed {
    package static var schema: Schema { .any }
    package static var example: JSONValue { .object([]) }
}
