// The tree's hashes and proofs: published vectors, every small size, and stored tiles against a tree built in memory.
import Core
import Foundation
import Storage
import StorageSQLite
import TestSupport
import Testing

@testable import Audit

struct MerkleTests {
    /// The leaves and roots that Certificate Transparency's own tests use.
    private static let published: [(leaf: String, root: String)] = [
        ("", "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"),
        ("00", "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
        ("10", "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"),
        ("2021", "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"),
        ("3031", "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4"),
        ("40414243", "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef"),
        ("5051525354555657", "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c"),
        (
            "606162636465666768696a6b6c6d6e6f", "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
        ),
    ]

    @Test func `roots are those of RFC 6962's reference tests`() throws {
        var frontier = MerkleFrontier()
        #expect(Hex.encode(frontier.root) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
        for (leaf, root) in Self.published {
            frontier.append(Merkle.leaf(try #require(Hex.decode(leaf)))) { _, _, _ in }
            #expect(Hex.encode(frontier.root) == root)
        }
    }

    /// A file whose instance chain has records, written past the program: only the tree is looked at.
    private func open(records: Int) throws -> TestDatabase {
        let file = try TestDatabase()
        let shell = try Command.sqlite(
            file.path,
            """
            DROP TRIGGER audit_events_follow;
            INSERT INTO audit_events SELECT 'instance', value, value, 'system', 'actor-' || (value / 300), 'x', NULL,
              NULL, 'a.b', 'k', 'i', '{}', zeroblob(32)
            FROM generate_series(1, \(records));
            """)
        try #require(shell.status == 0, "\(shell.output)")
        return file
    }

    /// The hash of a record of `open`, from 0.
    private func leaf(_ index: Int64) -> Merkle.Hash {
        let number = index + 1
        let event = AuditEvent(
            sequence: number, at: Timestamp(milliseconds: number),
            actor: Actor(.system, id: "actor-\(number / 300)", display: "x"), action: "a.b", target: .init("k", "i"),
            details: "{}")
        return Merkle.leaf(event.canonical(chain: .instance))
    }

    private func root(of count: Int64) -> Merkle.Hash {
        var frontier = MerkleFrontier()
        for index in 0..<count { frontier.append(leaf(index)) { _, _, _ in } }
        return frontier.root
    }

    @Test func `every inclusion and consistency proof of small trees holds, and any change of it fails`() throws {
        let file = try open(records: 40)
        try file.database.read(in: .instance) { tx in
            let tree = try MerkleTree(of: .instance, in: tx)
            for size in Int64(1)...40 {
                let root = root(of: size)
                #expect(try tree.root(of: size) == root)
                for index in 0..<size {
                    let path = try tree.inclusion(of: index, in: size)
                    let leaf = leaf(index)
                    #expect(Merkle.verify(inclusion: path, of: leaf, at: index, in: size, root: root))
                    #expect(!Merkle.verify(inclusion: path, of: leaf, at: index + 1, in: size, root: root))
                    #expect(!Merkle.verify(inclusion: path + [leaf], of: leaf, at: index, in: size, root: root))
                    let other = self.leaf(index + 1)
                    #expect(!Merkle.verify(inclusion: path, of: other, at: index, in: size, root: root))
                }
                for old in 1...size {
                    let path = try tree.consistency(from: old, to: size)
                    let (from, to) = ((old, self.root(of: old)), (size, root))
                    #expect(Merkle.verify(consistency: path, from: from, to: to), "\(old) to \(size)")
                    #expect(!Merkle.verify(consistency: path, from: (old, root.reversed()), to: to))
                }
            }
        }
    }

    @Test func `a tree of three levels of tiles answers with proofs from a few tiles`() async throws {
        let count: Int64 = 66_000
        let file = try open(records: Int(count))
        let keeper = AuditKeeper(
            database: file.database, signer: try AuditSigner(key: [UInt8](repeating: 1, count: 32)))
        let made = try await keeper.tend()
        #expect(made.map(\.size) == [count] && made.first?.root == root(of: count))
        #expect(made.first?.isSigned(by: keeper.signer.publicKey) == true)
        try file.database.read(in: .instance) { tx in
            let stored = try tx.rows("SELECT level, count(*) FROM audit_tiles GROUP BY level ORDER BY level") {
                [try $0.int(0), try $0.int(1)]
            }
            #expect(stored == [[0, 257], [1, 2], [2, 1]])
            for size in [256, 257, 65_535, 65_536, 65_537, 65_792, count] as [Int64] {
                let tree = try MerkleTree(of: .instance, size: size, in: tx)
                let root = root(of: size)
                #expect(try tree.root(of: size) == root, "\(size)")
                #expect(try tree.frontier(of: size).root == root, "\(size)")
                for index in [0, 255, 256, 65_535, 65_536, size - 1] as [Int64] where index < size {
                    let path = try tree.inclusion(of: index, in: size)
                    #expect(Merkle.verify(inclusion: path, of: leaf(index), at: index, in: size, root: root))
                }
                let path = try tree.consistency(from: 255, to: size)
                #expect(Merkle.verify(consistency: path, from: (255, self.root(of: 255)), to: (size, root)))
            }
        }
    }

    @Test func `a proof that would have to hash too many records is refused for a moment`() throws {
        let file = try open(records: Int(MerkleTree.tailLimit) + 1)
        #expect(throws: AuditProblem.self) {
            try file.database.read(in: .instance) { try MerkleTree(of: .instance, in: $0).size }
        }
    }

    @Test func `a filter by actor reads the tiles they acted in and what is in none yet`() async throws {
        let file = try open(records: 1000)
        let keeper = AuditKeeper(
            database: file.database, signer: try AuditSigner(key: [UInt8](repeating: 1, count: 32)))
        for built in [false, true] {
            if built { _ = try await keeper.tend() }
            let found = try file.database.read(in: .instance) { tx in
                try ["actor-0", "actor-2", "actor-3", "actor-9"].map { actor in
                    try AuditStore.page(
                        of: .instance, before: nil, filter: AuditFilter(actor: actor), limit: 400, in: tx
                    ).map(\.event.sequence)
                }
            }
            let expected: [[Int64]] = [(1...299).reversed(), (600...899).reversed(), (900...1000).reversed(), []]
            #expect(found == expected)
            let page = try file.database.read(in: .instance) { tx in
                try AuditStore.page(
                    of: .instance, before: 520, filter: AuditFilter(actor: "actor-1"), limit: 12, in: tx
                ).map(\.event.sequence)
            }
            #expect(page == Array((508...519).reversed()))
        }
    }
}
