// The parts that a page is divided into.

extension HTML {
    /// A part of a page with a heading, and buttons or links beside it.
    package static func section(
        _ title: String, lead: HTML? = nil, actions: [HTML] = [], id: String? = nil, _ body: HTML
    ) -> HTML {
        """
        <section class="section"\(attribute("id", id))><header><h2>\(title)</h2>\(group(actions))\(paragraph(lead))\
        </header>\(body)</section>
        """
    }

    /// A framed surface with a heading.
    package static func panel(_ title: String, id: String? = nil, _ body: HTML) -> HTML {
        panel(id: id, "<h2>\(title)</h2>\(body)")
    }

    /// A framed surface.
    package static func panel(id: String? = nil, _ body: HTML) -> HTML {
        "<div class=\"panel\"\(attribute("id", id))>\(body)</div>"
    }

    /// A wide column and a narrow one; one below the other on a phone.
    package static func columns(main: HTML, aside: HTML) -> HTML {
        "<div class=\"columns\"><div>\(main)</div><aside>\(aside)</aside></div>"
    }

    /// Equal columns beside each other as far as there is room.
    package static func pair(_ parts: HTML...) -> HTML { "<div class=\"pair\">\(parts)</div>" }

    /// What stands where there is nothing yet: what will be here, and how to get it.
    package static func emptyState(_ title: String, _ text: String, action: HTML? = nil) -> HTML {
        "<div class=\"empty\"><h2>\(title)</h2><p>\(text)</p>\(group(action.map { [$0] } ?? []))</div>"
    }

    /// A part of the page that renews itself: when an event arrives on a stream, or every so many seconds.
    ///
    /// The id has to be unique on the page. Without script the part simply stays as it was sent.
    package static func live(id: String, events: String? = nil, seconds: Int? = nil, _ body: HTML) -> HTML {
        let stream = attribute("data-live", events.map(address))
        return "<div id=\"\(id)\"\(stream)\(attribute("data-refresh", seconds.map(String.init)))>\(body)</div>"
    }

    static func group(_ actions: [HTML]) -> HTML {
        actions.isEmpty ? .empty : "<div class=\"actions\">\(actions)</div>"
    }

    static func paragraph(_ lead: HTML?) -> HTML {
        guard let lead else { return .empty }
        return "<p class=\"lead\">\(lead)</p>"
    }
}
