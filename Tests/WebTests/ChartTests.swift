// Promises of the charts: no number breaks one, and everything drawn can also be read.

import Testing
import Web

@Suite struct ChartTests {
    static let awkward: [[Double?]] = [
        [], [0], [0, 0, 0], [nil, nil], [-1, -2, -3], [-5, 0, 5], [1e-300, 2e-300], [1e308, -1e308],
        [.greatestFiniteMagnitude, .greatestFiniteMagnitude], [-.greatestFiniteMagnitude, nil],
        [.nan, .infinity, -.infinity], [1, .nan, 3], [.leastNonzeroMagnitude], [1e15, 1], [9.99e14, -0.005],
    ]

    static func charts(_ values: [Double?]) -> [HTML] {
        let labels = values.indices.map { "L\($0)" }
        let series = [Series("A", values), Series("B", values.reversed(), tone: .bad)]
        return [
            HTML.barChart("T", labels: labels, series: series), HTML.lineChart("T", labels: labels, series: series),
            HTML.stats([Stat("S", "1", trend: values.compactMap { $0 })]),
        ]
    }

    @Test(arguments: awkward)
    func `every coordinate is a number inside the drawing`(values: [Double?]) {
        for chart in Self.charts(values) {
            let markup = Markup(chart)
            #expect(markup.faults.isEmpty)
            for name in ["x", "y", "y1", "y2", "cx", "cy", "width", "height"] {
                for value in markup.values(name) {
                    let number = Double(value.hasSuffix("%") ? String(value.dropLast()) : value)
                    #expect(number.map { (-10...210).contains($0) } == true, "\(name)=\(value)")
                }
            }
            for path in markup.values("d") { #expect(!path.contains("nan") && !path.contains("inf"), "\(path)") }
        }
    }

    @Test func `series of different lengths, no series and no labels are drawn as far as they go`() {
        let series = [Series("A", [1]), Series("B", [1, 2, 3, 4])]
        let short = HTML.barChart("T", labels: ["a", "b", "c"], series: series)
        #expect(Markup(short).all("rect").filter { $0.attributes["class"]?.hasPrefix("bar") == true }.count == 4)
        #expect(Markup(HTML.lineChart("T", labels: [], series: [])).faults.isEmpty)
        #expect(Markup(HTML.barChart("T", labels: ["a"], series: [])).faults.isEmpty)
    }

    @Test func `a very long series is cut off`() {
        let labels = (0..<5000).map(String.init)
        let html = HTML.lineChart("T", labels: labels, series: [Series("A", labels.map { Double($0) })])
        #expect(Markup(html).all("circle").count == 400)
    }

    @Test func `the table behind a chart has every number`() {
        let html = HTML.barChart(
            "Revenue", labels: ["Oct", "Nov"], series: [Series("Paid", [10, 20]), Series("Refunded", [nil, -3])])
        #expect(Markup(html).all("td").map(\.text) == ["Oct", "10", "–", "Nov", "20", "−3"])
        #expect(Markup(html).all("caption").map(\.text) == ["Revenue"])
    }

    @Test func `a screen reader hears what the drawing says`() throws {
        let html = HTML.lineChart("MRR", labels: ["Oct", "Nov"], series: [Series("MRR", [10, 20])])
        let drawing = try #require(Markup(html).all("svg").first)
        #expect(drawing.attributes["role"] == "img")
        #expect(drawing.attributes["aria-label"] == "MRR, Oct to Nov. Latest: MRR 20. All values are in the table.")
    }

    @Test func `bars stack upwards, and what is negative hangs below zero`() throws {
        let html = HTML.barChart(
            "T", labels: ["a"], series: [Series("A", [10]), Series("B", [10]), Series("C", [-10])])
        let bars = Markup(html).all("rect").filter { $0.attributes["class"]?.hasPrefix("bar") == true }
        let spans = bars.compactMap { bar -> (Double, Double)? in
            guard let y = Double(bar.attributes["y"] ?? ""), let height = Double(bar.attributes["height"] ?? "")
            else { return nil }
            return (y, y + height)
        }
        try #require(spans.count == 3)
        // Down the page: B, A, zero, C, each as tall as the others.
        #expect(abs(spans[1].1 - spans[0].0) < 0.02)
        #expect(abs(spans[0].1 - spans[2].0) < 0.02)
        #expect(abs((spans[0].1 - spans[0].0) - (spans[2].1 - spans[2].0)) < 0.02)
    }

    @Test func `a gap interrupts the line`() {
        let html = HTML.lineChart("T", labels: ["a", "b", "c", "d", "e"], series: [Series("A", [1, 2, nil, 3, 4])])
        #expect(Markup(html).all("path").filter { $0.attributes["class"] == "line" }.count == 2)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func `what is no finite number is a gap, in the drawing and in the table`(odd: Double) {
        let html = HTML.lineChart("T", labels: ["a", "b", "c"], series: [Series("A", [1, odd, 3])])
        #expect(Markup(html).all("td").map(\.text) == ["a", "1", "b", "–", "c", "3"])
        #expect(Markup(html).all("circle").count == 2)
        #expect(Markup(html).all("title").map(\.text) == ["a: A 1", "b: no value", "c: A 3"])
    }

    @Test(arguments: [1, 2, 6, 7, 12, 13, 60, 400])
    func `at most twelve labels stand below, and six on a phone`(count: Int) {
        let labels = (0..<count).map { "L\($0)" }
        let html = HTML.barChart("T", labels: labels, series: [Series("A", labels.map { _ in 1 })])
        let below = Markup(html).all("text").filter { $0.text.hasPrefix("L") }
        #expect((1...12) ~= below.count)
        #expect((1...6) ~= below.filter { $0.attributes["class"] != "thin" }.count)
    }
}
