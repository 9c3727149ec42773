// Whose address counts as the client's.
import Testing

@testable import Web

@Suite struct AddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0::1", "2001:db8::1"), ("::FFFF:192.0.2.1", "192.0.2.1"),
        ("::1", "::1"), ("0:0:0:0:0:0:0:0", "::"),
    ])
    func `RL-4 an address has one spelling`(text: String, canonical: String) {
        #expect(ClientAddress(text)?.description == canonical)
    }

    @Test(arguments: [
        "", "localhost", "127.1", "0127.0.0.1", "1.2.3.4.5", "fe80::1%eth0", "1.2.3.4 ", "[::1]", "1.2.3.256",
    ])
    func `what is no address is none`(text: String) {
        #expect(ClientAddress(text) == nil)
    }

    @Test func `an IPv6 client is its whole /64`() throws {
        let first = try #require(ClientAddress("2001:db8:1:2:aaaa::1"))
        #expect(first.network.description == "2001:db8:1:2::")
        #expect(ClientAddress("2001:db8:1:3::1")?.network != first.network)
        let four = try #require(ClientAddress("192.0.2.7"))
        #expect(four.network == four)
    }

    static let hops: [(header: String?, client: String)] = [
        (nil, "10.0.0.1"), ("203.0.113.9", "203.0.113.9"),
        // The client wrote the first; the proxies appended the rest.
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"), ("1.1.1.1, 203.0.113.9, 10.0.0.2", "203.0.113.9"),
        ("10.9.9.9, 10.0.0.2", "10.9.9.9"), ("evil, 203.0.113.9", "203.0.113.9"), ("203.0.113.9, evil", "10.0.0.1"),
        ("203.0.113.9:4711", "203.0.113.9"), ("[2001:db8::9]:4711", "2001:db8::9"), ("", "10.0.0.1"),
        ("203.0.113.9,", "10.0.0.1"), ("::ffff:203.0.113.9", "203.0.113.9"),
        ("fe80::1%eth0", "10.0.0.1"), ("203.0.113.9, fe80::1%eth0", "10.0.0.1"), ("203.0.113.9,,", "10.0.0.1"),
        ("203.0.113.9, 203.0.113.9", "203.0.113.9"), ("[2001:db8::9", "10.0.0.1"), ("unknown", "10.0.0.1"),
        (String(repeating: "203.0.113.7, ", count: 100) + "203.0.113.9", "203.0.113.9"),
        (String(repeating: "10.0.0.9, ", count: 99) + "10.0.0.9", "10.0.0.9"),
    ]

    @Test(arguments: hops)
    func `RL-2 forwarding is read from the right, past trusted proxies only`(header: String?, client: String) throws {
        let proxies = try TrustedProxies(["10.0.0.0/8", "2001:db8:f::/48"])
        let socket = try #require(ClientAddress("10.0.0.1"))
        #expect(ClientAddress.client(of: socket, forwardedFor: header, behind: proxies).description == client)
    }

    @Test func `RL-1 nobody else's forwarding header is believed`() throws {
        let socket = try #require(ClientAddress("198.51.100.1"))
        for proxies in [TrustedProxies.none, try TrustedProxies(["10.0.0.0/8"])] {
            #expect(ClientAddress.client(of: socket, forwardedFor: "203.0.113.9", behind: proxies) == socket)
        }
    }

    @Test(arguments: ["proxy.example", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "10.0.0.0/", ""])
    func `a proxy that is no address is named at start`(text: String) {
        #expect(throws: InvalidProxy(text: text)) { try TrustedProxies([text]) }
    }

    @Test func `a network ends where its length says`() throws {
        let proxies = try TrustedProxies(["192.0.2.0/25", "0.0.0.0/32"])
        let contains = { (text: String) in ClientAddress(text).map(proxies.contains) }
        #expect(contains("192.0.2.127") == true)
        #expect(contains("192.0.2.128") == false)
        #expect(contains("::c000:200") == false)
        #expect(try TrustedProxies(["0.0.0.0/0"]).contains(try #require(ClientAddress("8.8.8.8"))))
    }
}
