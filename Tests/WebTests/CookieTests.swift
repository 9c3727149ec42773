// The cookies that the console sets beside the session's.
import Testing

@testable import Web

@Suite struct CookieTests {
    @Test func `SES-10 the message for the next page is bound to the host and TLS as the session is`() {
        let set = Flash.cookie.set(Flash.value(of: "Saved."), origin: "https://app.example.com").value
        #expect(set.hasPrefix("__Host-raptorflow_flash="))
        for mark in ["Path=/", "HttpOnly", "SameSite=Lax", "Secure", "Max-Age=60"] { #expect(set.contains(mark)) }
        #expect(!set.contains("Domain"))
        let value = set.dropFirst("__Host-raptorflow_flash=".count).prefix { $0 != ";" }
        #expect(Flash.message(from: String(value)) == "Saved.")
    }
}
