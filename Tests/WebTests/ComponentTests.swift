// Promises of single components: words, thresholds, labels, and what a screen reader is told.

import Core
import Testing
import Web

@Suite struct ComponentTests {
    @Test func `every field has a label, and hint and error belong to it`() {
        let form = Specimens.all("x").map { Markup($0) }.filter { !$0.all("form").isEmpty }
        for markup in form {
            let ids = Set(markup.values("id"))
            let labelled = Set(markup.values("for"))
            #expect(labelled.isSubset(of: ids))
            let described = markup.values("aria-describedby").flatMap { $0.split(separator: " ").map(String.init) }
            #expect(Set(described).isSubset(of: ids))
            for input in markup.elements where ["input", "select", "textarea"].contains(input.name) {
                let isNamed = labelled.contains(input.attributes["id"] ?? "-") || input.path.contains("label")
                #expect(isNamed || input.attributes["type"] == "hidden", "\(input.attributes)")
            }
        }
    }

    @Test func `a refused field shows what was typed and why it was refused`() throws {
        let field = HTML.textField("one", label: "Name", state: Specimens.state("typed"), default: "stored")
        let input = try #require(Markup(field).all("input").first)
        #expect(input.attributes["value"] == "typed")
        #expect(input.attributes["aria-invalid"] == "true")
        #expect(Markup(field).elements.contains { $0.attributes["class"] == "error" && $0.text == "typed" })
    }

    @Test func `a password is never written into a page`() {
        var state = FormState()
        state.values = ["password": "correct horse"]
        #expect(!HTML.passwordField(state: state).text.contains("correct"))
    }

    @Test func `a box keeps being unticked when its form comes back`() {
        var state = FormState()
        #expect(HTML.checkbox("open", label: "Open", isOn: true, state: state).text.contains(" checked"))
        state.values = ["other": "x"]
        #expect(!HTML.checkbox("open", label: "Open", isOn: true, state: state).text.contains(" checked"))
    }

    @Test func `the error summary leads to each field and is absent without errors`() {
        #expect(HTML.errorSummary(FormState()).text.isEmpty)
        let summary = Markup(HTML.errorSummary(Specimens.state("x")))
        #expect(summary.values("href") == ["#field-one"])
        #expect(summary.values("role") == ["alert"])
    }

    @Test func `a table has as many cells in each row as columns`() {
        let html = HTML.table("T", columns: ["A", .number("B")], rows: [["1"], ["1", "2", "3"], []], footer: ["4"])
        #expect(Markup(html).all("td").count == 8)
        #expect(Markup(html).all("td").map { $0.attributes["data-label"] } == ["A", "B", "A", "B", "A", "B", "A", "B"])
    }

    @Test func `an empty table gives way to its empty state`() {
        let html = HTML.table("T", columns: ["A"], rows: [], empty: HTML.emptyState("None yet", "Make one."))
        #expect(Markup(html).all("table").isEmpty)
        #expect(Markup(html).all("h2").map(\.text) == ["None yet"])
    }

    @Test(arguments: [
        (0, 10, "meter "), (79, 100, "meter "), (80, 100, "meter warn"), (100, 100, "meter bad"), (-5, 10, "meter "),
        (Int.max, 1, "meter bad"), (Int.max, Int.max, "meter bad"), (Int.min, Int.max, "meter "),
    ])
    func `usage warns at four fifths and is bad at the limit`(used: Int, limit: Int, look: String) {
        let markup = Markup(HTML.meter("API calls", used: used, limit: limit))
        #expect(markup.values("class") == [look])
        let drawn = markup.all("progress").compactMap { Int($0.attributes["value"] ?? "") }
        #expect(drawn.count == 1 && drawn.allSatisfy { (0...limit) ~= $0 })
    }

    @Test(arguments: [(-1, 10), (11, 10), (5, 0), (5, -1), (Int.max, Int.max), (Int.min, 1)])
    func `progress never leaves its bar`(done: Int, total: Int) {
        let bar = Markup(HTML.progress("Export", done: done, total: total)).all("progress")
        #expect(bar.count == 1)
        let value = Int(bar[0].attributes["value"] ?? "0") ?? -1
        #expect((0...max(total, 0)) ~= value)
    }

    @Test(arguments: [
        (0, "0"), (999, "999"), (1000, "1,000"), (-12_400, "−12,400"), (Int.max, "9,223,372,036,854,775,807"),
        (Int.min, "−9,223,372,036,854,775,808"),
    ])
    func `counts are grouped by three`(number: Int, text: String) {
        #expect(HTML.grouped(number) == text)
    }

    @Test(arguments: [
        (0.0, "0"), (0.25, "0.25"), (0.5, "0.5"), (1.05, "1.05"), (-1.5, "−1.5"), (12_400, "12,400"), (-0.001, "0"),
        (1e300, "1e+300"),
    ])
    func `numbers keep two decimals at most`(number: Double, text: String) {
        #expect(HTML.plainNumber(number) == text)
    }

    @Test(arguments: [
        (-1, "1 second ago"), (-120, "2 minutes ago"), (7200, "in 2 hours"), (-86_400, "1 day ago"), (0, "now"),
    ])
    func `an age is said in its largest unit`(seconds: Int64, text: String) {
        let html = HTML.age(Specimens.now.adding(.seconds(seconds)), now: Specimens.now)
        #expect(Markup(html).elements.map(\.text) == [text])
    }

    @Test func `an instant is shown as a day and a minute, and carries the exact time`() {
        let time = Markup(HTML.time(Timestamp(milliseconds: 0))).elements
        #expect(time.map(\.text) == ["1 Jan 1970, 00:00"])
        #expect(time.map { $0.attributes["datetime"] } == ["1970-01-01T00:00:00.000Z"])
    }

    @Test(arguments: [
        ("Meera Iyer", "MI"), ("meera", "M"), ("", "?"), ("🦖", "?"), ("a-b c", "AC"), ("ßa", "SS"),
    ])
    func `initials come from the first and the last word`(name: String, initials: String) {
        #expect(Markup(HTML.avatar(name)).elements.map(\.text) == [initials])
    }

    @Test(arguments: [Message("Saved.", .good), Message("a|b", .bad), Message("", .info)])
    func `a message survives the redirect with its tone`(message: Message) {
        #expect(Message(flash: message.flash) == message)
    }

    @Test func `a message without a tone is good news`() {
        #expect(Message(flash: "Saved.") == Message("Saved.", .good))
        #expect(Message(flash: "odd|Saved.") == Message("odd|Saved.", .good))
    }

    @Test func `what cannot be undone is asked with the name to type`() throws {
        let html = HTML.confirm(
            id: "d", button: "Delete", title: "Delete Kestrel?", text: "Its 3 members lose access.", action: "/d",
            typed: "kestrel")
        let markup = Markup(html)
        let input = try #require(markup.all("input").first)
        #expect(input.attributes["data-typed"] == "kestrel")
        #expect(input.attributes["name"] == "confirm")
        #expect(input.path.contains("dialog"))
        // Without script the link opens the dialog by its address.
        #expect(markup.all("a").first?.attributes["href"] == "#d")
        #expect(markup.all("dialog").first?.attributes["id"] == "d")
    }
}
