// Whole documents, and the pages that stand without the shell: one card, and the checkout.

extension HTML {
    /// A document around a body. Scripts and styles are files only: the content security policy allows no others.
    package static func document(_ title: String, _ assets: Assets, _ body: HTML) -> HTML {
        """
        <!doctype html><html lang="en"><head><meta charset="utf-8">\
        <meta name="viewport" content="width=device-width, initial-scale=1">\
        <meta name="color-scheme" content="light dark"><title>\(title)</title>\
        <link rel="icon" href="\(assets.icon)" type="image/svg+xml"><script src="\(assets.theme)"></script>\
        <link rel="stylesheet" href="\(assets.css)"><script type="module" src="\(assets.js)"></script></head>\
        <body>\(body)</body></html>
        """
    }

    /// One centred card: sign-in, set-up, invitation, an error. For a `PageView` with `isPlain`.
    ///
    /// `aside` is a line under the card, such as the way to another page.
    package static func card(
        _ title: String, product: String = "RaptorFlow", lead: HTML? = nil, aside: HTML? = nil, _ body: HTML
    ) -> HTML {
        let below: HTML? = aside.map { "<p class=\"aside\">\($0)</p>" }
        return """
            <div class="solo"><main><a class="brand" href="/">\(mark)\(product)</a>\
            <div class="panel"><h1>\(title)</h1>\(paragraph(lead))\(body)</div>\(below)</main></div>
            """
    }

    /// The hosted checkout: what is bought on the left, how it is paid on the right. For a `PageView` with `isPlain`.
    ///
    /// - Parameter lines: what the price is made of, the total last.
    package static func checkout(
        seller: String, price: String, note: String, lines: [(HTML, String)], title: String, _ payment: HTML
    ) -> HTML {
        let rows = lines.enumerated().html { index, line in
            let isTotal = index == lines.count - 1 && lines.count > 1
            return "<div\(attribute("class", isTotal ? "total" : nil))><dt>\(line.0)</dt><dd>\(line.1)</dd></div>"
        }
        return """
            <div class="checkout"><section class="order" aria-label="Order"><div class="inner">\
            <span class="brand">\(mark)\(seller)</span><div><p class="muted">Pay \(seller)</p>\
            <p class="price">\(price)</p><p class="muted">\(note)</p></div>\
            <dl class="lines">\(rows)</dl></div></section>\
            <main><div class="inner"><h1>\(title)</h1>\(payment)</div></main></div>
            """
    }

    /// The product's mark: three claws.
    static let mark: HTML = """
        <svg viewBox="0 0 24 24" aria-hidden="true"><rect width="24" height="24" rx="6" fill="#4a41c8"/>\
        <path fill="#fff" d="M5.5 4.5c3.6 4.6 3.6 10-.7 15 1.6-5 1.9-9.7.7-15ZM11.2 4c4.3 5 4.3 10.9-.8 16 2.1-5.3 \
        2.3-10.4.8-16ZM17 4.5c4.3 4.6 4.2 10-.7 15 2.1-5 2.3-9.7.7-15Z"/></svg>
        """
}
