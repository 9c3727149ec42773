// An HTTP/1.1 answer as it came.
package import Web

/// Status, headers and body of one answer.
package struct RawAnswer: Sendable {
    package let status: Int
    package let headers: [(name: String, value: String)]
    package let body: String

    /// The value of a header, in either case; several are joined by a comma.
    package subscript(_ name: String) -> String? {
        let values = headers.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
        return values.isEmpty ? nil : values.joined(separator: ", ")
    }

    /// The body, if it is JSON.
    package var json: JSONValue? { try? JSONParser.parse(Array(body.utf8)) }

    /// The `code` of a problem document; nil for anything that is none.
    package var problem: String? {
        guard self["Content-Type"] == "application/problem+json" else { return nil }
        return json?["code"]?.stringValue
    }

    /// The pointers of the fields that a 422 names, in the document's order.
    package var pointers: [String] {
        (json?["errors"]?.arrayValue ?? []).compactMap { $0["pointer"]?.stringValue }
    }

    /// The first answer in the bytes and its length; nil while it is incomplete.
    static func parse(_ bytes: [UInt8], isHead: Bool) -> (RawAnswer, length: Int)? {
        let mark: [UInt8] = [13, 10, 13, 10]
        guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: mark) }) else { return nil }
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
        let headers = lines.dropFirst().map { line in
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            return (name: String(parts[0]), value: String((parts.last ?? "").drop(while: { $0 == " " })))
        }
        let answer = RawAnswer(status: status, headers: headers, body: "")
        let length = isHead || status < 200 ? 0 : answer["Content-Length"].flatMap { Int($0) } ?? 0
        guard bytes.count >= end + 4 + length else { return nil }
        let body = String(decoding: bytes[(end + 4)..<(end + 4 + length)], as: UTF8.self)
        return (RawAnswer(status: status, headers: headers, body: body), end + 4 + length)
    }
}
