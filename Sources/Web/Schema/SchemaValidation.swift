// Holds a JSON document against a schema and names everything that is wrong with it.
package import Core

extension Schema {
    /// Every way in which the value does not fit, each with its JSON pointer, which begins with `pointer`.
    package func problems(of value: JSONValue, at pointer: String) -> [FieldProblem] {
        problems(of: value).map { $0.below(pointer) }
    }

    /// Every way in which the value does not fit, each with its JSON pointer; only what does not fit costs a pointer.
    package func problems(of value: JSONValue) -> [FieldProblem] {
        if value == .null {
            return isNullable || kind == .any ? [] : [FieldProblem("", "required", "It must not be null.")]
        }
        switch (kind, value) {
        case (.any, _), (.boolean, .bool): return []
        case (.string, .string(let text)): return textProblems(text)
        case (.integer, .integer(let number)): return rangeProblems(number)
        case (.number, .integer), (.number, .number): return []
        case (.array(let element), .array(let items)):
            return lengthProblems(items.count, "elements")
                + items.prefix(1000).enumerated().flatMap { index, item in
                    element.problems(of: item).map { $0.below("/\(index)") }
                }
        case (.object(let properties), .object(let members)):
            return objectProblems(properties, members)
        case (.map(let element), .object(let members)):
            return lengthProblems(members.count, "entries")
                + members.flatMap { member in
                    element.problems(of: member.value).map { $0.below("/\(JSONPointer.escape(member.name))") }
                }
        default:
            return [FieldProblem("", "wrong_type", "It must be \(kindInWords).")]
        }
    }

    private func objectProblems(_ properties: [Property], _ members: [JSONValue.Member]) -> [FieldProblem] {
        var problems: [FieldProblem] = []
        for member in members {
            let found =
                if let property = properties.first(where: { $0.name == member.name }) {
                    property.schema.problems(of: member.value)
                } else {
                    [FieldProblem("", "unknown_field", "There is no such field.")]
                }
            if !found.isEmpty { problems += found.map { $0.below("/\(JSONPointer.escape(member.name))") } }
        }
        for property in properties where property.isRequired && !members.contains(where: { $0.name == property.name }) {
            problems.append(FieldProblem("/\(property.name)", "required", "It is missing."))
        }
        return problems
    }

    private func textProblems(_ text: String) -> [FieldProblem] {
        if !choices.isEmpty, !choices.contains(text) {
            return [FieldProblem("", "not_a_choice", "It must be one of: \(choices.joined(separator: ", ")).")]
        }
        if text.unicodeScalars.contains(where: { $0.value == 0 }) {
            return [FieldProblem("", "format", "It must not contain a NUL character.")]
        }
        let ofLength = lengthProblems(text.unicodeScalars.count, "characters")
        if !ofLength.isEmpty { return ofLength }
        switch format {
        case "email" where EmailAddress(text) == nil:
            return [FieldProblem("", "format", "It must be an e-mail address, like name@example.com.")]
        case "date-time" where Timestamp(text) == nil:
            return [FieldProblem("", "format", "It must be an RFC 3339 date-time, like 2026-11-23T05:31:38Z.")]
        default: return []
        }
    }

    private func lengthProblems(_ count: Int, _ what: String) -> [FieldProblem] {
        guard let length, !length.contains(count) else { return [] }
        let bound = count < length.lowerBound ? "at least \(length.lowerBound)" : "at most \(length.upperBound)"
        return [
            FieldProblem(
                "", count < length.lowerBound ? "too_short" : "too_long", "It must have \(bound) \(what).")
        ]
    }

    private func rangeProblems(_ number: Int64) -> [FieldProblem] {
        guard let range, !range.contains(number) else { return [] }
        return [
            FieldProblem("", "out_of_range", "It must lie between \(range.lowerBound) and \(range.upperBound).")
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

extension FieldProblem {
    /// The same problem, seen from further out.
    fileprivate func below(_ step: String) -> FieldProblem { FieldProblem(step + pointer, code, detail) }
}
