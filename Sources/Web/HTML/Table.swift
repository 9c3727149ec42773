// Tables, which turn into cards on a phone, and what stands around them.

/// One column of a table. A string literal is a column of text.
package struct Column: Sendable, ExpressibleByStringLiteral {
    /// What the cells hold; the raw value is their class.
    package enum Kind: String, Sendable {
        case text = ""
        /// Right-aligned, digits of equal width: money and counts.
        case number = "num"
        case date
        /// Buttons at the end of a row; the heading is for screen readers only.
        case actions = "actions-cell"
    }

    package let title: String
    package let kind: Kind

    package init(_ title: String, _ kind: Kind = .text) {
        self.title = title
        self.kind = kind
    }

    package init(stringLiteral title: String) { self.init(title) }

    package static func number(_ title: String) -> Column { Column(title, .number) }
    package static func date(_ title: String) -> Column { Column(title, .date) }
    package static let actions = Column("Actions", .actions)

    fileprivate var className: String? { kind == .text ? nil : kind.rawValue }
}

extension HTML {
    /// A table with an accessible name. On a phone each row becomes a card with its first cell as the title.
    ///
    ///     HTML.table("Invoices", columns: ["Number", "Status", .number("Amount")],
    ///         rows: invoices.map { [HTML.rowLink($0.number, href: $0.path), HTML.badge("Paid", .good), "\($0.sum)"] },
    ///         empty: HTML.emptyState("No invoices yet", "The first one appears when a plan is taken."))
    ///
    /// A row with too few cells is filled up with empty ones, surplus cells are left out. `empty` stands instead of
    /// the table when there are no rows; `footer` is a last row of totals.
    package static func table(
        _ name: String, columns: [Column], rows: [[HTML]], footer: [HTML]? = nil, empty: HTML? = nil
    ) -> HTML {
        if rows.isEmpty, let empty { return "<div class=\"table-wrap\">\(empty)</div>" }
        return grid(name, columns, rows, footer, className: "table cards")
    }

    /// The first cell of a row, as a link that a click anywhere in the row follows.
    package static func rowLink(_ text: String, href: String) -> HTML {
        "<a class=\"row-link\" href=\"\(address(href))\">\(text)</a>"
    }

    /// Several buttons in one cell.
    package static func actions(_ actions: [HTML]) -> HTML { group(actions) }

    /// Links to the neighbouring pages of a list; nothing when there are none.
    package static func pagination(previous: String? = nil, next: String?, note: String = "") -> HTML {
        if previous == nil, next == nil, note.isEmpty { return .empty }
        let back: HTML? = previous.map { linkButton("Previous", href: $0, size: .small) }
        let forth: HTML? = next.map { linkButton("Next", href: $0, size: .small) }
        return "<nav class=\"pagination\" aria-label=\"Pages\"><span>\(note)</span>\(back)\(forth)</nav>"
    }

    /// Fields that narrow a list, sent as a query.
    package static func filters(action: String, _ fields: HTML) -> HTML {
        """
        <form class="filters" method="get" action="\(address(action))">\(fields)\
        \(button("Show", style: .plain))</form>
        """
    }

    // The roles are spelled out because a table that is not displayed as one loses them in some browsers.
    static func grid(
        _ name: String, _ columns: [Column], _ rows: [[HTML]], _ footer: [HTML]?, className: String,
        isScrolling: Bool = false
    ) -> HTML {
        // What scrolls by itself has to be reachable by keyboard (WCAG 2.1.1), and then needs a name.
        let frame: HTML = isScrolling ? " tabindex=\"0\" role=\"region\" aria-label=\"\(name)\"" : .empty
        let foot: HTML? = footer.map { "<tfoot role=\"rowgroup\">\(row($0, columns))</tfoot>" }
        return """
            <div class="table-wrap"\(frame)><table class="\(className)" role="table"><caption>\(name)</caption>\
            <thead role="rowgroup"><tr role="row">\(columns.html(heading))</tr></thead>\
            <tbody role="rowgroup">\(rows.html { row($0, columns) })</tbody>\(foot)</table></div>
            """
    }

    private static func heading(_ column: Column) -> HTML {
        let isHidden = column.kind == .actions
        let title: HTML = isHidden ? "<span class=\"visually-hidden\">\(column.title)</span>" : "\(column.title)"
        return "<th scope=\"col\" role=\"columnheader\"\(attribute("class", column.className))>\(title)</th>"
    }

    private static func row(_ cells: [HTML], _ columns: [Column]) -> HTML {
        var result: HTML = "<tr role=\"row\">"
        for (index, column) in columns.enumerated() {
            let cell = index < cells.count ? cells[index] : .empty
            let kind = attribute("class", column.className)
            result += "<td role=\"cell\" data-label=\"\(column.title)\"\(kind)>\(cell)</td>"
        }
        return result + "</tr>"
    }
}
