// What the HTTP server is told: where it listens, its certificate, and how much it takes from anybody.
package import Core

/// Where and how the server listens.
package struct ServerOptions: Sendable {
    /// A name or address of this machine; `0.0.0.0` or `::` for all of them.
    package var host = "127.0.0.1"
    /// 0 to 65535; 0 takes any free port.
    package var port = 8090
    /// With a certificate the server speaks TLS, and HTTP/2 to who asks for it; without one, plain HTTP/1.1.
    package var certificate: CertificateFiles?
    package var limits = ConnectionLimits()
    /// Proxies in front: their connections are not counted per address.
    package var trustedProxies = TrustedProxies.none

    package init() {}
}

/// A certificate on disk, in PEM.
package struct CertificateFiles: Sendable {
    /// The chain, our own certificate first.
    package let chain: String
    package let key: String

    package init(chain: String, key: String) {
        self.chain = chain
        self.key = key
    }
}

/// What one connection, one address and all together may take. Every bound is closed by default.
package struct ConnectionLimits: Sendable {
    /// From the first byte of a request to the last of its headers.
    package var headTime = Milliseconds.seconds(10)
    /// From the connection's start to the end of the TLS handshake.
    package var handshakeTime = Milliseconds.seconds(10)
    /// How long a connection may stay open between requests.
    package var idleTime = Milliseconds.seconds(75)
    /// After this much time a body has to have come at `bodyRate`, counted from its start.
    package var bodyGrace = Milliseconds.seconds(10)
    /// Bytes a second that a client has to send of a body, on the average of the whole, and to take of an answer.
    package var bodyRate = 1024
    /// The longest a body may take, however fast it comes.
    package var bodyTime = Milliseconds.minutes(5)
    /// How long a client may take less than `bodyRate` of an answer that waits for it.
    package var stallTime = Milliseconds.seconds(30)
    /// How long the client may go on sending after the last answer of a connection, so that it can read that answer.
    package var lingerTime = Milliseconds.seconds(2)
    /// How long requests that are running may take to finish when the server stops.
    package var stopTime = Milliseconds.seconds(30)
    /// Request line and headers together, in bytes.
    package var headBytes = 16_384
    /// Header fields of one request.
    package var headFields = 100
    /// Connections open at once; further ones wait in the system's queue.
    package var connections = 4096
    /// Connections open at once from one IPv4 address or one IPv6 /64; further ones are closed at once.
    package var connectionsPerAddress = 256

    package init() {}
}
