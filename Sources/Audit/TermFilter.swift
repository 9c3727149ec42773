// A Bloom filter: which tiles of records a search has to read.
import Crypto
import Storage

/// What a record can be searched by.
enum Term: Hashable {
    case action(String)
    case actor(String)
    case target(Audit.Target)

    /// The bits that stand for the term in a filter: as many positions as hold few false hits when a tile is full of
    /// different terms, each read from the term's SHA-256.
    var bits: [Int] {
        let text =
            switch self {
            case .action(let name): "action\0\(name)"
            case .actor(let id): "actor\0\(id)"
            case .target(let target): "target\0\(target.kind)\0\(target.id)"
            }
        let digest = Array(SHA256.hash(data: Array(text.utf8)))
        return (0..<5).map { (Int(digest[2 * $0]) << 8 | Int(digest[2 * $0 + 1])) % (TermFilter.byteCount * 8) }
    }
}

extension AuditEvent {
    var terms: [Term] { [.action(action), .actor(actor.id), .target(target)] }
}

/// The terms of a tile of records, as a Bloom filter of 4096 bits.
///
/// With three terms of its own in each of 256 records 1 in 12 tiles is read in vain, with a few actors and actions 1 in
/// 500.
struct TermFilter {
    static let byteCount = 512
    private(set) var bytes = [UInt8](repeating: 0, count: byteCount)

    init(_ terms: Set<Term>) {
        for bit in terms.flatMap(\.bits) { bytes[bit / 8] |= 1 << UInt8(bit % 8) }
    }

    /// Takes a stored filter; one of another size has everything, so that nothing is overlooked.
    init(stored bytes: [UInt8]) {
        self.bytes = bytes.count == Self.byteCount ? bytes : [UInt8](repeating: 255, count: Self.byteCount)
    }

    /// False when none of the tile's records has all of the bits.
    func mayHave(_ bits: [Int]) -> Bool {
        bits.allSatisfy { bytes[$0 / 8] & 1 << UInt8($0 % 8) != 0 }
    }
}
