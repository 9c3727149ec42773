// Stripe's way to write a request: a form whose nested names stand in brackets.
import Core

/// The fields of a request, in order.
struct StripeForm: Sendable {
    private(set) var pairs: [(name: String, value: String)] = []

    init(_ pairs: [(name: String, value: String)] = []) { self.pairs = pairs }

    /// Reads a body; nil when it is not validly encoded.
    init?(decoding bytes: [UInt8]) {
        guard bytes.count <= 65_536 else { return nil }
        for part in bytes.split(separator: UInt8(ascii: "&")) {
            let sides = part.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = sides.first.flatMap(Self.decoded), !name.isEmpty,
                let value = sides.count == 2 ? Self.decoded(sides[1]) : ""
            else { return nil }
            pairs.append((name, value))
        }
    }

    subscript(_ name: String) -> String? { pairs.first { $0.name == name && !$0.value.isEmpty }?.value }

    /// The pairs below a name: `metadata[a]=b` gives `a`, `b`.
    func below(_ name: String) -> [(name: String, value: String)] {
        pairs.compactMap { pair in
            guard pair.name.hasPrefix("\(name)["), pair.name.hasSuffix("]") else { return nil }
            return (String(pair.name.dropFirst(name.utf8.count + 1).dropLast()), pair.value)
        }
    }

    var encoded: String {
        pairs.map { "\(Self.encoded($0.name))=\(Self.encoded($0.value))" }.joined(separator: "&")
    }

    /// Percent-encoded, all but letters, digits and `-._~`.
    static func encoded(_ text: String) -> String {
        let digits = Array("0123456789ABCDEF".utf8)
        var output: [UInt8] = []
        for byte in text.utf8 {
            if RazorpayWire.isAlphanumeric(byte) || [45, 46, 95, 126].contains(byte) {
                output.append(byte)
            } else {
                output += [37, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: output, as: UTF8.self)
    }

    private static func decoded(_ bytes: ArraySlice<UInt8>) -> String? {
        var output: [UInt8] = []
        var rest = bytes
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "+"): output.append(32)
            case UInt8(ascii: "%"):
                guard rest.count >= 2, let code = Hex.decode(String(decoding: rest.prefix(2), as: UTF8.self)) else {
                    return nil
                }
                output += code
                rest = rest.dropFirst(2)
            default: output.append(byte)
            }
        }
        return String(validating: output, as: UTF8.self)
    }
}
