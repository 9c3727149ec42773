// One object of a list in a JSON file of options, read strictly: issuers, providers.
import Tokens
import Web

/// Reads the fields of one object and gathers what is wrong with them, a sentence each.
struct ListedObject {
    private let value: JSONValue
    /// What the sentences begin with: `issuer 2`.
    private let label: String
    private(set) var problems: [String] = []

    /// Reads `{"issuers": [{…}, …]}` for the noun `issuer`: what each object stands for, and what is wrong.
    static func read<Element>(
        _ bytes: [UInt8], _ noun: String, fields: Set<String>, example: String,
        _ element: (inout ListedObject) throws -> Element?
    ) rethrows -> (elements: [Element], problems: [String]) {
        guard let items = (try? JSONParser.parse(bytes))?["\(noun)s"]?.arrayValue else {
            return ([], ["it must be JSON like \(example)"])
        }
        var elements: [Element] = []
        var problems: [String] = []
        for (index, item) in items.enumerated() {
            var entry = ListedObject(value: item, label: "\(noun) \(index + 1)")
            if case .object(let members) = item {
                for member in members where !fields.contains(member.name) {
                    entry.problems.append("\(entry.label): there is no field \(member.name.prefix(40))")
                }
                if let made = try element(&entry), entry.problems.isEmpty { elements.append(made) }
            } else {
                entry.problems.append("\(entry.label) must be an object")
            }
            problems += entry.problems
        }
        return (elements, problems)
    }

    private init(value: JSONValue, label: String) {
        self.value = value
        self.label = label
    }

    mutating func require(_ isRight: Bool, _ what: String) {
        if !isRight { problems.append("\(label): \(what)") }
    }

    /// The field `name`: 1 to 40 lower-case letters, digits and hyphens.
    mutating func name() -> String {
        let name = text("name") ?? ""
        let isName =
            (1...40).contains(name.utf8.count)
            && name.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 45 }
            && name.first != "-" && name.last != "-"
        require(isName, "name must have 1 to 40 lower-case letters, digits and hyphens")
        return name
    }

    mutating func text(_ name: String) -> String? {
        guard let field = value[name] else { return nil }
        if let text = field.stringValue, (1...2000).contains(text.utf8.count) { return text }
        problems.append("\(label): \(name) must be a text")
        return nil
    }

    mutating func texts(_ name: String) -> [String]? {
        guard let field = value[name] else { return nil }
        if let items = field.arrayValue, items.allSatisfy({ $0.stringValue != nil }) {
            return items.compactMap(\.stringValue)
        }
        problems.append("\(label): \(name) must be a list of texts")
        return nil
    }

    mutating func whole(_ name: String, _ range: ClosedRange<Int64>) -> Int64? {
        guard let field = value[name] else { return nil }
        if let count = field.integerValue, range.contains(count) { return count }
        problems.append("\(label): \(name) must be a whole number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    mutating func flag(_ name: String) -> Bool {
        guard let field = value[name] else { return false }
        if let flag = field.boolValue { return flag }
        problems.append("\(label): \(name) must be true or false")
        return false
    }

    /// The field `algorithms`; nil when it is absent.
    mutating func algorithms() -> Set<TokenAlgorithm>? {
        guard let names = texts("algorithms") else { return nil }
        let known = names.compactMap(TokenAlgorithm.init(name:))
        let choices = TokenAlgorithm.allCases.map(\.rawValue).joined(separator: ", ")
        require(!known.isEmpty && known.count == names.count, "algorithms are \(choices)")
        return Set(known)
    }

    /// The first line of a file; nil when it can't be read.
    static func firstLine(of path: String, _ readFile: (String) -> [UInt8]?) -> [UInt8]? {
        readFile(path).map { Array($0.prefix { $0 != 10 && $0 != 13 }) }
    }
}
