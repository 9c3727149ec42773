// Cursors: only those that were made here, for the very list they are used on.
import Core
import TestSupport
import Testing
import Web

@Suite struct CursorTests {
    let signer = CursorSigner(key: [UInt8](repeating: 1, count: 32))

    private func opens(_ cursor: String, list: String = "list") -> String? {
        do throws(Problem) { return try signer.open(cursor, list: list) } catch { return nil }
    }

    @Test func `a cursor gives back its key, for its own list only`() {
        let cursor = signer.sign("2026 | x", list: "list")
        #expect(opens(cursor) == "2026 | x")
        #expect(opens(cursor, list: "other") == nil)
        #expect(CursorSigner(key: [UInt8](repeating: 2, count: 32)).sign("2026 | x", list: "list") != cursor)
    }

    @Test func `INJ-2 a cursor with any one character changed is refused`() {
        let cursor = Array(signer.sign("key", list: "list").utf8)
        for index in cursor.indices {
            var changed = cursor
            changed[index] = changed[index] == UInt8(ascii: "A") ? UInt8(ascii: "B") : UInt8(ascii: "A")
            #expect(opens(String(decoding: changed, as: UTF8.self)) == nil)
        }
        #expect(opens("") == nil)
        #expect(opens(String(repeating: "A", count: 2000)) == nil)
        #expect(opens(String(decoding: cursor, as: UTF8.self) + "=") == nil)
    }

    @Test func `pages joined are the list, also while rows are added`() async throws {
        try await Notes.serve { server, _ in
            for number in 0..<5 {
                _ = try await server.send("POST", Notes.path, token: "owner", body: #"{"text":"\#(number)"}"#)
            }
            var seen: [String] = []
            var cursor = ""
            repeat {
                let page = try await server.send("GET", "\(Notes.path)?limit=2\(cursor)", token: "owner")
                seen += (page.json?["data"]?.arrayValue ?? []).compactMap { $0["text"]?.stringValue }
                let next = page.json?["next_cursor"]?.stringValue
                cursor = next.map { "&cursor=\($0)" } ?? ""
                if seen.count == 2 {
                    _ = try await server.send("POST", Notes.path, token: "owner", body: #"{"text":"new"}"#)
                }
            } while !cursor.isEmpty && seen.count < 20
            #expect(seen == ["0", "1", "2", "3", "4", "new"])
        }
    }

    @Test func `INJ-2 a cursor of another organisation's list is refused`() async throws {
        try await Notes.serve { server, _ in
            for text in ["a", "b"] {
                _ = try await server.send("POST", Notes.path, token: "owner", body: #"{"text":"\#(text)"}"#)
            }
            let page = try await server.send("GET", "\(Notes.path)?limit=1", token: "owner")
            let cursor = try #require(page.json?["next_cursor"]?.stringValue)
            #expect(try await server.send("GET", "\(Notes.path)?cursor=\(cursor)", token: "owner").status == 200)
            let other = Notes.path.replacing("8qa/", with: "8qb/")
            let answer = try await server.send("GET", "\(other)?cursor=\(cursor)", token: "owner")
            #expect(answer.status == 422)
            #expect(answer.pointers == ["?cursor"])
        }
    }

    @Test(arguments: ["limit=0", "limit=101", "limit=x", "limit=1&limit=1", "limit=", "page=1", "limit=1%00", "%zz=1"])
    func `a list refuses parameters that it doesn't understand`(query: String) async throws {
        try await Notes.serve { server, _ in
            let answer = try await server.send("GET", "\(Notes.path)?\(query)", token: "owner")
            #expect([400, 422].contains(answer.status))
            #expect(answer.problem != nil)
        }
    }
}
