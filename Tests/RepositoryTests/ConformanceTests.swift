// The table of docs/asvs.md: every requirement once, and everything it cites is there.

import Testing

@Suite struct ConformanceTests {
    private static let table = (Repository.text("docs/asvs.md") ?? "").split(separator: "\n").filter {
        $0.hasPrefix("| ")
    }
    .map {
        $0.split(separator: "|").map { cell in String(cell.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
        }
    }
    .filter { $0.first?.first?.isNumber == true }

    @Test func `all 253 requirements of ASVS 5.0 up to level 2 are answered once`() {
        let numbers = Self.table.compactMap(\.first)
        #expect(numbers.count == 253)
        #expect(Set(numbers).count == numbers.count)
        #expect(Self.table.allSatisfy { $0.count == 4 && ["1", "2"].contains($0[1]) })
    }

    @Test func `each is met, not applicable or a deviation, with its evidence or its reason`() {
        for row in Self.table where row.count == 4 {
            #expect(["met", "not applicable", "deviation"].contains(row[2]), "\(row[0]): \(row[2])")
            #expect(row[3].count > 10, "\(row[0]) gives no evidence")
        }
    }

    @Test func `every file and test that the table cites exists`() {
        var cited = 0
        for row in Self.table where row.count == 4 {
            for span in row[3].split(separator: "`", omittingEmptySubsequences: false).enumerated()
            where span.offset % 2 == 1 {
                let parts = String(span.element).split(separator: ": ", maxSplits: 1)
                guard let path = parts.first.map(String.init), path.hasPrefix("Tests/") || path.hasPrefix("Sources/")
                else {
                    continue
                }
                cited += 1
                #expect(Repository.exists(path), "\(row[0]): there is no \(path)")
                guard parts.count == 2 else { continue }
                #expect(Repository.text(path)?.contains(parts[1]) == true, "\(row[0]): \(path) has no \(parts[1])")
            }
        }
        #expect(cited > 100)
    }
}
