// Which passwords may be chosen (NIST SP 800-63B-4, 3.1.1.2): long ones, that say nothing about their owner.
import Core

/// The rules for a new password. There are none on which kinds of characters it has, and it never expires.
enum PasswordPolicy {
    /// Unicode code points.
    static let length = 12...256

    /// Throws `validation_failed` at the pointer when the password may not be chosen.
    ///
    /// - Parameter context: names that somebody who guesses would try here: the organisation's, for one.
    static func check(
        _ password: String, email: String, name: String, context: [String] = [], at pointer: String = "/password"
    ) throws(Problem) {
        var validation = Validation()
        let count = password.unicodeScalars.count
        validation.require(
            count >= length.lowerBound, pointer, "too_short",
            "A password needs at least \(length.lowerBound) characters. Four words in a row make a good one.")
        validation.require(
            count <= length.upperBound && password.utf8.count <= 1024, pointer, "too_long",
            "A password has at most \(length.upperBound) characters.")
        try validation.check()
        let folded = password.lowercased()
        let names = Self.names(email: email.lowercased(), name: name.lowercased(), context)
        let isAbout = isAbout(folded, names, email: email.lowercased())
        validation.require(
            !isAbout, pointer, "too_easy",
            "This password is made of your e-mail address or a name. Choose something that nobody can look up.")
        validation.require(
            isAbout || !isWellKnown(folded, names), pointer, "too_easy",
            "This password is among the first that somebody would try. Choose another one.")
        try validation.check()
    }

    /// The letters of what belongs to a person and a place: address, its parts, names, the product.
    private static func names(email: String, name: String, _ context: [String]) -> Set<String> {
        let parts = email.split(separator: "@").map(String.init)
        let domain = parts.last?.split(separator: ".").first.map(String.init) ?? ""
        let words = [email, parts.first ?? "", domain, name, "raptorflow"] + context.map { $0.lowercased() }
        let single = words.flatMap { $0.split(whereSeparator: { !$0.isLetter }).map(String.init) }
        return Set((words.map { $0.filter(\.isLetter) } + single).filter { $0.count >= 3 })
    }

    /// Whether a password is a name, with nothing but digits and signs around and within it.
    private static func isAbout(_ password: String, _ names: Set<String>, email: String) -> Bool {
        names.contains(password.filter(\.isLetter)) || names.contains(plain(password).filter(\.isLetter))
            || password == email
    }

    /// Whether it is one character, a row of the keyboard or alphabet, a repetition, a listed password, or one or two
    /// listed words or names with digits and signs around them.
    private static func isWellKnown(_ password: String, _ names: Set<String>) -> Bool {
        if Set(password).count <= 3 { return true }
        let rows = [
            "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "01234567890123456789", "98765432109876543210",
        ]
        if rows.contains(where: { $0.contains(password) }) { return true }
        let bytes = Array(password.utf8)
        for period in 1...6 where bytes.count >= 2 * period {
            if bytes.indices.dropFirst(period).allSatisfy({ bytes[$0] == bytes[$0 - period] }) { return true }
        }
        return [password, plain(password)].contains { text in
            [text, trimmed(text), text.filter(\.isLetter)].contains { isBuilt($0, names) }
        }
    }

    /// Whether a text is a listed word or a name, two of them, or one several times.
    private static func isBuilt(_ text: String, _ names: Set<String>) -> Bool {
        let characters = Array(text)
        guard (4...64).contains(characters.count) else { return false }
        func isWord(_ part: ArraySlice<Character>) -> Bool {
            let word = String(part)
            return names.contains(word) || (part.count >= 4 && WordFilter.common.contains(word))
        }
        if isWord(characters[...]) { return true }
        for cut in 3...characters.count - 1 {
            let first = characters[..<cut]
            guard isWord(first) else { continue }
            if isWord(characters[cut...]) { return true }
            if characters.indices.dropFirst(cut).allSatisfy({ characters[$0] == characters[$0 - cut] }) { return true }
        }
        return false
    }

    /// Without digits and signs around it.
    private static func trimmed(_ text: String) -> String {
        String(text.drop { !$0.isLetter }.reversed().drop { !$0.isLetter }.reversed())
    }

    /// With the letters in place that digits and signs are often put for.
    private static func plain(_ text: String) -> String {
        let letters: [Character: Character] = [
            "@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t",
        ]
        return String(text.map { letters[$0] ?? $0 })
    }
}
