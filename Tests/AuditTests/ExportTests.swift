// Records as files, and what a filter finds.
import Core
import Foundation
import Storage
import StorageSQLite
import TestSupport
import Testing
import Web

@testable import Audit

struct ExportTests {
    @Test(arguments: [
        ("plain", "plain"), ("", ""), ("a,b", "\"a,b\""), ("say \"yes\"", "\"say \"\"yes\"\"\""),
        ("two\r\nlines", "\"two\r\nlines\""), ("=1+1", "'=1+1"), ("+1", "'+1"), ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\tx", "'\tx"), ("\rx", "\"'\rx\""), ("\0x", "'\0x"), ("=cmd|' /C calc'!A0,", "\"'=cmd|' /C calc'!A0,\""),
        ("a=1", "a=1"),
    ])
    func `INJ-3 a cell that a spreadsheet would run gets a quote in front`(text: String, cell: String) {
        #expect(CSV.cell(text) == cell)
    }

    private let start = Timestamp(milliseconds: 1_790_000_000_000)

    private func open() async throws -> (file: TestDatabase, clock: MovableClock) {
        let start = start
        let clock = MovableClock(base: Clock { start })
        let file = try TestDatabase(clock: clock.clock)
        for day in 0..<10 {
            try await file.database.write(
                in: .instance, by: Actor(.user, id: "user_\(day % 2)", display: "=cmd()", address: "192.0.2.1")
            ) { tx in
                try Audit.record(
                    day < 5 ? "thing.made" : "thing.changed", on: .init("thing", "t\(day % 3)"),
                    .object(["day": .integer(Int64(day))]), in: tx)
            }
            clock.advance(by: .days(1))
        }
        return (file, clock)
    }

    @Test func `filters by action, actor, target and time are joined`() async throws {
        let (file, _) = try await open()
        func found(_ change: (inout AuditFilter) -> Void) throws -> [Int64] {
            var filter = AuditFilter()
            change(&filter)
            return try file.database.read(in: .instance) { tx in
                try AuditStore.page(of: .instance, before: nil, filter: filter, limit: 99, in: tx).map(\.event.sequence)
            }
        }
        #expect(try found { $0.action = "thing.made" } == [5, 4, 3, 2, 1])
        #expect(try found { $0.actor = "user_1" } == [10, 8, 6, 4, 2])
        #expect(try found { $0.target = .init("thing", "t0") } == [10, 7, 4, 1])
        #expect(try found { $0.from = start.adding(.days(7)) } == [10, 9, 8])
        #expect(try found { $0.to = start.adding(.days(2)) } == [2, 1])
        #expect(try found { ($0.from, $0.to) = (start.adding(.days(3)), start.adding(.days(6))) } == [6, 5, 4])
        #expect(
            try found { ($0.from, $0.actor, $0.action) = (start.adding(.days(3)), "user_1", "thing.made") } == [4])
        #expect(try found { $0.from = start.adding(.days(70)) } == [])
        #expect(try found { $0.to = start } == [])
    }

    @Test func `a filter finds the same in full tiles, in what is in none yet, from both ends and page by page`()
        async throws
    {
        let (file, _) = try await open()
        try await file.database.write(in: .instance, by: .system("test")) { tx in
            for number in 11...1100 {
                try Audit.record(
                    number % 100 == 0 ? "thing.rare" : "thing.usual", on: .init("thing", "t\(number)"), in: tx)
            }
        }
        let all = (1...11).map { Int64($0) * 100 }
        for isBuilt in [false, true] {
            if isBuilt {
                let keeper = AuditKeeper(
                    database: file.database, signer: try AuditSigner(key: [UInt8](repeating: 1, count: 32)))
                _ = try await keeper.tend()
            }
            try file.database.read(in: .instance) { tx in
                func page(_ filter: AuditFilter, before: Int64? = nil, limit: Int = 99) throws -> [Int64] {
                    try AuditStore.page(of: .instance, before: before, filter: filter, limit: limit, in: tx)
                        .map(\.event.sequence)
                }
                let rare = AuditFilter(action: "thing.rare")
                #expect(try page(rare) == all.reversed())
                #expect(try page(rare, limit: 3) == [1100, 1000, 900])
                #expect(try page(rare, before: 900, limit: 3) == [800, 700, 600])
                #expect(try page(AuditFilter(action: "thing.never")) == [])
                #expect(try page(AuditFilter(actor: "user_0")) == [9, 7, 5, 3, 1])
                var one = AuditFilter(action: "thing.usual")
                one.target = .init("thing", "t701")
                #expect(try page(one) == [701])
                let stretch = try AuditStore.stretch(of: .instance, after: 300, filter: rare, limit: 4, in: tx)
                #expect(stretch.map(\.event.sequence) == [400, 500, 600, 700])
            }
        }
    }

    @Test func `a record is found by its time although the clock was set back`() async throws {
        let (file, clock) = try await open()
        clock.advance(by: -.minutes(30))
        try await file.database.write(in: .instance, by: .system("test")) {
            try Audit.record("thing.made", on: .init("thing", "late"), in: $0)
        }
        let found = try file.database.read(in: .instance) { tx in
            var filter = AuditFilter()
            filter.from = start.adding(.days(10)).adding(-.minutes(31))
            return try AuditStore.page(of: .instance, before: nil, filter: filter, limit: 9, in: tx)
        }
        #expect(found.map(\.event.sequence) == [11])
    }

    @Test func `an export comes in files that lead to one another`() async throws {
        let (file, _) = try await open()
        func export(_ format: ExportFormat, after: Int64, path: String = "/x") throws -> Response {
            try file.database.read(in: .instance) { tx in
                try Audit.export(.instance, as: format, after: after, AuditFilter(), path: path, limit: 6, in: tx)
            }
        }
        let first = try export(.csv, after: 0)
        let lines = String(decoding: first.body, as: UTF8.self).components(separatedBy: "\r\n")
        #expect(lines.count == 8 && lines[0].hasPrefix("sequence,at,actor_type"))
        #expect(lines[1].contains(",user,user_0,'=cmd(),thing.made,thing,t0,\"{\"\"day\"\":0}\""))
        #expect(first.headers.contains { $0 == ("Link", "</x?after=6>; rel=\"next\"") })
        let second = try export(.jsonLines, after: 6, path: "/x?action=a")
        #expect(!second.headers.contains { $0.name == "Link" })
        let records = try second.body.split(separator: 10).map { try JSONParser.parse(Array($0)) }
        #expect(records.compactMap { $0["record"]?["sequence"]?.integerValue } == [7, 8, 9, 10])
        #expect(records[0]["canonical"]?.stringValue?.contains("raptorflow.audit.1") == true)
    }
}
