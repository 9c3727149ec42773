// Reads HTML strictly, so that tests can ask what a browser would see.

import Web

/// The elements of a piece of HTML, in order, and everything that is wrong with it.
struct Markup {
    struct Element {
        let name: String
        let attributes: [String: String]
        /// The names of the elements around it, outermost first.
        let path: [String]
        /// The unescaped text directly inside it.
        var text = ""
    }

    private(set) var elements: [Element] = []
    private(set) var faults: [String] = []

    private static let empty: Set<String> = ["meta", "link", "input", "hr", "br", "img"]

    init(_ html: HTML) { self.init(html.text) }

    init(_ source: String) {
        var rest = Array(source.unicodeScalars)[...]
        var open: [Int] = []
        while let next = rest.first {
            guard next == "<" else {
                let text = rest.prefix { $0 != "<" }
                rest = rest.dropFirst(text.count)
                note(String(String.UnicodeScalarView(text)), in: open.last)
                continue
            }
            guard let end = rest.firstIndex(of: ">") else {
                faults.append("a tag is not closed")
                break
            }
            let tag = String(String.UnicodeScalarView(rest[rest.index(after: rest.startIndex)..<end]))
            rest = rest[rest.index(after: end)...]
            read(tag, &open)
        }
        if !open.isEmpty { faults.append("left open: \(open.map { elements[$0].name })") }
    }

    /// The elements of a name.
    func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

    /// All values of an attribute.
    func values(_ attribute: String) -> [String] { elements.compactMap { $0.attributes[attribute] } }

    private mutating func note(_ text: String, in element: Int?) {
        if text.contains(">") { faults.append("a bare > in text: \(text)") }
        if let element { elements[element].text += Self.unescape(text) }
    }

    private mutating func read(_ tag: String, _ open: inout [Int]) {
        if tag.hasPrefix("!") { return }
        if tag.hasPrefix("/") {
            guard let last = open.popLast(), elements[last].name == tag.dropFirst() else {
                faults.append("</\(tag.dropFirst())> closes nothing")
                return
            }
            return
        }
        let isClosed = tag.hasSuffix("/")
        let body = isClosed ? tag.dropLast() : Substring(tag)
        let name = String(body.prefix { $0.isLetter || $0.isNumber })
        if name.isEmpty { faults.append("a tag without a name: <\(tag)>") }
        let attributes = attributes(body.dropFirst(name.count))
        elements.append(Element(name: name, attributes: attributes, path: open.map { elements[$0].name }))
        if !isClosed, !Self.empty.contains(name) { open.append(elements.count - 1) }
    }

    private mutating func attributes(_ text: Substring) -> [String: String] {
        var found: [String: String] = [:]
        var rest = text.drop { $0.isWhitespace }
        while !rest.isEmpty {
            let name = String(rest.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
            rest = rest.dropFirst(name.count)
            if name.isEmpty {
                faults.append("an attribute without a name: \(text)")
                return found
            }
            if found[name] != nil { faults.append("\(name) twice: \(text)") }
            found[name] = ""
            if rest.first == "=" {
                guard rest.dropFirst().first == "\"", let end = rest.dropFirst(2).firstIndex(of: "\"") else {
                    faults.append("\(name) is not quoted: \(text)")
                    return found
                }
                found[name] = Self.unescape(String(rest.dropFirst(2)[..<end]))
                rest = rest[rest.index(after: end)...]
            }
            if let next = rest.first, !next.isWhitespace { faults.append("no blank before \(rest)") }
            rest = rest.drop { $0.isWhitespace }
        }
        return found
    }

    private static func unescape(_ text: String) -> String {
        let names = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")]
        return names.reduce(text) { text, name in
            text.split(separator: name.0, omittingEmptySubsequences: false).joined(separator: name.1)
        }
    }
}
