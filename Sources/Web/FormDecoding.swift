// Query strings and form bodies (application/x-www-form-urlencoded).
import Core

enum FormDecoding {
    static let fieldsLimit = 200

    /// The fields by name; throws 422 when a name occurs twice, 400 for invalid escapes or UTF-8.
    static func decode(_ bytes: [UInt8], marker: String) throws(Problem) -> [String: String] {
        var fields: [String: String] = [:]
        for pair in bytes.split(separator: UInt8(ascii: "&")) {
            let equals = pair.firstIndex(of: UInt8(ascii: "="))
            guard let name = text(pair[..<(equals ?? pair.endIndex)]),
                let value = text(equals.map { pair[($0 + 1)...] } ?? [])
            else { throw Problem("malformed_form", status: 400, "The form is not encoded correctly.") }
            guard fields.updateValue(value, forKey: name) == nil else {
                throw .invalid([
                    FieldProblem("\(marker)\(name.prefix(100))", "duplicate_field", "It occurs more than once.")
                ])
            }
            guard fields.count <= fieldsLimit else {
                throw Problem("malformed_form", status: 400, "The form has more than \(fieldsLimit) fields.")
            }
        }
        return fields
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String? {
        guard let decoded = percentDecoded(bytes), !decoded.contains(0) else { return nil }
        return String(validating: decoded, as: UTF8.self)
    }

    private static func percentDecoded(_ bytes: ArraySlice<UInt8>) -> [UInt8]? {
        var output: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): output.append(32)
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let pair = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)) else {
                    return nil
                }
                output += pair
                rest = rest.dropFirst(2)
            default: output.append(byte)
            }
        }
        return output
    }
}
