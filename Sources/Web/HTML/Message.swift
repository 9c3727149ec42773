// Messages: the flash after a redirect, notices inside a page, the secret that is shown once.

/// A short text with a tone, for the page after a redirect.
///
///     return .redirect(to: path, flash: Message("The payment failed.", .bad).flash)
package struct Message: Sendable, Equatable {
    package let text: String
    package let tone: Tone

    package init(_ text: String, _ tone: Tone = .good) {
        self.text = text
        self.tone = tone
    }

    /// Reads what `flash` wrote; a text without a tone is good news.
    package init(flash: String) {
        let parts = flash.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, let tone = Tone(rawValue: String(parts[0])) {
            self.init(String(parts[1]), tone)
        } else {
            self.init(flash)
        }
    }

    /// The form in which a redirect carries the message.
    package var flash: String { "\(tone.rawValue)|\(text)" }
}

extension HTML {
    /// A notice in the page: what happened or what to know, with a link or button if something can be done.
    package static func notice(_ text: HTML, _ tone: Tone = .info, action: HTML? = nil) -> HTML {
        let role = tone == .bad ? "alert" : "status"
        return "<div class=\"flash \(tone.rawValue)\" role=\"\(role)\"><span>\(text)</span>\(action)</div>"
    }

    static func notice(_ message: Message) -> HTML { notice("\(message.text)", message.tone) }

    /// A secret at the only moment at which it is known.
    package static func secret(label: String, value: String, note: String) -> HTML {
        """
        <div class="secret" role="status"><b>\(label)</b><span class="copyable"><code>\(value)</code>\
        \(copyButton(name: "Copy \(label)", text: "Copy"))</span><p>\(note)</p></div>
        """
    }

    /// Program text in a frame with a button that copies it.
    package static func codeBlock(_ text: String, label: String) -> HTML {
        """
        <figure class="code"><figcaption>\(label)\(copyButton(name: "Copy \(label)", text: "Copy"))</figcaption>\
        <pre tabindex="0" aria-label="\(label)"><code>\(text)</code></pre></figure>
        """
    }
}
