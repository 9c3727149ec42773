// Finds the schema of a Codable type by letting it decode from a recorder.
import Core

extension Schema {
    /// The schema of a type: its fields, their types, which are optional. Enums have to be `CaseIterable`.
    package static func of<Value: Decodable>(_ type: Value.Type) -> Schema { described(type).schema }

    fileprivate static func described<Value: Decodable>(_ type: Value.Type) -> (schema: Schema, example: Value?) {
        if let known = type as? any SchemaDescribed.Type { return (known.schema, known.example as? Value) }
        if let known = primitive(type) { return known }
        if let choice = type as? any CaseIterable.Type, let (choices, first) = texts(of: choice) {
            return (.choice(choices), first as? Value)
        }
        let recorder = Recorder()
        let example = try? Value(from: recorder)
        var schema = recorder.schema
        if case .object = schema.kind { schema.name = name(of: type) }
        return (schema, example)
    }

    private static func primitive<Value>(_ type: Value.Type) -> (schema: Schema, example: Value?)? {
        switch type {
        case is String.Type: (.string, "" as? Value)
        case is Bool.Type: (.boolean, false as? Value)
        case is Int.Type: (Schema(.integer), 0 as? Value)
        case is Int64.Type: (Schema(.integer), Int64(0) as? Value)
        case is Double.Type: (Schema(.number), 0.0 as? Value)
        case is [String: String].Type: (Schema(.map(.string)), [String: String]() as? Value)
        case is [String: Int64].Type: (Schema(.map(Schema(.integer))), [String: Int64]() as? Value)
        default: nil
        }
    }

    private static func texts(of type: any CaseIterable.Type) -> ([String], Any)? {
        func open<Choice: CaseIterable>(_ type: Choice.Type) -> ([String], Any)? {
            let choices = Choice.allCases.compactMap { ($0 as? any RawRepresentable)?.rawValue as? String }
            guard let first = Choice.allCases.first, !choices.isEmpty else { return nil }
            return (choices, first)
        }
        return open(type)
    }

    /// `Page<Invitation>` is listed as `InvitationPage`.
    private static func name(of type: Any.Type) -> String {
        let parts = String(describing: type).split(whereSeparator: { $0 == "<" || $0 == ">" || $0 == "," || $0 == " " })
        return parts.reversed().map { $0.split(separator: ".").last.map(String.init) ?? "" }.joined()
    }
}

private final class Recorder: Decoder {
    var schema = Schema.any
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        if case .object = schema.kind {} else { schema = Schema(.object([])) }
        return KeyedDecodingContainer(KeyedRecorder<Key>(recorder: self))
    }

    func unkeyedContainer() -> any UnkeyedDecodingContainer { ListRecorder(recorder: self) }
    func singleValueContainer() -> any SingleValueDecodingContainer { SingleRecorder(recorder: self) }

    func note(_ name: String, _ schema: Schema?, isOptional: Bool) {
        guard case .object(var properties) = self.schema.kind else { return }
        if let index = properties.firstIndex(where: { $0.name == name }) {
            if let schema {
                let wasNullable = properties[index].schema.isNullable
                properties[index].schema = schema
                properties[index].schema.isNullable = wasNullable
            }
        } else {
            var property = Schema.Property(name: name, schema: schema ?? .any, isRequired: !isOptional)
            property.schema.isNullable = isOptional
            properties.append(property)
        }
        self.schema.kind = .object(properties)
    }
}

/// An optional field asks for nil first, which is how the recorder tells it from a required one.
private struct KeyedRecorder<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let recorder: Recorder
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    func contains(_ key: Key) -> Bool { true }

    func decodeNil(forKey key: Key) -> Bool {
        recorder.note(key.stringValue, nil, isOptional: true)
        return false
    }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        let (schema, example) = Schema.described(type)
        recorder.note(key.stringValue, schema, isOptional: false)
        return try Recording.value(example)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type, forKey: Key) -> KeyedDecodingContainer<Nested> {
        Recorder().container(keyedBy: keyedBy)
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedDecodingContainer { Recorder().unkeyedContainer() }
    func superDecoder() -> any Decoder { Recorder() }
    func superDecoder(forKey key: Key) -> any Decoder { Recorder() }
}

private struct ListRecorder: UnkeyedDecodingContainer {
    let recorder: Recorder
    let codingPath: [any CodingKey] = []
    let count: Int? = 1
    var isAtEnd = false
    let currentIndex = 0

    init(recorder: Recorder) {
        self.recorder = recorder
        recorder.schema = Schema(.array(.any))
    }

    func decodeNil() -> Bool { false }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, example) = Schema.described(type)
        recorder.schema = Schema(.array(schema))
        isAtEnd = true
        return try Recording.value(example)
    }

    func nestedContainer<Nested: CodingKey>(keyedBy: Nested.Type) -> KeyedDecodingContainer<Nested> {
        Recorder().container(keyedBy: keyedBy)
    }

    func nestedUnkeyedContainer() -> any UnkeyedDecodingContainer { Recorder().unkeyedContainer() }
    func superDecoder() -> any Decoder { Recorder() }
}

private struct SingleRecorder: SingleValueDecodingContainer {
    let recorder: Recorder
    let codingPath: [any CodingKey] = []

    func decodeNil() -> Bool { false }

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
        let (schema, example) = Schema.described(type)
        recorder.schema = schema
        return try Recording.value(example)
    }
}

private enum Recording: Error {
    case noExample

    static func value<Value>(_ example: Value?) throws -> Value {
        guard let example else { throw Recording.noExample }
        return example
    }
}
