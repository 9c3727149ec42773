// An answer before it is put on the wire.
import Core

/// Status, headers and bytes of an answer.
package struct Response: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]
    /// A message for the page that comes next.
    var flash: String?

    package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// A JSON answer; a `Versioned` value brings its `ETag`, a `Created` one its `Location`.
    package static func json<Value: Encodable>(_ value: Value, status: Int) throws -> Response {
        if value is NoBody { return Response(status: 204) }
        var response = Response(
            status: status, headers: [("Content-Type", "application/json")], body: try JSONCoding.encode(value))
        if let versioned = value as? any Versioned { response.headers.append(("ETag", versioned.entityTag)) }
        return response
    }

    /// A page.
    package static func html(_ html: HTML, status: Int = 200) -> Response {
        Response(status: status, headers: [("Content-Type", "text/html; charset=utf-8")], body: Array(html.text.utf8))
    }

    /// 303: the browser goes on with a GET, and shows the message there.
    package static func redirect(to path: String, flash: String? = nil) -> Response {
        var response = Response(status: 303, headers: [("Location", path)])
        response.flash = flash
        return response
    }

    /// The browser goes on by itself, to another site too: after a form was sent, the content policy lets a redirect
    /// lead nowhere but here.
    package mutating func goOn(to address: String) { headers.append(("Refresh", "0; url=\(address)")) }

    package static func text(_ text: String, status: Int = 200) -> Response {
        Response(status: status, headers: [("Content-Type", "text/plain; charset=utf-8")], body: Array(text.utf8))
    }
}

/// The one way in which Swift values become JSON bytes and come back.
package enum JSONCoding {
    /// Encodes in the order of the type's fields, so that equal values have equal bytes.
    package static func encode(_ value: some Encodable) throws -> [UInt8] { try JSONWriter.encode(value) }

    package static func decode<Value: Decodable>(_ type: Value.Type, from bytes: [UInt8]) throws -> Value {
        try JSONReader.decode(type, from: try JSONParser.parse(bytes))
    }
}

extension RequestBody {
    /// Decodes a body that was already held against the schema.
    static func decode(_ raw: RawBody) throws -> Self {
        if let nothing = NoBody() as? Self { return nothing }
        do {
            return try JSONReader.decode(Self.self, from: raw.json ?? .null)
        } catch let error as DecodingError {
            throw Problem.invalid([FieldProblem(error.pointer, "format", "It does not have the expected form.")])
        }
    }
}

extension DecodingError {
    var pointer: String {
        let path: [any CodingKey] =
            switch self {
            case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
                context.codingPath
            case .keyNotFound(let key, let context): context.codingPath + [key]
            @unknown default: []
            }
        return path.map { "/" + ($0.intValue.map(String.init) ?? JSONPointer.escape($0.stringValue)) }.joined()
    }
}

/// A message for the next page, carried in a cookie that is read once.
enum Flash {
    static let cookie = HostCookie("raptorflow_flash", seconds: 60)

    static func value(of message: String) -> String { Base64URL.encode(Array(message.prefix(300).utf8)) }

    static func message(from value: String) -> String? {
        Base64URL.decode(value).flatMap { String(validating: $0, as: UTF8.self) }
    }
}
