// Which passwords may be chosen (NIST SP 800-63B-4, 3.1.1.2): long ones, that say nothing about their owner.
import Core

/// The rules for a new password. There are none on which kinds of characters it has, and it never expires.
enum PasswordPolicy {
    /// Unicode code points.
    static let length = 12...256

    /// Throws `validation_failed` at the pointer when the password may not be chosen.
    static func check(
        _ password: String, email: String, name: String, at pointer: String = "/password"
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
        validation.require(
            !isAbout(folded, email: email.lowercased(), name: name.lowercased()), pointer, "too_easy",
            "This password is made of your e-mail address or name. Choose something that nobody can look up.")
        validation.require(
            !isWellKnown(folded), pointer, "too_easy",
            "This password is among the first that somebody would try. Choose another one.")
        try validation.check()
    }

    /// Whether a password is an e-mail address, its parts or a name, with nothing but digits and signs around them.
    private static func isAbout(_ password: String, email: String, name: String) -> Bool {
        let core = password.filter(\.isLetter)
        let local = email.split(separator: "@").first.map(String.init) ?? ""
        let words = [email, local, email.filter { $0 != "@" }, name]
        return words.map { $0.filter(\.isLetter) }.contains { !$0.isEmpty && core == $0 } || password == email
    }

    /// Whether it is one character, a row of the keyboard or alphabet, a repetition, or a listed word with digits and
    /// signs around it.
    private static func isWellKnown(_ password: String) -> Bool {
        if Set(password).count <= 3 { return true }
        let rows = [
            "abcdefghijklmnopqrstuvwxyz", "qwertyuiopasdfghjklzxcvbnm", "01234567890123456789", "98765432109876543210",
        ]
        if rows.contains(where: { $0.contains(password) }) { return true }
        for period in 1...6 where password.utf8.count >= 2 * period {
            let bytes = Array(password.utf8)
            if bytes.indices.dropFirst(period).allSatisfy({ bytes[$0] == bytes[$0 - period] }) { return true }
        }
        return words.contains(password.filter(\.isLetter))
    }

    private static let words: Set<String> = [
        "password", "passwort", "passwordpassword", "mypassword", "yourpassword", "newpassword", "thepassword",
        "letmein", "letmeinplease", "welcome", "welcometo", "administrator", "admin", "adminadmin", "changeme",
        "changemenow", "changethis", "secret", "topsecret", "supersecret", "qwerty", "qwertyuiop", "qwertyqwerty",
        "iloveyou", "iloveyousomuch", "trustno", "sunshine", "princess", "football", "baseball", "monkey", "dragon",
        "master", "superman", "batman", "test", "testtest", "testing", "default", "guest", "root", "toor", "login",
        "correcthorsebatterystaple", "raptorflow", "abc", "pass", "user", "temp", "temporary",
    ]
}
