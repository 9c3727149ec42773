// The head of a page: where it is, what it is, its state, and what can be done to it.

/// A name and the address behind it.
package struct Link: Sendable {
    package let text: String
    package let href: String

    package init(_ text: String, _ href: String) {
        self.text = text
        self.href = href
    }
}

/// One of several views of the same object.
package struct Tab: Sendable {
    package let text: String
    package let href: String
    package let isCurrent: Bool
    package let count: Int?

    package init(_ text: String, _ href: String, isCurrent: Bool = false, count: Int? = nil) {
        self.text = text
        self.href = href
        self.isCurrent = isCurrent
        self.count = count
    }
}

extension PageView {
    /// A page with a full head. (A page made with a title and a body alone gets the title as its head.)
    ///
    ///     PageView(invoice.number, section: "invoices", crumbs: [Link("Invoices", list)],
    ///         badge: HTML.badge("Paid", .good), lead: "\(total) from \(customer)", actions: […], body)
    package init(
        _ title: String, section: String = "", crumbs: [Link] = [], badge: HTML? = nil, lead: HTML? = nil,
        actions: [HTML] = [], tabs: [Tab] = [], _ body: HTML
    ) {
        let head = HTML.header(title, crumbs: crumbs, badge: badge, lead: lead, actions: actions)
        self.init(title, section: section, isPlain: false, "\(head)\(HTML.tabs(tabs))\(body)")
    }
}

extension HTML {
    /// The head of a page with its only `<h1>`.
    package static func header(
        _ title: String, crumbs: [Link] = [], badge: HTML? = nil, lead: HTML? = nil, actions: [HTML] = []
    ) -> HTML {
        let trail: HTML =
            crumbs.isEmpty
            ? .empty
            : """
            <nav aria-label="Breadcrumb"><ol class="crumbs">\
            \(crumbs.html { "<li>\(link($0.text, href: $0.href))</li>" })</ol></nav>
            """
        return """
            <div class="page-header"><div>\(trail)<h1>\(title)</h1>\(badge)\(paragraph(lead))</div>\
            \(group(actions))</div>
            """
    }

    /// Views of the same object; nothing when there are none.
    package static func tabs(_ tabs: [Tab]) -> HTML {
        tabs.isEmpty ? .empty : "<nav class=\"tabs\" aria-label=\"Views\">\(tabs.html(tab))</nav>"
    }

    private static func tab(_ tab: Tab) -> HTML {
        let current = attribute("aria-current", tab.isCurrent ? "page" : nil)
        let count: HTML? = tab.count.map { "<span class=\"count\">\($0)</span>" }
        return "<a href=\"\(address(tab.href))\"\(current)>\(tab.text)\(count)</a>"
    }
}
