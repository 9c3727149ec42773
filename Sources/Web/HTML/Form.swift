// Forms and their fields: label, hint and error for each, and what was typed is kept.
import Core

/// The kinds of one-line fields that browsers know.
package enum FieldType: String, Sendable {
    case text, email, url, number, tel, date, search
}

/// One of several answers.
package struct Choice: Sendable {
    package let value: String
    package let title: String
    /// What choosing it means.
    package let hint: String?
    /// Shown on the right: a price, a count.
    package let price: String?

    package init(_ value: String, _ title: String, hint: String? = nil, price: String? = nil) {
        self.value = value
        self.title = title
        self.hint = hint
        self.price = price
    }
}

extension HTML {
    /// A form that posts. Refused fields are listed above it when the state has any.
    ///
    ///     HTML.form(action: "/console/members", submit: "Send invitation", state: state,
    ///         HTML.textField("email", label: "E-mail", type: .email, state: state))
    package static func form(
        action: String, submit: String, state: FormState = FormState(), cancel: String? = nil,
        style: ButtonStyle = .primary, _ fields: HTML
    ) -> HTML {
        let back: HTML? = cancel.map { linkButton("Cancel", href: $0, style: .quiet) }
        return """
            <form class="form" method="post" action="\(address(action))" novalidate>\(errorSummary(state))\(fields)\
            <div class="actions">\(button(submit, style: style))\(back)</div></form>
            """
    }

    /// What was refused, each line a link to its field; nothing when nothing was. `HTML.form` prints it by itself.
    package static func errorSummary(_ state: FormState) -> HTML {
        guard !state.problems.isEmpty || state.message != nil else { return .empty }
        let message: HTML? = state.message.map { "<p>\($0)</p>" }
        let lines = state.problems.html { problem in
            let field = String(problem.pointer.drop { $0 == "/" || $0 == "?" })
            return "<li><a href=\"#\(fieldID(field))\">\(problem.detail)</a></li>"
        }
        return """
            <div class="error-summary" role="alert" tabindex="-1"><h2>This was not accepted</h2>\(message)\
            <ul>\(lines)</ul></div>
            """
    }

    /// A field for one line of text.
    package static func textField(
        _ name: String, label: String, type: FieldType = .text, state: FormState = FormState(),
        default value: String = "", hint: String? = nil, required: Bool = true, autocomplete: String? = nil,
        placeholder: String? = nil
    ) -> HTML {
        let input: HTML = """
            <input type="\(type.rawValue)" \(identity(name, hint, state)) value="\(state.value(name, default: value))"\
            \(attribute("autocomplete", autocomplete))\(attribute("placeholder", placeholder))\
            \(attribute("required", if: required))>
            """
        return field(name, label, hint, state, required: required, input)
    }

    /// A password; never filled in by the server. `isNew` tells password managers to suggest one.
    package static func passwordField(
        _ name: String = "password", label: String = "Password", isNew: Bool = false, state: FormState = FormState(),
        hint: String? = nil
    ) -> HTML {
        let input: HTML = """
            <input type="password" \(identity(name, hint, state)) \
            autocomplete="\(isNew ? "new-password" : "current-password")" required>
            """
        return field(name, label, hint, state, required: true, input)
    }

    /// A field for several lines.
    package static func textArea(
        _ name: String, label: String, state: FormState = FormState(), default value: String = "",
        hint: String? = nil, required: Bool = false
    ) -> HTML {
        let input: HTML = """
            <textarea \(identity(name, hint, state))\(attribute("required", if: required))>
            \(state.value(name, default: value))</textarea>
            """
        return field(name, label, hint, state, required: required, input)
    }

