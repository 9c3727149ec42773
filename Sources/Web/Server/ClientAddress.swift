// Who is at the other end: one spelling per address, and forwarding headers only from proxies that are trusted.
package import NIOCore

#if canImport(Glibc)
    import Glibc
#endif

/// An IP address in its canonical spelling (RFC 5952), so that one client has one name.
package struct ClientAddress: Hashable, Sendable, CustomStringConvertible {
    /// The address as a number; IPv4 takes the lower 32 bits.
    let bits: UInt128
    let isIPv4: Bool

    /// Reads an IPv4 or IPv6 address; nil for anything else, such as names, zones, or octal and short forms of IPv4.
    package init?(_ text: String) {
        guard text.utf8.count <= 45 else { return nil }
        var four: UInt32 = 0
        var six: UInt128 = 0
        if inet_pton(AF_INET, text, &four) == 1 {
            self.init(bits: UInt128(UInt32(bigEndian: four)), isIPv4: true)
        } else if inet_pton(AF_INET6, text, &six) == 1 {
            self.init(six: UInt128(bigEndian: six))
        } else {
            return nil
        }
    }

    private init(bits: UInt128, isIPv4: Bool) {
        self.bits = bits
        self.isIPv4 = isIPv4
    }

    /// An IPv4 address that is written as IPv6 (`::ffff:192.0.2.1`) is the IPv4 address.
    private init(six: UInt128) {
        let isIPv4 = six >> 32 == 0xFFFF
        self.init(bits: isIPv4 ? six & 0xFFFF_FFFF : six, isIPv4: isIPv4)
    }

    /// The address of a socket's other end; nil for sockets without one.
    package init?(_ socket: SocketAddress?) {
        guard let text = socket?.ipAddress else { return nil }
        self.init(text)
    }

    package var description: String {
        var buffer = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
        if isIPv4 {
            var four = UInt32(truncatingIfNeeded: bits).bigEndian
            inet_ntop(AF_INET, &four, &buffer, socklen_t(INET6_ADDRSTRLEN))
        } else {
            var six = bits.bigEndian
            inet_ntop(AF_INET6, &six, &buffer, socklen_t(INET6_ADDRSTRLEN))
        }
        return String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// What limits count: the address, of IPv6 its /64, because a single client is handed that many.
    package var network: ClientAddress { isIPv4 ? self : ClientAddress(six: (bits >> 64) << 64) }

    /// The /48 of an IPv6 address, which has 65,536 of those networks; nil for IPv4.
    package var site: ClientAddress? { isIPv4 ? nil : ClientAddress(six: (bits >> 80) << 80) }

    /// The client behind a connection.
    ///
    /// `X-Forwarded-For` is read from the right, past every trusted proxy: what stands further left was written by
    /// the client itself. A hop that is no address ends the reading at the proxy that reported it.
    package static func client(
        of socket: ClientAddress, forwardedFor header: String?, behind proxies: TrustedProxies
    ) -> ClientAddress {
        guard let header, proxies.contains(socket) else { return socket }
        var client = socket
        for hop in header.split(separator: ",", omittingEmptySubsequences: false).reversed() {
            guard let address = ClientAddress(hop: hop) else { break }
            client = address
            guard proxies.contains(address) else { break }
        }
        return client
    }

    /// A hop may be written with blanks around it, in brackets, and with a port.
    private init?(hop: Substring) {
        var text = hop.drop(while: { $0 == " " || $0 == "\t" })
        while let last = text.last, last == " " || last == "\t" { text.removeLast() }
        if text.first == "[", let end = text.firstIndex(of: "]") {
            text = text[text.index(after: text.startIndex)..<end]
        } else if text.contains("."), let colon = text.lastIndex(of: ":"), !text[..<colon].contains(":") {
            text = text[..<colon]
        }
        self.init(String(text))
    }
}

/// The proxies whose forwarding headers are believed: addresses and networks.
package struct TrustedProxies: Sendable, Hashable {
    private let networks: [AddressRange]

    /// Nobody: the address of the socket is the client's.
    package static let none = TrustedProxies(networks: [])

    private init(networks: [AddressRange]) { self.networks = networks }

    /// Reads addresses and networks such as `10.0.0.0/8` or `fd00::/8`; throws what is neither.
    package init(_ texts: [String]) throws(InvalidProxy) {
        var networks: [AddressRange] = []
        for text in texts {
            guard let network = AddressRange(text) else { throw InvalidProxy(text: text) }
            networks.append(network)
        }
        self.networks = networks
    }

    package func contains(_ address: ClientAddress) -> Bool { networks.contains { $0.contains(address) } }
}

/// A trusted proxy that is no address.
package struct InvalidProxy: Error, Equatable, CustomStringConvertible {
    package let text: String

    package var description: String {
        "\"\(text)\" is no address or network of a proxy; write it like 10.0.0.7 or 10.0.0.0/8."
    }
}
