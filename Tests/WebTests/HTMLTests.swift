// Promises of the HTML type and of every component: nothing that is given can become markup.

import Core
import Testing
import Web

@Suite struct HTMLTests {
    @Test func `text cannot open a tag`() {
        let html: HTML = "<p>\("<b>&'\"")</p>"
        #expect(html.text == "<p>&lt;b&gt;&amp;&#39;&quot;</p>")
    }

    @Test func `text cannot leave an attribute`() {
        let name = "\" onfocus=\"alert(1)"
        let html: HTML = "<input value=\"\(name)\">"
        #expect(Markup(html).all("input").map(\.attributes) == [["value": name]])
    }

    @Test func `characters of every plane survive`() {
        let text = "é ₹ नमस्ते 🦖 \u{0} \u{FFFD} e\u{301}\u{200D}<"
        let html: HTML = "<p>\(text)</p>"
        #expect(Markup(html).elements.map(\.text) == [text])
    }

    @Test func `markup goes in as it is, and an absent piece is nothing`() {
        let bold: HTML = "<b>1</b>"
        let nothing: HTML? = nil
        let html: HTML = "<p>\(bold)\(nothing)\([bold, bold])\(2)</p>"
        #expect(html.text == "<p><b>1</b><b>1</b><b>1</b>2</p>")
    }

    @Test func `a number that describes itself with markup is escaped`() {
        struct Odd: CustomStringConvertible { let description = "<i>" }
        let html: HTML = "\(Odd())"
        #expect(html.text == "&lt;i&gt;")
    }

    @Test func `hostile text stays text in every component`() {
        for html in Specimens.all(Specimens.hostile) {
            let markup = Markup(html)
            #expect(markup.faults.isEmpty, "\(html.text)")
            #expect(markup.all("script").allSatisfy { Specimens.isOwn($0) && $0.text.isEmpty })
            #expect(markup.all("img").isEmpty)
        }
    }

    @Test func `no component writes what the content security policy forbids`() {
        for markup in Specimens.all("x").map({ Markup($0) }) {
            let names = Set(markup.elements.flatMap(\.attributes.keys))
            #expect(!names.contains("style"))
            #expect(names.allSatisfy { !$0.hasPrefix("on") })
            #expect(markup.all("style").isEmpty)
        }
    }

    @Test(arguments: [
        "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\nscript:alert(1)",
        "\u{1}javascript:alert(1)", "data:text/html,x", "vbscript:x", "blob:x", "javascript:",
    ])
    func `an address that would run script leads nowhere`(address: String) {
        let markup = [
            HTML.link("x", href: address), HTML.linkButton("x", href: address), HTML.rowLink("x", href: address),
            HTML.postButton("x", action: address), HTML.form(action: address, submit: "x", ""),
            HTML.tabs([Tab("x", address)]),
        ].map { Markup($0) }
        #expect(markup.flatMap { $0.values("href") + $0.values("action") } == Array(repeating: "#", count: 6))
    }

    @Test(arguments: [
        "/console/a?b=c:d#e", "#part", "?page=2", "https://example.com/a:b", "http://localhost:8080/",
        "mailto:a@b.example", "a/b:c", "",
    ])
    func `an ordinary address is kept`(address: String) {
        #expect(Markup(HTML.link("x", href: address)).values("href") == [address])
    }

    @Test func `every class that a component writes is in the style sheet`() throws {
        let css = try #require(Resources().text("console/app.css"))
        let words = css.split { !$0.isLetter && !$0.isNumber && $0 != "-" && $0 != "." }
        let rules = Set(words.flatMap { $0.split(separator: ".").map(String.init) })
        let written: [String] = Specimens.all("x").flatMap { Markup($0).values("class") }
        let used = written.flatMap { $0.split(separator: " ").map(String.init) }
        #expect(used.count > 250)
        // `group` is what the command palette looks for; it has no looks of its own.
        #expect(Set(used).subtracting(rules).subtracting(["group"]) == [])
    }

    @Test func `the style sheet stays under 30 KB`() throws {
        #expect(try #require(Resources().bytes("console/app.css")).count < 30 * 1024)
    }

    @Test func `the scripts name only classes and attributes that pages have`() throws {
        let script = try #require(Resources().text("console/app.js"))
        for name in ["data-copy", "data-dialog", "data-close", "data-live", "data-refresh", "data-theme-choice"] {
            #expect(script.contains(name), "\(name)")
            #expect(Specimens.all("x").contains { $0.text.contains(name) }, "\(name)")
        }
    }
}

extension Specimens {
    /// Whether a script is one of the two files that every document loads.
    static func isOwn(_ script: Markup.Element) -> Bool {
        [assets.js, assets.theme].contains(script.attributes["src"] ?? "")
    }
}
