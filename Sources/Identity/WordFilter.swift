// The well-known passwords, as a filter that is compiled into the program.
import Core

/// A Bloom filter: what is in it is always found, and about 4 words in a million that are not are found too.
///
/// 39,000 words take 128 KiB. `Tests/Passwords/build_filter.py` makes the file and says where the words are from.
struct WordFilter: Sendable {
    private let bits: [UInt8]

    private static let hashes: UInt64 = 18
    private static let size = 131_072

    /// Lower-case passwords of four characters and more that many people have.
    static let common = WordFilter(Resources().bytes("passwords/common.filter") ?? [])

    /// Takes the bits; a filter of another size holds nothing.
    init(_ bits: [UInt8]) { self.bits = bits.count == Self.size ? bits : [] }

    /// Whether a word is in it, or is taken for one by mistake.
    func contains(_ word: String) -> Bool {
        guard !bits.isEmpty else { return false }
        let hash = Self.mixed(word)
        let (first, step) = (hash & 0xFFFF_FFFF, hash >> 32 | 1)
        return (0..<Self.hashes).allSatisfy { number in
            let place = Int((first + number * step) % UInt64(Self.size * 8))
            return bits[place / 8] >> (place % 8) & 1 == 1
        }
    }

    /// FNV-1a over the bytes, then the last steps of splitmix64.
    private static func mixed(_ word: String) -> UInt64 {
        var value = word.utf8.reduce(UInt64(0xCBF2_9CE4_8422_2325)) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
