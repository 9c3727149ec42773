// HTML that escapes by default.

/// A piece of HTML. Interpolating a `String` (or number, identifier, …) escapes it; interpolating an `HTML` inserts it.
///
///     let row: HTML = "<li class=\"member\">\(member.name) \(badge)</li>"
package struct HTML: ExpressibleByStringInterpolation, Sendable {
    package private(set) var text: String

    package init(stringLiteral value: StaticString) { text = value.description }
    package init(stringInterpolation: Interpolation) { text = stringInterpolation.text }

    /// Takes markup that this program made itself.
    package init(trusted text: String) { self.text = text }

    /// Nothing.
    package static let empty: HTML = ""

    package static func + (left: HTML, right: HTML) -> HTML { HTML(trusted: left.text + right.text) }
    package static func += (left: inout HTML, right: HTML) { left.text += right.text }

    /// Collects the markup of a literal, escaping what is put into it.
    package struct Interpolation: StringInterpolationProtocol {
        fileprivate var text = ""

        package init(literalCapacity: Int, interpolationCount: Int) {
            text.reserveCapacity(literalCapacity + interpolationCount * 16)
        }

        package mutating func appendLiteral(_ literal: StaticString) {
            literal.withUTF8Buffer { text.append(String(decoding: $0, as: UTF8.self)) }
        }

        /// Inserts markup as it is.
        package mutating func appendInterpolation(_ html: HTML) { text.append(html.text) }

        /// Inserts pieces of markup one after another.
        package mutating func appendInterpolation(_ pieces: [HTML]) { for piece in pieces { text.append(piece.text) } }

        /// Inserts markup if there is any.
        package mutating func appendInterpolation(_ html: HTML?) { if let html { text.append(html.text) } }

        /// Escapes text: safe between tags and inside quoted attributes.
        package mutating func appendInterpolation(_ value: String) { HTML.escape(value, into: &text) }

        /// Escapes the description of a value.
        package mutating func appendInterpolation(_ value: some CustomStringConvertible) {
            HTML.escape(value.description, into: &text)
        }
    }

    /// The text with the five characters that mean something in HTML replaced.
    package static func escape(_ value: String, into output: inout String) {
        guard value.utf8.contains(where: { $0 == 38 || $0 == 60 || $0 == 62 || $0 == 34 || $0 == 39 }) else {
            output.append(value)
            return
        }
        for scalar in value.unicodeScalars {
            switch scalar {
            case "&": output.append("&amp;")
            case "<": output.append("&lt;")
            case ">": output.append("&gt;")
            case "\"": output.append("&quot;")
            case "'": output.append("&#39;")
            default: output.unicodeScalars.append(scalar)
            }
        }
    }
}

extension Sequence {
    /// One piece of markup per element.
    package func html(_ transform: (Element) throws -> HTML) rethrows -> [HTML] { try map(transform) }
}
