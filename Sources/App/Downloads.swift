// What is fetched from issuers and providers: small, soon, and from the address that was meant.
import AsyncHTTPClient
import Core
import Identity
import NIOCore
import NIOHTTP1
import Tokens

/// Downloads a key set over HTTP.
enum KeyDownload {
    /// - Parameter client: one that follows no redirects.
    static func fetching(_ client: HTTPClient, patience: Duration = .seconds(5)) -> KeyFetching {
        { address in
            var request = HTTPClientRequest(url: address)
            request.headers.add(name: "Accept", value: "application/json")
            let (status, body) = try await Download.send(request, with: client, patience: patience)
            guard status == 200 else { throw Download.Failed() }
            return body
        }
    }
}

/// Talks to a provider over HTTP.
enum ProviderExchange {
    /// - Parameter client: one that follows no redirects.
    static func fetching(_ client: HTTPClient, patience: Duration = .seconds(8)) -> ProviderFetching {
        { wanted in
            var request = HTTPClientRequest(url: wanted.address)
            for header in wanted.headers { request.headers.add(name: header.name, value: header.value) }
            if let body = wanted.body {
                request.method = .POST
                request.body = .bytes(body)
            }
            let (status, body) = try await Download.send(request, with: client, patience: patience)
            return ProviderAnswer(status: status, body: body)
        }
    }
}

/// One request with an end in time and size.
private enum Download {
    /// Why a download gave nothing.
    struct Failed: Error {}

    static func send(
        _ request: HTTPClientRequest, with client: HTTPClient, patience: Duration
    ) async throws -> (status: Int, body: [UInt8]) {
        try await withThrowingTaskGroup(of: (status: Int, body: [UInt8])?.self) { group in
            group.addTask {
                let response = try await client.execute(request, timeout: .seconds(10))
                let body = try await response.body.collect(upTo: KeySet.sizeLimit)
                return (Int(response.status.code), Array(body.readableBytesView))
            }
            group.addTask {
                try await Task.sleep(for: patience)
                return nil
            }
            defer { group.cancelAll() }
            guard let answer = try await group.next() ?? nil else { throw Failed() }
            return answer
        }
    }
}
