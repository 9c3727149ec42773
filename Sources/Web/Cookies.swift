// The console's cookie.
import HTTPTypes

/// The cookie that carries a session token in a browser.
package enum SessionCookie {
    /// `__Host-` binds it to the host and to TLS; browsers refuse that prefix without TLS.
    static let names = ["__Host-raptorflow", "raptorflow"]

    /// The header that signs a browser in for 30 days.
    package static func set(_ token: String, origin: String) -> (name: String, value: String) {
        ("Set-Cookie", "\(prefix(origin))=\(token); Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax\(secure(origin))")
    }

    /// The header that signs a browser out.
    package static func clear(origin: String) -> (name: String, value: String) {
        ("Set-Cookie", "\(prefix(origin))=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\(secure(origin))")
    }

    private static func prefix(_ origin: String) -> String { origin.hasPrefix("https://") ? names[0] : names[1] }
    private static func secure(_ origin: String) -> String { origin.hasPrefix("https://") ? "; Secure" : "" }
}

/// Another cookie of the console: only this host reads it, and no script does.
package struct HostCookie: Sendable {
    let name: String
    let seconds: Int

    package init(_ name: String, seconds: Int) {
        self.name = name
        self.seconds = seconds
    }

    /// The header that sets it.
    package func set(_ value: String, origin: String) -> (name: String, value: String) {
        header("\(value); Max-Age=\(seconds)", origin)
    }

    /// The header that removes it.
    package func clear(origin: String) -> (name: String, value: String) { header("; Max-Age=0", origin) }

    /// What the request carries; nil when there is none.
    package func value(in request: RequestFacts) -> String? { value(in: request.fields) }

    func value(in fields: HTTPFields) -> String? { Cookies.value(of: ["__Host-" + name, name], in: fields) }

    private func header(_ value: String, _ origin: String) -> (name: String, value: String) {
        let isSecure = origin.hasPrefix("https://")
        let marks = isSecure ? "; Secure" : ""
        return ("Set-Cookie", "\(isSecure ? "__Host-" : "")\(name)=\(value); Path=/; HttpOnly; SameSite=Lax\(marks)")
    }
}

enum Cookies {
    /// The value of the first of the names that the request carries, at most 1 KiB.
    static func value(of names: [String], in fields: HTTPFields) -> String? {
        for header in fields[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[1].utf8.count <= 1024 else { continue }
                if names.contains(String(parts[0].drop(while: { $0 == " " }))) { return String(parts[1]) }
            }
        }
        return nil
    }
}
