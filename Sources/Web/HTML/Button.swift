// Buttons: submit, link, a form of one button, and the dialog that asks first.

/// How loud a button is. One primary button per page or form.
package enum ButtonStyle: String, Sendable {
    case plain = ""
    case primary
    case danger
    case quiet
    /// The last button before something is lost.
    case dangerPrimary = "danger primary"
}

/// How large a button is: for a row of a table, for a page, for the whole width.
package enum ButtonSize: String, Sendable {
    case normal = ""
    case small
    case wide
}

extension HTML {
    /// The button that submits the form around it.
    package static func button(
        _ text: String, style: ButtonStyle = .primary, size: ButtonSize = .normal, name: String? = nil,
        value: String? = nil
    ) -> HTML {
        let field: HTML = "\(attribute("name", name))\(attribute("value", value))"
        return "<button class=\"\(classes(style, size))\"\(field)>\(text)</button>"
    }

    /// A link that looks like a button.
    package static func linkButton(
        _ text: String, href: String, style: ButtonStyle = .plain, size: ButtonSize = .normal
    ) -> HTML {
        "<a class=\"\(classes(style, size))\" href=\"\(address(href))\">\(text)</a>"
    }

    /// A form of one button: it posts the fields and changes something.
    package static func postButton(
        _ text: String, action: String, fields: [(String, String)] = [], style: ButtonStyle = .plain,
        size: ButtonSize = .normal
    ) -> HTML {
        """
        <form method="post" action="\(address(action))">\(fields.html { hidden($0.0, $0.1) })\
        \(button(text, style: style, size: size))</form>
        """
    }

    /// A button that asks before it does what cannot be undone.
    ///
    /// Say in `text` what will be lost. With `typed`, the person has to type that name; it arrives as the field
    /// `confirm`, and the server has to compare it too. Without script the dialog opens through its address.
    package static func confirm(
        id: String, button text: String, title: String, text explanation: String, action: String,
        typed: String? = nil, fields: [(String, String)] = [], confirm: String? = nil, size: ButtonSize = .normal
    ) -> HTML {
        let question: HTML? = typed.map { name in
            """
            <div class="field"><label for="\(id)-confirm">Type \(name) to confirm</label>\
            <input id="\(id)-confirm" name="confirm" data-typed="\(name)" autocomplete="off" required></div>
            """
        }
        return """
            <a class="\(classes(.danger, size))" href="#\(id)" data-dialog="\(id)">\(text)</a>\
            <dialog id="\(id)" aria-labelledby="\(id)-title"><h2 id="\(id)-title">\(title)</h2><p>\(explanation)</p>\
            <form class="form" method="post" action="\(address(action))">\(fields.html { hidden($0.0, $0.1) })\
            \(question)<div class="actions"><a class="button" href="#" data-close>Cancel</a>\
            \(button(confirm ?? text, style: .dangerPrimary))</div></form></dialog>
            """
    }

    private static func classes(_ style: ButtonStyle, _ size: ButtonSize) -> String {
        ["button", style.rawValue, size.rawValue].filter { !$0.isEmpty }.joined(separator: " ")
    }
}
