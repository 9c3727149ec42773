// Promises of the shell around the pages.

import Testing
import Web

@Suite struct LayoutTests {
    private let layout = Specimens.layout("Kestrel")

    @Test func `every page has exactly one first heading and one main part`() {
        let checkout = HTML.checkout(seller: "K", price: "1", note: "", lines: [], title: "Pay", "x")
        let views = [
            PageView("Members", section: "a", "<p>x</p>"),
            PageView("Members", section: "a", badge: HTML.badge("Open"), "<p>x</p>"),
            PageView("Members", section: "a", "\(HTML.notice("x"))\(HTML.header("Members"))<hr>"),
            PageView("Sign in", isPlain: true, HTML.card("Sign in", "x")),
            PageView("Pay", isPlain: true, checkout),
        ]
        for view in views {
            let markup = Markup(layout.document(view))
            #expect(markup.all("h1").count == 1)
            #expect(markup.all("main").count == 1)
            #expect(markup.faults.isEmpty)
        }
    }

    @Test func `the current section is lit, and no other`() {
        var layout = layout
        layout.navigation = [
            NavGroup("Work", [NavItem("jobs", "Jobs", "/jobs", .clock), NavItem("mail", "Outbox", "/mail", .outbox)]),
            NavGroup("Empty", []),
        ]
        let links = Markup(layout.document(PageView("Jobs", section: "jobs", "x"))).all("a")
        let lit = links.filter { $0.attributes["aria-current"] == "page" }
        #expect(lit.map { $0.attributes["href"] } == ["/jobs"])
        #expect(!layout.document(PageView("Jobs", "x")).text.contains("Empty"))
    }

    @Test func `the menu button opens the side bar without script`() throws {
        let markup = Markup(layout.document(PageView("Jobs", "x")))
        let button = try #require(markup.all("button").first { $0.attributes["popovertarget"] != nil })
        let target = markup.elements.first { $0.attributes["id"] == button.attributes["popovertarget"] }
        #expect(target?.attributes["popover"] != nil)
        #expect(button.attributes["aria-label"] == "Menu")
    }

    @Test func `nobody's menu is shown to strangers`() {
        let markup = Markup(ConsoleLayout(assets: Specimens.assets).document(PageView("Docs", "x")))
        #expect(markup.all("details").isEmpty)
        #expect(!markup.elements.contains { $0.text == "Sign out" })
    }

    @Test func `a message from the page before is announced`() {
        let html = layout.document(PageView("Jobs", "x"), flash: Message("It failed.", .bad).flash)
        #expect(Markup(html).elements.contains { $0.attributes["role"] == "alert" })
    }

    @Test func `made-up data says so on every page, plain ones too`() {
        for isPlain in [true, false] {
            let html = layout.document(PageView("Jobs", isPlain: isPlain, "x"))
            #expect(Markup(html).values("aria-label").contains("Demo data"))
        }
    }

    @Test func `the shell weighs less than 12 KB`() {
        var layout = layout
        layout.navigation = (0..<6).map { group in
            NavGroup("Group \(group)", (0..<4).map { NavItem("\($0)", "Something", "/console/some/where", .webhook) })
        }
        #expect(layout.document(PageView("Jobs", "x")).text.utf8.count < 12_288)
    }
}
