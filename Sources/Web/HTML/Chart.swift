// Charts drawn on the server as SVG, with the same numbers in a table behind them.

/// One row of numbers in a chart.
package struct Series: Sendable {
    package let name: String
    /// One value per label; nil is a gap. What is not a finite number counts as a gap.
    package let values: [Double?]
    package let tone: Tone

    package init(_ name: String, _ values: [Double?], tone: Tone = .accent) {
        self.name = name
        self.values = values
        self.tone = tone
    }
}

extension HTML {
    /// Bars; several series are stacked, negative values hang below zero.
    ///
    /// At most 400 labels are drawn. `format` writes a value for people: `{ "₹\($0)" }`.
    package static func barChart(
        _ title: String, labels: [String], series: [Series], format: @escaping (Double) -> String = plainNumber
    ) -> HTML {
        Chart(title, labels, series, isStacked: true, format).figure { chart in
            chart.labels.indices.html { chart.bars($0) }
        }
    }

    /// Lines over time; a gap interrupts the line.
    package static func lineChart(
        _ title: String, labels: [String], series: [Series], format: @escaping (Double) -> String = plainNumber
    ) -> HTML {
        Chart(title, labels, series, isStacked: false, format).figure { chart in
            chart.series.html { chart.line($0) }
        }
    }

    /// A line without axes, for a stat tile; nothing for fewer than two values.
    static func sparkline(_ values: [Double], tone: Tone) -> HTML {
        let chart = Chart("", values.map { _ in "" }, [Series("", values, tone: tone)], isStacked: false, plainNumber)
        guard chart.labels.count > 1 else { return .empty }
        let points = chart.points(chart.series[0], height: 26, edgeToEdge: true)
        return """
            <svg class="\(tone.rawValue)" viewBox="0 0 1000 28" preserveAspectRatio="none" aria-hidden="true">\
            \(Chart.paths(points, base: 28))</svg>
            """
    }

    /// A number with up to two decimals and grouped digits: `12,400`, `0.25`.
    package static func plainNumber(_ value: Double) -> String {
        guard value.magnitude < 1e15 else { return "\(value)" }
        let hundredths = Int((value * 100).rounded())
        let fraction = Int(hundredths.magnitude % 100)
        let whole = (value < 0 && hundredths < 0 ? "−" : "") + grouped(Int(hundredths.magnitude / 100))
        if fraction == 0 { return whole }
        return whole + "." + (fraction % 10 == 0 ? "\(fraction / 10)" : fraction < 10 ? "0\(fraction)" : "\(fraction)")
    }
}

/// The geometry of one chart. Across it counts in percent, so that text keeps its size at every width; down it counts
/// in pixels, 0 at the top.
struct Chart {
    static let height = 168.0
    /// Larger magnitudes are drawn as this one: sums and differences stay finite.
    static let limit = 1e300

    let title: String
    let labels: [String]
    let series: [(name: String, tone: Tone, values: [Double?])]
    let scale: Scale
    let format: (Double) -> String
    let isStacked: Bool

    init(
        _ title: String, _ labels: [String], _ series: [Series], isStacked: Bool, _ format: @escaping (Double) -> String
    ) {
        self.title = title
        self.labels = Array(labels.prefix(400))
        self.format = format
        self.isStacked = isStacked
        let count = self.labels.count
        let limit = Self.limit / Double(max(series.count, 1))
        self.series = series.map { one in
            let drawable = one.values.prefix(count).map { value in
                value.flatMap { $0.isFinite ? min(max($0, -limit), limit) : nil }
            }
            return (one.name, one.tone, drawable + Array(repeating: nil, count: count - drawable.count))
        }
        scale = Scale(Self.extent(self.series.map(\.values), count: count, isStacked: isStacked))
    }

    /// The smallest range that holds zero and everything drawn.
    private static func extent(_ rows: [[Double?]], count: Int, isStacked: Bool) -> ClosedRange<Double> {
        var low = 0.0
        var high = 0.0
        for index in 0..<count {
            let values = rows.compactMap { $0[index] }
            let above = values.filter { $0 > 0 }
            let below = values.filter { $0 < 0 }
            high = max(high, isStacked ? above.reduce(0, +) : above.max() ?? 0)
            low = min(low, isStacked ? below.reduce(0, +) : below.min() ?? 0)
        }
        return low...high
    }

