// Collects every bad field before refusing.

/// Gathers the problems of a request, so that one answer names all of them.
package struct Validation {
    private var fields: [FieldProblem] = []

    package init() {}

    /// Notes a problem of the field at a JSON pointer unless the condition holds.
    package mutating func require(
        _ condition: Bool, _ pointer: String, _ code: String, _ detail: @autoclosure () -> String
    ) {
        if !condition { fields.append(FieldProblem(pointer, code, detail())) }
    }

    /// Throws `validation_failed` with everything noted.
    package func check() throws(Problem) {
        if !fields.isEmpty { throw .invalid(fields) }
    }
}

/// An e-mail address in the form people use: one `@`, a dotted domain, at most 254 bytes, ASCII, no spaces or quotes.
package struct EmailAddress: Hashable, Sendable, CustomStringConvertible {
    /// As it was typed, without surrounding blanks.
    package let text: String
    /// Lower case: what uniqueness is decided by.
    package let folded: String

    package var description: String { text }

    /// What follows the `@`, in lower case.
    package var domain: String { String(folded.drop { $0 != "@" }.dropFirst()) }

    /// Reads an address; nil when it is not one that mail can be sent to (RFC 5321 4.5.3.1, without quoted forms).
    package init?(_ raw: String) {
        let bytes = Array(raw.utf8)
        guard (3...254).contains(bytes.count), bytes.allSatisfy({ $0 > 32 && $0 < 127 }) else { return nil }
        guard !bytes.contains(where: { "\"(),:;<>[\\]".utf8.contains($0) }) else { return nil }
        let parts = bytes.split(separator: UInt8(ascii: "@"), omittingEmptySubsequences: false)
        guard parts.count == 2, (1...64).contains(parts[0].count) else { return nil }
        guard Self.isDotted(parts[0], labels: 1), Self.isDotted(parts[1], labels: 2) else { return nil }
        guard parts[1].allSatisfy({ Self.isHostByte($0) }) else { return nil }
        text = raw
        folded = raw.lowercased()
    }

    private static func isDotted(_ bytes: ArraySlice<UInt8>, labels least: Int) -> Bool {
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return labels.count >= least
            && labels.allSatisfy { !$0.isEmpty && $0.count <= 64 && $0.first != 45 && $0.last != 45 }
    }

    private static func isHostByte(_ byte: UInt8) -> Bool {
        switch byte {
        case 48...57, 65...90, 97...122, 45, 46: true
        default: false
        }
    }
}