    /// A closed list of answers; for up to five that need an explanation take `radios`.
    package static func select(
        _ name: String, label: String, options: [Choice], state: FormState = FormState(), default value: String = "",
        hint: String? = nil
    ) -> HTML {
        let chosen = state.value(name, default: value)
        let items = options.html { option in
            let selected = attribute("selected", if: option.value == chosen)
            return "<option value=\"\(option.value)\"\(selected)>\(option.title)</option>"
        }
        let input: HTML = "<select \(identity(name, hint, state))>\(items)</select>"
        return field(name, label, hint, state, required: true, input)
    }

    /// Answers as cards to choose one from, each with what it means.
    package static func radios(
        _ name: String, label: String, options: [Choice], state: FormState = FormState(), default value: String = "",
        hint: String? = nil
    ) -> HTML {
        let chosen = state.value(name, default: value)
        let cards = options.enumerated().html { index, option in
            card(option, name, id: index == 0 ? fieldID(name) : nil, isChosen: option.value == chosen)
        }
        return """
            <fieldset class="field"><legend>\(label)</legend>\(note(name, hint))\(complaint(name, state))\
            <div class="choices">\(cards)</div></fieldset>
            """
    }

    /// Yes or no; sent as `on` when it is ticked.
    package static func checkbox(
        _ name: String, label: String, isOn: Bool = false, state: FormState = FormState(), hint: String? = nil
    ) -> HTML {
        let isChecked = state.values.isEmpty ? isOn : state.values[name] != nil
        return """
            <div class="field"><div class="check"><input type="checkbox" value="on" \(identity(name, hint, state))\
            \(attribute("checked", if: isChecked))><label for="\(fieldID(name))">\(label)\(note(name, hint))</label>\
            </div>\(complaint(name, state))</div>
            """
    }

    /// A value that goes along unseen. Never trust it more than any other field.
    package static func hidden(_ name: String, _ value: String) -> HTML {
        "<input type=\"hidden\" name=\"\(name)\" value=\"\(value)\">"
    }
}

// The parts that all fields share.
extension HTML {
    static func fieldID(_ name: String) -> String { "field-" + name }

    private static func field(
        _ name: String, _ label: String, _ hint: String?, _ state: FormState, required: Bool, _ input: HTML
    ) -> HTML {
        let optional: HTML = required ? .empty : " <span class=\"optional\">(optional)</span>"
        return """
            <div class="field"><label for="\(fieldID(name))">\(label)\(optional)</label>\(note(name, hint))\
            \(complaint(name, state))\(input)</div>
            """
    }

    /// `id`, `name` and what a screen reader says with the field.
    private static func identity(_ name: String, _ hint: String?, _ state: FormState) -> HTML {
        let id = fieldID(name)
        let isRefused = state.problem(name) != nil
        let described = [hint == nil ? nil : id + "-hint", isRefused ? id + "-error" : nil].compactMap { $0 }
        return """
            id="\(id)" name="\(name)"\(attribute("aria-invalid", isRefused ? "true" : nil))\
            \(attribute("aria-describedby", described.isEmpty ? nil : described.joined(separator: " ")))
            """
    }

    private static func note(_ name: String, _ hint: String?) -> HTML {
        guard let hint else { return .empty }
        return "<span class=\"hint\" id=\"\(fieldID(name))-hint\">\(hint)</span>"
    }

    private static func complaint(_ name: String, _ state: FormState) -> HTML {
        guard let problem = state.problem(name) else { return .empty }
        return "<span class=\"error\" id=\"\(fieldID(name))-error\">\(problem)</span>"
    }

    private static func card(_ option: Choice, _ name: String, id: String?, isChosen: Bool) -> HTML {
        let hint: HTML? = option.hint.map { "<span class=\"hint\">\($0)</span>" }
        let price: HTML? = option.price.map { "<span class=\"price\">\($0)</span>" }
        return """
            <label class="choice"><input type="radio" name="\(name)" value="\(option.value)"\(attribute("id", id))\
            \(attribute("checked", if: isChosen))><span><b>\(option.title)</b>\(hint)</span>\(price)</label>
            """
    }
}
