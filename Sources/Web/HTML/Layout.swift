// The shell around every page of the console: side bar, top bar on a phone, ribbons, flash.

/// Where the console's own files are; each address carries a hash of the file, so that browsers may keep it for ever.
package struct Assets: Sendable {
    package let css: String
    package let js: String
    package let theme: String
    package let icon: String

    package init(css: String, js: String, theme: String, icon: String) {
        self.css = css
        self.js = js
        self.theme = theme
        self.icon = icon
    }
}

/// A group of the navigation, such as Billing.
package struct NavGroup: Sendable {
    package let title: String
    package let items: [NavItem]

    package init(_ title: String, _ items: [NavItem]) {
        self.title = title
        self.items = items
    }
}

/// One page that the navigation leads to.
package struct NavItem: Sendable {
    /// What `PageView.section` names to light this item.
    package let section: String
    package let title: String
    package let href: String
    package let icon: Icon
    /// How many things wait there; hidden when nil or 0.
    package let count: Int?

    package init(_ section: String, _ title: String, _ href: String, _ icon: Icon, count: Int? = nil) {
        self.section = section
        self.title = title
        self.href = href
        self.icon = icon
        self.count = count
    }
}

/// An organisation in the switcher.
package struct SwitcherItem: Sendable {
    package let name: String
    package let href: String
    /// The reader's role there.
    package let role: String
    package let isCurrent: Bool

    package init(_ name: String, href: String, role: String, isCurrent: Bool = false) {
        self.name = name
        self.href = href
        self.role = role
        self.isCurrent = isCurrent
    }
}

/// A bar above the page.
package struct Ribbon: Sendable {
    /// Why the bar is there.
    package enum Kind: String, Sendable {
        /// This data is made up.
        case demo
        /// You are acting with somebody else's access.
        case acting
    }

    package let kind: Kind
    package let text: String
    /// Links or one-button forms.
    package let actions: [HTML]

    package init(_ kind: Kind, _ text: String, actions: [HTML] = []) {
        self.kind = kind
        self.text = text
        self.actions = actions
    }
}

