// Holds a JSON document against a schema and names everything that is wrong with it.
package import Core

extension Schema {
    /// Every way in which the value does not fit, each with its JSON pointer.
    package func problems(of value: JSONValue, at pointer: String = "") -> [FieldProblem] {
        if value == .null {
            return isNullable || kind == .any ? [] : [FieldProblem(pointer, "required", "It must not be null.")]
        }
        switch (kind, value) {
        case (.any, _), (.boolean, .bool): return []
        case (.string, .string(let text)): return textProblems(text, pointer)
        case (.integer, .integer(let number)): return rangeProblems(number, pointer)
        case (.number, .integer), (.number, .number): return []
        case (.array(let element), .array(let items)):
            return lengthProblems(items.count, "elements", pointer)
                + items.prefix(1000).enumerated().flatMap { element.problems(of: $1, at: "\(pointer)/\($0)") }
        case (.object(let properties), .object(let members)):
            return objectProblems(properties, members, pointer)
        case (.map(let element), .object(let members)):
            return lengthProblems(members.count, "entries", pointer)
                + members.flatMap { element.problems(of: $0.value, at: "\(pointer)/\(JSONPointer.escape($0.name))") }
        default:
            return [FieldProblem(pointer, "wrong_type", "It must be \(kindInWords).")]
        }
    }

    private func objectProblems(
        _ properties: [Property], _ members: [JSONValue.Member], _ pointer: String
    ) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for member in members {
            let place = "\(pointer)/\(JSONPointer.escape(member.name))"
            if let property = properties.first(where: { $0.name == member.name }) {
                problems += property.schema.problems(of: member.value, at: place)
            } else {
                problems.append(FieldProblem(place, "unknown_field", "There is no such field."))
            }
        }
        for property in properties where property.isRequired && !members.contains(where: { $0.name == property.name }) {
            problems.append(FieldProblem("\(pointer)/\(property.name)", "required", "It is missing."))
        }
        return problems
    }

    private func textProblems(_ text: String, _ pointer: String) -> [FieldProblem] {
        if !choices.isEmpty, !choices.contains(text) {
            return [FieldProblem(pointer, "not_a_choice", "It must be one of: \(choices.joined(separator: ", ")).")]
        }
        if text.unicodeScalars.contains(where: { $0.value == 0 }) {
            return [FieldProblem(pointer, "format", "It must not contain a NUL character.")]
        }
        let ofLength = lengthProblems(text.unicodeScalars.count, "characters", pointer)
        if !ofLength.isEmpty { return ofLength }
        switch format {
        case "email" where EmailAddress(text) == nil:
            return [FieldProblem(pointer, "format", "It must be an e-mail address, like name@example.com.")]
        case "date-time" where Timestamp(text) == nil:
            return [FieldProblem(pointer, "format", "It must be an RFC 3339 date-time, like 2026-11-23T05:31:38Z.")]
        default: return []
        }
    }

    private func lengthProblems(_ count: Int, _ what: String, _ pointer: String) -> [FieldProblem] {
        guard let length, !length.contains(count) else { return [] }
        let bound = count < length.lowerBound ? "at least \(length.lowerBound)" : "at most \(length.upperBound)"
        return [
            FieldProblem(
                pointer, count < length.lowerBound ? "too_short" : "too_long", "It must have \(bound) \(what).")
        ]
    }

    private func rangeProblems(_ number: Int64, _ pointer: String) -> [FieldProblem] {
        guard let range, !range.contains(number) else { return [] }
        return [
            FieldProblem(pointer, "out_of_range", "It must lie between \(range.lowerBound) and \(range.upperBound).")
        ]
    }

    private var kindInWords: String {
        switch kind {
        case .string: "a text"
        case .integer: "a whole number"
        case .number: "a number"
        case .boolean: "true or false"
        case .array: "a list"
        case .object, .map: "an object"
        case .any: "a value"
        }
    }
}
