// The hash tree of RFC 6962: its two hashes, its proofs, and how they are checked.
import Crypto

/// Hashes and proofs over a list of records (RFC 6962 section 2.1), as SHA-256.
///
/// A prefix tells leaves from nodes, so that a record can't pose as a part of the tree; an odd part is promoted.
enum Merkle {
    typealias Hash = [UInt8]

    /// The root of no records.
    static let empty: Hash = Array(SHA256.hash(data: [UInt8]()))

    static func leaf(_ record: some Sequence<UInt8>) -> Hash {
        var hash = SHA256()
        hash.update(data: [0])
        hash.update(data: Array(record))
        return Array(hash.finalize())
    }

    static func node(_ left: Hash, _ right: Hash) -> Hash {
        var hash = SHA256()
        hash.update(data: [1])
        hash.update(data: left)
        hash.update(data: right)
        return Array(hash.finalize())
    }

    /// The root of 1, 2, 4, … hashes of one level.
    static func root(of hashes: [Hash]) -> Hash {
        var level = hashes
        while level.count > 1 {
            level = stride(from: 0, to: level.count - 1, by: 2).map { node(level[$0], level[$0 + 1]) }
        }
        return level.first ?? empty
    }

    /// The largest power of two below a number of at least 2.
    static func split(_ count: Int64) -> Int64 { 1 << Int64(63 - (count - 1).leadingZeroBitCount) }

    /// Whether a record is in the tree of a root (RFC 9162 section 2.1.3.2).
    static func verify(inclusion path: [Hash], of leaf: Hash, at index: Int64, in size: Int64, root: Hash) -> Bool {
        guard index >= 0, index < size else { return false }
        var (position, last, hash) = (index, size - 1, leaf)
        for sibling in path {
            guard last != 0 else { return false }
            if position & 1 == 1 || position == last {
                hash = node(sibling, hash)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                hash = node(hash, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    /// Whether a tree continues an older one (RFC 9162 section 2.1.4.2).
    static func verify(
        consistency path: [Hash], from old: (size: Int64, root: Hash), to new: (size: Int64, root: Hash)
    ) -> Bool {
        guard old.size > 0, old.size <= new.size else { return false }
        if old.size == new.size { return path.isEmpty && old.root == new.root }
        var rest = path[...]
        if old.size & (old.size - 1) == 0 { rest = ([old.root] + path)[...] }
        guard let first = rest.popFirst() else { return false }
        var (position, last) = (old.size - 1, new.size - 1)
        while position & 1 == 1 {
            position >>= 1
            last >>= 1
        }
        var (left, right) = (first, first)
        for sibling in rest {
            guard last != 0 else { return false }
            if position & 1 == 1 || position == last {
                left = node(sibling, left)
                right = node(sibling, right)
                while position & 1 == 0, position != 0 {
                    position >>= 1
                    last >>= 1
                }
            } else {
                right = node(right, sibling)
            }
            position >>= 1
            last >>= 1
        }
        return last == 0 && left == old.root && right == new.root
    }
}

/// The roots of the complete parts of a list, from the left: what is kept while records are added one by one.
struct MerkleFrontier {
    private(set) var size: Int64 = 0
    private(set) var parts: [Merkle.Hash] = []

    init() {}

    /// The parts of a list of the given size, the largest first.
    init(size: Int64, parts: [Merkle.Hash]) {
        self.size = size
        self.parts = parts
    }

    /// Adds a leaf's hash; `completed` is told every part that becomes complete, with its level and position.
    mutating func append(_ leaf: Merkle.Hash, completed: (Int, Int64, Merkle.Hash) throws -> Void) rethrows {
        var hash = leaf
        var (level, position) = (0, size)
        try completed(level, position, hash)
        while position & 1 == 1, let left = parts.popLast() {
            hash = Merkle.node(left, hash)
            (level, position) = (level + 1, position >> 1)
            try completed(level, position, hash)
        }
        parts.append(hash)
        size += 1
    }

    /// The root of everything added.
    var root: Merkle.Hash {
        guard let last = parts.last else { return Merkle.empty }
        return parts.dropLast().reversed().reduce(last) { Merkle.node($1, $0) }
    }
}
