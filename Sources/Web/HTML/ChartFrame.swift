// What surrounds the drawing of a chart: scale, axes, values on hover, legend and the table behind.

/// A scale with round steps that holds a range.
struct Scale {
    let low: Double
    let high: Double
    /// Where grid lines lie, from low to high; 2 to 8 of them.
    let ticks: [Double]

    init(_ range: ClosedRange<Double>) {
        let extent = range.upperBound - range.lowerBound
        let step = Self.roundStep(extent / 4)
        let first = (range.lowerBound / step).rounded(.down)
        let last = max((range.upperBound / step).rounded(.up), first + 1)
        let count = min(max(Int(min(last - first, 8)), 1), 8)
        low = first * step
        high = (first + Double(count)) * step
        ticks = (0...count).map { (first + Double($0)) * step }
    }

    /// How far up a value lies, 0 to 1.
    func fraction(_ value: Double) -> Double {
        let result = (value - low) / (high - low)
        return result.isFinite ? min(max(result, 0), 1) : 0
    }

    /// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is not below the wish.
    private static func roundStep(_ wish: Double) -> Double {
        guard wish.isFinite, wish > 1e-9 else { return wish > 0 ? 1e-9 : 1 }
        var power = 1.0
        while power * 10 <= wish { power *= 10 }
        while power > wish { power /= 10 }
        return ([1, 2, 2.5, 5, 10].first { $0 * power >= wish } ?? 10) * power
    }
}

extension Chart {
    /// The figure around a drawing.
    func figure(_ drawing: (Chart) -> [HTML]) -> HTML {
        """
        <figure class="chart"><figcaption><b>\(title)</b>\(legend)</figcaption><div class="plot">\
        <svg height="196" role="img" aria-label="\(summary)">\(grid)\(drawing(self))\
        \(labels.indices.html(slot))</svg></div>\
        <details class="behind"><summary>Show as a table</summary>\(table)</details></figure>
        """
    }

    private var legend: HTML {
        let entries = series.html { "<li class=\"\($0.tone.rawValue)\">\($0.name)</li>" }
        return series.isEmpty ? .empty : "<ul class=\"legend\">\(entries)</ul>"
    }

    /// What a screen reader says instead of the drawing.
    private var summary: String {
        guard let first = labels.first, let last = labels.last else { return "\(title): no values yet." }
        let latest = series.compactMap { one in
            one.values.last.flatMap { $0 }.map { "\(one.name) \(format($0))" }
        }
        return "\(title), \(first) to \(last). Latest: \(latest.joined(separator: ", ")). All values are in the table."
    }

    private var grid: HTML {
        HTML.joined(
            scale.ticks.html { tick in
                let height = fixed(y(tick))
                let label = fixed(y(tick) + 3.5)
                return """
                    <line class="\(tick == 0 ? "zero" : "grid")" x1="0" x2="100%" y1="\(height)" y2="\(height)"/>\
                    <text x="-8" y="\(label)" text-anchor="end">\(format(tick))</text>
                    """
            })
    }

    /// The invisible column that shows a value while the pointer is over it, and its label below.
    private func slot(_ index: Int) -> HTML {
        let values = series.compactMap { one in one.values[index].map { (one, $0) } }
        let words = values.map { "\($0.0.name) \(format($0.1))" }.joined(separator: ", ")
        let middle = fixed(x(index) + step / 2)
        let top = isStacked ? values.map(\.1).filter { $0 > 0 }.reduce(0, +) : values.map(\.1).max() ?? 0
        let shown = isStacked ? values.map(\.1).reduce(0, +) : top
        let dots = (isStacked ? [] : values).html { one, value in
            "<circle class=\"dot \(one.tone.rawValue)\" cx=\"\(middle)%\" cy=\"\(fixed(y(value)))\" r=\"4\"/>"
        }
        let value: HTML =
            values.isEmpty
            ? .empty
            : """
            <text class="value" x="\(middle)%" y="\(fixed(max(8, y(top) - 8)))" \
            text-anchor="middle">\(format(shown))</text>
            """
        return """
            <g class="slot"><rect class="hit" x="\(fixed(x(index)))%" width="\(fixed(step))%" y="0" \
            height="\(fixed(Self.height))"><title>\(labels[index]): \(words.isEmpty ? "no value" : words)</title>\
            </rect>\(dots)\(label(index, middle))\(value)</g>
            """
    }

    /// At most twelve labels, and at most six of them on a phone.
    private func label(_ index: Int, _ middle: String) -> HTML {
        let every = (labels.count + 11) / 12
        guard index.isMultiple(of: max(every, 1)) else { return .empty }
        let isThin = labels.count > 6 && !(index / max(every, 1)).isMultiple(of: 2)
        return """
            <text\(HTML.attribute("class", isThin ? "thin" : nil)) x="\(middle)%" y="\(fixed(Self.height + 20))" \
            text-anchor="middle">\(labels[index])</text>
            """
    }

    private var table: HTML {
        let rows = labels.indices.map { index -> [HTML] in
            let cells = series.html { one in one.values[index].map { "\(format($0))" } ?? "–" }
            return ["\(labels[index])"] + cells
        }
        let columns = [Column("Label")] + series.map { .number($0.name) }
        return HTML.grid(title, columns, rows, nil, className: "table", isScrolling: true)
    }
}