    /// Pixels from the top at which a value lies.
    func y(_ value: Double, height: Double = Chart.height) -> Double { height - scale.fraction(value) * height }

    /// The width of one slot in percent, and where it starts.
    var step: Double { labels.isEmpty ? 100 : 100 / Double(labels.count) }
    func x(_ index: Int) -> Double { Double(index) * step }

    func bars(_ index: Int) -> HTML {
        var above = 0.0
        var below = 0.0
        var result = HTML.empty
        for one in series {
            guard let value = one.values[index], value != 0 else { continue }
            let base = value > 0 ? above : below
            let ends = (y(base), y(base + value))
            if value > 0 { above += value } else { below += value }
            result += """
                <rect class="bar \(one.tone.rawValue)" x="\(fixed(x(index) + step * 0.2))%" \
                width="\(fixed(step * 0.6))%" y="\(fixed(min(ends.0, ends.1)))" \
                height="\(fixed(max(abs(ends.0 - ends.1), 0.5)))" rx="2"/>
                """
        }
        return result
    }

    func line(_ one: (name: String, tone: Tone, values: [Double?])) -> HTML {
        """
        <svg class="\(one.tone.rawValue)" width="100%" height="\(fixed(Self.height))" \
        viewBox="0 0 1000 \(fixed(Self.height))" preserveAspectRatio="none">\
        \(Self.paths(points(one, height: Self.height, edgeToEdge: false), base: series.count == 1 ? y(0) : nil))</svg>
        """
    }

    /// The runs of neighbouring points between gaps, across 1000 units.
    func points(
        _ one: (name: String, tone: Tone, values: [Double?]), height: Double, edgeToEdge: Bool
    ) -> [[(Double, Double)]] {
        let last = Double(max(one.values.count - 1, 1))
        var runs: [[(Double, Double)]] = [[]]
        for (index, value) in one.values.enumerated() {
            guard let value else {
                runs.append([])
                continue
            }
            let across = edgeToEdge ? Double(index) / last * 1000 : (x(index) + step / 2) * 10
            runs[runs.count - 1].append((across, y(value, height: height) + (edgeToEdge ? 1 : 0)))
        }
        return runs.filter { !$0.isEmpty }
    }

    /// The lines through runs of points, and the areas between them and a base if there is one.
    static func paths(_ runs: [[(Double, Double)]], base: Double?) -> HTML {
        HTML.joined(
            runs.html { run in
                let path = "M" + run.map { "\(fixed($0.0)) \(fixed($0.1))" }.joined(separator: "L")
                let (first, last) = (fixed(run.first?.0 ?? 0), fixed(run.last?.0 ?? 0))
                // A lone point between two gaps is drawn as a dot: a line of no length with round ends.
                let stroke = run.count == 1 ? path + "h.1" : path
                let area: HTML? = base.map { base in
                    "<path class=\"area\" d=\"\(path)L\(last) \(fixed(base))L\(first) \(fixed(base))Z\"/>"
                }
                return "\(area)<path class=\"line\" vector-effect=\"non-scaling-stroke\" d=\"\(stroke)\"/>"
            })
    }
}

/// A coordinate with at most two decimals. What is out of every drawing's range becomes 0.
func fixed(_ value: Double) -> String {
    guard value.isFinite, value.magnitude < 1e7 else { return "0" }
    let hundredths = Int((value * 100).rounded())
    let (whole, fraction) = hundredths.magnitude.quotientAndRemainder(dividingBy: 100)
    let sign = hundredths < 0 ? "-" : ""
    if fraction == 0 { return "\(sign)\(whole)" }
    let digits = fraction < 10 ? "0\(fraction)" : fraction.isMultiple(of: 10) ? "\(fraction / 10)" : "\(fraction)"
    return "\(sign)\(whole).\(digits)"
}
