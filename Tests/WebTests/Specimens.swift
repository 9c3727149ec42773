// One of every component, each filled with whatever text a test wants.

import Core
import Web

enum Specimens {
    /// Text that would end an attribute, open a tag and run a script, if anything let it.
    static let hostile = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&amp;"

    static let now = Timestamp(milliseconds: 1_795_412_424_000)
    static let assets = Assets(css: "/a/app.css", js: "/a/app.js", theme: "/a/theme.js", icon: "/a/favicon.svg")

    static func all(_ text: String) -> [HTML] {
        values(text) + blocks(text) + lists(text) + controls(text) + pages(text)
    }

    static func state(_ text: String) -> FormState {
        var state = FormState()
        state.values = ["one": text, "two": text]
        state.problems = [FieldProblem("/one", "taken", text)]
        state.message = text
        return state
    }

    private static func values(_ text: String) -> [HTML] {
        let tones = Tone.allCases.map { HTML.badge(text, $0) }
        return tones + Icon.allCases.map { HTML.icon($0) } + [
            HTML.label(text), HTML.avatar(text), HTML.link(text, href: text), HTML.code(text), HTML.copyable(text),
            HTML.muted(text), HTML.money(Money(stored: 490_000, .inr)), HTML.time(now), HTML.date(now),
            HTML.age(now, now: now), HTML.details([(text, "\(text)")]),
        ]
    }

    private static func blocks(_ text: String) -> [HTML] {
        [
            HTML.section(text, lead: "\(text)", actions: [HTML.link(text, href: text)], id: "a", "\(text)"),
            HTML.panel(text, "\(text)"), HTML.columns(main: "\(text)", aside: "\(text)"),
            HTML.pair("\(text)", "\(text)"),
            HTML.emptyState(text, text, action: HTML.linkButton(text, href: text)),
            HTML.live(id: "b", events: text, seconds: 5, "\(text)"),
            HTML.notice("\(text)", .warn, action: HTML.link(text, href: text)),
            HTML.secret(label: text, value: text, note: text), HTML.codeBlock(text, label: text),
            HTML.stats([Stat(text, text, change: text, tone: .bad, note: text, href: text, trend: [1, 2])]),
        ]
    }

    private static func lists(_ text: String) -> [HTML] {
        let row = [HTML.rowLink(text, href: text), "\(text)", HTML.actions([HTML.postButton(text, action: text)])]
        return [
            HTML.table(text, columns: [Column(text), .number(text), .actions], rows: [row], footer: ["\(text)"]),
            HTML.table(text, columns: [Column(text)], rows: [], empty: HTML.emptyState(text, text)),
            HTML.pagination(previous: text, next: text, note: text), HTML.filters(action: text, "\(text)"),
            HTML.timeline([TimelineItem("\(text)", at: now, by: text, tone: .good, detail: "\(text)")]),
            HTML.checks([Check(text, .bad, state: text, "\(text)")]),
            HTML.progress(text, done: 1, total: 2, note: text), HTML.progress(text, done: 1, total: 0, note: text),
            HTML.meter(text, used: 9, limit: 10, unit: text), HTML.meter(text, used: 9, limit: nil, unit: text),
            HTML.barChart(text, labels: [text, text], series: [Series(text, [1, -2])], format: { "\($0)\(text)" }),
            HTML.lineChart(text, labels: [text, text], series: [Series(text, [1, nil], tone: .bad)]),
        ]
    }

    private static func controls(_ text: String) -> [HTML] {
        let state = state(text)
        let choices = [Choice(text, text, hint: text, price: text), Choice("x", "x")]
        return [
            HTML.form(
                action: text, submit: text, state: state, cancel: text,
                """
                \(HTML.textField("one", label: text, state: state, hint: text, autocomplete: text, placeholder: text))
                \(HTML.textArea("two", label: text, state: state, hint: text))
                \(HTML.passwordField(label: text, hint: text))\(HTML.hidden("seven", text))
                \(HTML.select("three", label: text, options: choices, default: text, hint: text))
                \(HTML.radios("four", label: text, options: choices, default: text, hint: text))
                \(HTML.checkbox("five", label: text, hint: text))
                """),
            HTML.confirm(
                id: "delete", button: text, title: text, text: text, action: text, typed: text,
                fields: [("id", text)], confirm: text),
            HTML.button(text, style: .quiet, size: .wide, name: text, value: text),
        ]
    }

    private static func pages(_ text: String) -> [HTML] {
        let full = PageView(
            text, section: "a", crumbs: [Link(text, text)], badge: HTML.badge(text), lead: "\(text)",
            actions: [HTML.linkButton(text, href: text)], tabs: [Tab(text, text, isCurrent: true, count: 3)], "\(text)")
        let card = HTML.card(text, product: text, lead: "\(text)", aside: "\(text)", "\(text)")
        let lines: [(HTML, String)] = [("\(text)", text), ("\(text)", text)]
        let checkout = HTML.checkout(seller: text, price: text, note: text, lines: lines, title: text, "\(text)")
        return [
            layout(text).document(full, flash: Message(text, .bad).flash),
            layout(text).document(PageView(text, section: "a", "\(text)"), flash: text),
            layout(text).document(PageView(text, isPlain: true, card)),
            layout(text).document(PageView(text, isPlain: true, checkout)),
        ]
    }

    static func layout(_ text: String) -> ConsoleLayout {
        var layout = ConsoleLayout(assets: assets)
        layout.product = text
        layout.organization = text
        layout.organizationNote = text
        layout.organizations = [SwitcherItem(text, href: text, role: text, isCurrent: true)]
        layout.newOrganization = text
        layout.userName = text
        layout.userNote = text
        layout.userLinks = [Link(text, text)]
        layout.navigation = [NavGroup(text, [NavItem("a", text, text, .home, count: 2)])]
        layout.ribbons = [Ribbon(.demo, text, actions: [HTML.link(text, href: text)]), Ribbon(.acting, text)]
        return layout
    }
}
