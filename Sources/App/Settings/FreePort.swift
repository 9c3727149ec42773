// Finds a free port for `--port 0`, before links are made with it.
import Glibc

extension Settings {
    /// Replaces port 0 by a free one, in the public address as well when it follows from the port.
    mutating func takeFreePort() throws {
        guard port == 0 else { return }
        let derived = Self.localURL(host: host, port: 0, isSecure: tls != nil)
        port = try Self.freePort()
        if publicURL == derived { publicURL = Self.localURL(host: host, port: port, isSecure: tls != nil) }
    }

    /// A port of 127.0.0.1 that nobody listens on at this moment.
    static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw CommandFailed("No free port was found.") }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let isBound = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 && getsockname(descriptor, $0, &size) == 0
            }
        }
        guard isBound else { throw CommandFailed("No free port was found.") }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