/// Everything that the shell shows around a page.
package struct ConsoleLayout: Sendable {
    package var assets: Assets
    /// The name of the instance, shown as the product's name.
    package var product = "RaptorFlow"
    package var home = "/console"
    package var organization = ""
    /// A line under the organisation's name, such as its plan.
    package var organizationNote = ""
    package var organizations: [SwitcherItem] = []
    package var newOrganization: String?
    package var userName = ""
    package var userNote = ""
    /// The reader's own pages: account, sessions.
    package var userLinks: [Link] = []
    /// Where the sign-out button posts to.
    package var signOut = "/console/sign-out"
    package var navigation: [NavGroup] = []
    package var ribbons: [Ribbon] = []

    package init(assets: Assets) { self.assets = assets }

    /// The whole document of a page; `flash` is what the request carried from the page before.
    package func document(_ view: PageView, flash: String? = nil) -> HTML {
        let message: HTML? = flash.map { HTML.notice(Message(flash: $0)) }
        guard !view.isPlain else {
            return HTML.document("\(view.title) · \(product)", assets, "\(bars)\(view.body)")
        }
        // A page with a head of its own is left alone; otherwise the title is its head.
        let head: HTML = view.body.hasHeading ? .empty : HTML.header(view.title)
        return HTML.document(
            [view.title, organization, product].filter { !$0.isEmpty }.joined(separator: " · "), assets,
            """
            <a class="skip" href="#content">Skip to content</a><div class="shell">\(sidebar(view.section))\
            <div class="main">\(bars)\(topbar)<main class="content" id="content">\(message)\(head)\(view.body)</main>\
            </div></div>
            """)
    }

    private var bars: HTML {
        HTML.joined(
            ribbons.html { ribbon in
                """
                <aside class="ribbon \(ribbon.kind.rawValue)" \
                aria-label="\(ribbon.kind == .demo ? "Demo data" : "Access")"><span>\(ribbon.text)</span>\
                \(ribbon.actions)</aside>
                """
            })
    }

    private var topbar: HTML {
        """
        <header class="topbar"><a class="brand" href="\(home)" aria-label="\(product), home">\(HTML.mark)</a>\
        <span class="where">\(organization.isEmpty ? product : organization)</span>\
        <button type="button" popovertarget="sidebar" aria-label="Menu">\(HTML.icon(.menu))</button></header>
        """
    }

    private func sidebar(_ section: String) -> HTML {
        """
        <section class="sidebar" id="sidebar" aria-label="Menu" popover>\(switcher)\
        <nav aria-label="Main">\(navigation.html { group($0, section) })</nav>\(userMenu)</section>
        """
    }

    private func group(_ group: NavGroup, _ section: String) -> HTML {
        guard !group.items.isEmpty else { return .empty }
        let items = group.items.html { item in
            let current = HTML.attribute("aria-current", item.section == section ? "page" : nil)
            let count: HTML? = item.count.flatMap { $0 > 0 ? "<span class=\"count\">\($0)</span>" : nil }
            return """
                <li><a href="\(HTML.address(item.href))"\(current) data-label="\(item.title)">\(HTML.icon(item.icon))\
                \(item.title)\(count)</a></li>
                """
        }
        return "<div class=\"group\"><h2>\(group.title)</h2><ul>\(items)</ul></div>"
    }

    private var switcher: HTML {
        guard !organization.isEmpty else {
            return "<a class=\"brand\" href=\"\(home)\">\(HTML.mark)\(product)</a>"
        }
        let items = organizations.html { item in
            """
            <li><a href="\(HTML.address(item.href))"\(HTML.attribute("aria-current", item.isCurrent ? "true" : nil))\
            \(HTML.attribute("data-organization", item.isCurrent ? nil : item.name))>\(item.name)\
            <small>\(item.role)</small></a></li>
            """
        }
        let add: HTML? = newOrganization.map { href in
            "<hr><a href=\"\(HTML.address(href))\">\(HTML.icon(.plus))New organisation</a>"
        }
        let avatar = HTML.avatar(organization, isSquare: true)
        return menu("", avatar, organization, organizationNote, "<ul>\(items)</ul>\(add)")
    }

    private var userMenu: HTML {
        guard !userName.isEmpty else { return .empty }
        let links = userLinks.html { HTML.link($0.text, href: $0.href) }
        let themes = [("system", "System"), ("light", "Light"), ("dark", "Dark")].html { theme in
            "<button type=\"button\" data-theme-choice=\"\(theme.0)\">\(theme.1)</button>"
        }
        return menu(
            " up", HTML.avatar(userName), userName, userNote,
            """
            \(links)<div class="theme" role="group" aria-label="Theme">\(themes)</div><hr>\
            <form method="post" action="\(HTML.address(signOut))"><button>\(HTML.icon(.exit))Sign out</button></form>
            """)
    }

    private func menu(_ place: String, _ avatar: HTML, _ title: String, _ note: String, _ body: HTML) -> HTML {
        let small: HTML = note.isEmpty ? .empty : "<small>\(note)</small>"
        return """
            <details class="menu\(place)"><summary>\(avatar)<span><b>\(title)</b>\(small)</span>\
            \(HTML.icon(.switcher))</summary><div>\(body)</div></details>
            """
    }
}

extension HTML {
    /// Whether there is an `<h1>` in it. Looks at bytes, because comparing characters of a whole page takes longer
    /// than making it.
    fileprivate var hasHeading: Bool {
        let wanted: [UInt8] = [UInt8(ascii: "<"), UInt8(ascii: "h"), UInt8(ascii: "1")]
        var matched = 0
        for byte in text.utf8 {
            matched = byte == wanted[matched] ? matched + 1 : byte == wanted[0] ? 1 : 0
            if matched == wanted.count { return true }
        }
        return false
    }
}
