// An answer as the bytes of HTTP/1.1 (RFC 9112 section 4).
import HTTPTypes
import NIOCore

extension Response {
    /// Status line, fields and body in one buffer, so that they leave in one call; a HEAD gets the same head and no
    /// body. The length is always known, so nothing is ever sent in chunks.
    func http1(isHead: Bool, closes: Bool, allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: 512 + (isHead ? 0 : body.count))
        buffer.writeStaticString("HTTP/1.1 ")
        buffer.writeString("\(status) \(HTTPResponse.Status(code: status).reasonPhrase)\r\n")
        for header in headers where header.name != "Connection" { buffer.writeField(header.name, header.value) }
        buffer.writeField("Date", HTTPDate.now)
        if mayHaveBody { buffer.writeField("Content-Length", String(body.count)) }
        if closes { buffer.writeField("Connection", "close") }
        buffer.writeStaticString("\r\n")
        if !isHead { buffer.writeBytes(body) }
        return buffer
    }

    /// Whether the handler asked for the connection's end.
    var closesConnection: Bool { headers.contains { $0.name == "Connection" && $0.value == "close" } }
}

extension ByteBuffer {
    /// One field. No value may end its line (RFC 9110 section 5.5): control characters become blanks.
    fileprivate mutating func writeField(_ name: String, _ value: String) {
        writeString(name)
        writeStaticString(": ")
        let isControl = { (byte: UInt8) in (byte < 32 && byte != 9) || byte == 127 }
        var value = value
        if value.withUTF8({ $0.contains(where: isControl) }) {
            writeBytes(value.utf8.map { isControl($0) ? 32 : $0 })
        } else {
            writeString(value)
        }
        writeStaticString("\r\n")
    }
}
