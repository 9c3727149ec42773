// The console's icons: one stroke, 16 by 16, in the colour of the text.

/// A small drawing that goes with a word; hidden from screen readers.
package enum Icon: Sendable, CaseIterable {
    case home, activity, people, mail, key, card, invoice, payment, gauge, book, list, clock, webhook, outbox
    case settings, shield, server, menu, switcher, copy, plus, exit

    /// The drawing as an SVG path.
    var path: StaticString {
        switch self {
        case .home: "M2.5 7.2 8 2.5l5.5 4.7v6.3h-4V9.5h-3v4h-4Z"
        case .activity: "M1.5 8h3l2-5.5 3 11 2-5.5h3"
        case .people:
            """
            M6 7.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5ZM1.5 13.5c0-2.5 2-4 4.5-4s4.5 1.5 4.5 4\
            M10.5 2.8a2.5 2.5 0 0 1 0 4.4M12 9.8c1.6.6 2.5 1.9 2.5 3.7
            """
        case .mail: "M1.5 3.5h13v9h-13ZM2 4l6 5 6-5"
        case .key: "M5 14a3.5 3.5 0 1 1 2.7-5.7l.3-.3 5.5-5.5M11 5l2 2M7.5 10.5a3.5 3.5 0 0 1-2.5 3.5"
        case .card: "M1.5 3.5h13v9h-13ZM1.5 6.5h13M4 10h2.5"
        case .invoice: "M3.5 1.5h9v13l-2.25-1.5L8 14.5 5.75 13 3.5 14.5ZM6 5h4M6 8h4"
        case .payment:
            """
            M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM5.5 5h5M5.5 7.5h5\
            M9 5c.8 2.5-1 3.5-3.5 3.5L9.5 12
            """
        case .gauge: "M2.5 12.5a6.5 6.5 0 1 1 11 0M8 9.5l3-3.5"
        case .book:
            """
            M2.5 2.5h4A1.5 1.5 0 0 1 8 4v9.5a1.5 1.5 0 0 0-1.5-1.5h-4Z\
            M13.5 2.5h-4A1.5 1.5 0 0 0 8 4v9.5a1.5 1.5 0 0 1 1.5-1.5h4Z
            """
        case .list: "M5.5 4h8M5.5 8h8M5.5 12h8M2.5 4h.01M2.5 8h.01M2.5 12h.01"
        case .clock: "M8 14.5a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13ZM8 4.5V8l2.5 1.5"
        case .webhook: "M4.5 9.5a3 3 0 1 0 3 3h5M7 3.5a2.75 2.75 0 1 1 3.8 2.5L13 10.5M10.5 5 7.5 10"
        case .outbox: "M2.5 9.5v4h11v-4M8 10V2.5M5 5l3-3 3 3"
        case .settings: "M2 4.5h7M12 4.5h2M2 11.5h2M7 11.5h7M10.5 3v3M5.5 10v3"
        case .shield: "M8 1.5 13.5 3.5v4c0 3.5-2.5 5.8-5.5 7-3-1.2-5.5-3.5-5.5-7v-4ZM5.5 8l2 2 3.5-3.5"
        case .server: "M2 2.5h12v4.5H2ZM2 9h12v4.5H2ZM4.5 4.75h.01M4.5 11.25h.01"
        case .menu: "M2 4.5h12M2 8h12M2 11.5h12"
        case .switcher: "M5 6l3-3 3 3M5 10l3 3 3-3"
        case .copy: "M5.5 5.5h8v8h-8ZM10.5 5.5v-3h-8v8h3"
        case .plus: "M8 3v10M3 8h10"
        case .exit: "M6 2.5H2.5v11H6M10.5 5l3 3-3 3M13 8H6"
        }
    }
}

extension HTML {
    /// An icon.
    package static func icon(_ icon: Icon) -> HTML {
        "<svg class=\"icon\" viewBox=\"0 0 16 16\" aria-hidden=\"true\"><path d=\"\(icon.path)\"/></svg>"
    }
}
