// A network, or a single address: what proxies and keys are limited to.

/// Addresses that begin with the same bits (RFC 4632, RFC 4291): `10.0.0.0/8`, `2001:db8::/32`, or one address.
package struct AddressRange: Sendable, Hashable, CustomStringConvertible {
    private let address: ClientAddress
    /// How many leading bits count.
    private let length: Int

    /// Reads an address, or one with a length behind a slash; nil for anything else.
    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard (1...2).contains(parts.count), let address = ClientAddress(String(parts[0])) else { return nil }
        let width = address.isIPv4 ? 32 : 128
        guard let length = parts.count == 2 ? Int(parts[1]) : width, (0...width).contains(length) else { return nil }
        self.address = address
        self.length = length
    }

    package func contains(_ other: ClientAddress) -> Bool {
        guard address.isIPv4 == other.isIPv4 else { return false }
        let width = address.isIPv4 ? 32 : 128
        return (address.bits ^ other.bits) >> UInt128(width - length) == 0
    }

    /// As it was written; a single address without a length.
    package var description: String {
        length == (address.isIPv4 ? 32 : 128) ? address.description : "\(address)/\(length)"
    }
}
