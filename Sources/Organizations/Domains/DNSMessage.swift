// Questions and answers of the domain name system on the wire (RFC 1035), as far as TXT records need it.

/// Why a name could not be looked up. That there is no record is an answer, and none of these.
enum DNSFailure: Error, Equatable {
    /// No server answered in time.
    case noAnswer
    /// A server said that it can't tell (RCODE other than 0 and 3).
    case refused(code: Int)
    /// The answer does not fit into a datagram.
    case tooLong
    /// The answer breaks the rules of the format.
    case malformed
    /// As many lookups as are allowed are running.
    case busy
}

/// One question for the TXT records of a name.
struct DNSQuestion {
    let id: UInt16
    let name: String

    static let text: UInt16 = 16
    static let alias: UInt16 = 5
    static let internet: UInt16 = 1
    /// The most that an answer may have without being cut into fragments on the way (DNS flag day 2020).
    static let answerLimit: UInt16 = 1232

    /// The datagram: header, question, and an OPT record that allows answers of 1,232 bytes (RFC 6891). Nil when the
    /// name can't be spelt.
    var bytes: [UInt8]? {
        var bytes: [UInt8] = [UInt8(id >> 8), UInt8(id & 255), 1, 0, 0, 1, 0, 0, 0, 0, 0, 1]
        let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard name.utf8.count <= 253, labels.allSatisfy({ (1...63).contains($0.count) }) else { return nil }
        for label in labels { bytes += [UInt8(label.count)] + Array(label) }
        bytes += [0, 0, UInt8(Self.text), 0, UInt8(Self.internet)]
        bytes += [0, 0, 41, UInt8(Self.answerLimit >> 8), UInt8(Self.answerLimit & 255), 0, 0, 0, 0, 0, 0]
        return bytes
    }

    /// The texts that a datagram answers with; nil when it is no answer to this question.
    ///
    /// Aliases are followed within the answer, as a resolver gives them. Throws `DNSFailure`.
    func texts(in datagram: [UInt8]) throws(DNSFailure) -> [String]? {
        var reader = DNSReader(datagram)
        guard let id = reader.number(), let flags = reader.number(), let questions = reader.number(),
            let answers = reader.number(), reader.number() != nil, reader.number() != nil
        else { return nil }
        guard id == self.id, flags & 0x8000 != 0, questions == 1, let asked = reader.name(), asked == name.lowercased(),
            reader.number() == Self.text, reader.number() == Self.internet
        else { return nil }
        guard flags & 0x0200 == 0 else { throw .tooLong }
        switch flags & 15 {
        case 0: return try texts(from: &reader, count: Int(answers))
        case 3: return []
        case let code: throw .refused(code: Int(code))
        }
    }

    private func texts(from reader: inout DNSReader, count: Int) throws(DNSFailure) -> [String] {
        var found: [String: [String]] = [:]
        var aliases: [String: String] = [:]
        for _ in 0..<count {
            guard let owner = reader.name(), let type = reader.number(), let group = reader.number(),
                reader.skip(4), let length = reader.number(), let end = reader.end(after: Int(length))
            else { throw .malformed }
            if type == Self.text, group == Self.internet {
                guard let text = reader.text(upTo: end) else { throw .malformed }
                found[owner, default: []].append(text)
            } else if type == Self.alias, group == Self.internet {
                guard let target = reader.name() else { throw .malformed }
                aliases[owner] = target
            }
            reader.position = end
        }
        var owner = name.lowercased()
        // A chain that leads back to itself ends here.
        for _ in 0..<8 {
            guard found[owner] == nil, let next = aliases[owner] else { break }
            owner = next
        }
        return found[owner] ?? []
    }
}

/// Reads a datagram; every step gives nil beyond its end.
struct DNSReader {
    private let bytes: [UInt8]
    var position = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func byte() -> UInt8? {
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() -> UInt16? {
        guard let high = byte(), let low = byte() else { return nil }
        return UInt16(high) << 8 | UInt16(low)
    }

    mutating func skip(_ count: Int) -> Bool {
        guard let end = end(after: count) else { return false }
        position = end
        return true
    }

    func end(after count: Int) -> Int? { count <= bytes.count - position ? position + count : nil }

    /// A name in lower case, its labels joined by dots. Pointers (RFC 1035 4.1.4) lead backwards only, so it ends.
    mutating func name() -> String? {
        var labels: [String] = []
        var size = 0
        var returning: Int?
        while let length = byte() {
            switch length {
            case 0:
                if let returning { position = returning }
                return labels.joined(separator: ".").lowercased()
            case 1...63:
                guard let end = end(after: Int(length)) else { return nil }
                size += Int(length) + 1
                guard size <= 254 else { return nil }
                labels.append(String(decoding: bytes[position..<end], as: UTF8.self))
                position = end
            case 192...255:
                let start = position - 1
                guard let low = byte() else { return nil }
                let target = Int(length & 63) << 8 | Int(low)
                guard target < start else { return nil }
                returning = returning ?? position
                position = target
            default: return nil
            }
        }
        return nil
    }

    /// The strings of a TXT record, joined (RFC 1035 3.3.14).
    mutating func text(upTo end: Int) -> String? {
        var text: [UInt8] = []
        while position < end {
            guard let length = byte(), position + Int(length) <= end else { return nil }
            text += bytes[position..<position + Int(length)]
            position += Int(length)
        }
        return String(decoding: text, as: UTF8.self)
    }
}
