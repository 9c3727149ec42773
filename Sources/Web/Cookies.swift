// The console's cookie.
import HTTPTypes
package import Storage

/// The cookie that carries a session token in a browser.
package enum SessionCookie {
    /// `__Host-` binds it to the host and to TLS; browsers refuse that prefix without TLS.
    static let names = ["__Host-raptorflow", "raptorflow"]

    /// The header that signs a browser in for 30 days.
    package static func set(_ token: String, origin: String) -> (name: String, value: String) {
        ("Set-Cookie", "\(name(at: origin))=\(token); Path=/; Max-Age=2592000; HttpOnly; SameSite=Lax\(secure(origin))")
    }

    /// The headers that sign a browser out: no session, no page to go back to, nothing stored.
    ///
    /// Other cookies stay: `Clear-Site-Data` would take those of every host under the same domain along, which is often
    /// the product's own, and the mark of a known device.
    package static func leave(origin: String) -> [(name: String, value: String)] {
        [
            ("Set-Cookie", "\(name(at: origin))=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax\(secure(origin))"),
            ("Clear-Site-Data", "\"cache\", \"storage\""),
        ]
    }

    /// The one name that counts. With TLS it has the prefix: a page of a neighbouring host can plant a cookie without
    /// it, and sign a browser in as somebody else by that.
    static func name(at origin: String) -> String { origin.hasPrefix("https://") ? names[0] : names[1] }
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
    package func value(in request: RequestFacts) -> String? {
        value(in: request.fields, at: request.origin)
    }

    func value(in fields: HTTPFields, at origin: String) -> String? {
        Cookies.value(of: full(at: origin), in: fields)
    }

    private func header(_ value: String, _ origin: String) -> (name: String, value: String) {
        let marks = origin.hasPrefix("https://") ? "; Secure" : ""
        return ("Set-Cookie", "\(full(at: origin))=\(value); Path=/; HttpOnly; SameSite=Lax\(marks)")
    }

    /// The name with the prefix that TLS allows; then no other name counts.
    private func full(at origin: String) -> String { (origin.hasPrefix("https://") ? "__Host-" : "") + name }
}

/// How browsers from which somebody signed in before are known by their cookie.
package struct KnownBrowsers: Sendable {
    let cookie: HostCookie
    let isKnown: @Sendable (_ cookie: String, any Transaction) throws -> Bool

    package init(cookie: HostCookie, isKnown: @escaping @Sendable (_ cookie: String, any Transaction) throws -> Bool) {
        self.cookie = cookie
        self.isKnown = isKnown
    }
}

enum Cookies {
    /// The value of the cookie of that name that the request carries, at most 1 KiB.
    static func value(of name: String, in fields: HTTPFields) -> String? {
        for header in fields[values: .cookie] {
            for pair in header.split(separator: ";") {
                let parts = pair.split(separator: "=", maxSplits: 1)
                guard parts.count == 2, parts[1].utf8.count <= 1024 else { continue }
                if parts[0].drop(while: { $0 == " " }) == name { return String(parts[1]) }
            }
        }
        return nil
    }
}
