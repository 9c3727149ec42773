// One call to a payment provider over HTTP, the same for every adapter.
import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Web

enum ProviderCall {
    /// The status and the document of an answer; nil for one that is no JSON. At most `limit` bytes
    /// are read. Whatever keeps an answer from coming
    /// within 20 seconds leaves open whether the call did its work: `ProviderError.unknown`.
    static func send(
        _ request: HTTPClientRequest, by client: HTTPClient, limit: Int
    ) async throws(ProviderError) -> (status: Int, json: JSONValue?) {
        do {
            let response = try await client.execute(request, timeout: .seconds(20))
            let bytes = try await response.body.collect(upTo: limit)
            return (Int(response.status.code), try? JSONParser.parse(Array(bytes.readableBytesView)))
        } catch {
            throw .unknown(String(describing: type(of: error)))
        }
    }
}
