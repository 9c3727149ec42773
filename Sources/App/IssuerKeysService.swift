// Fetches the public keys of other issuers: at the start, and every ten minutes.
import AsyncHTTPClient
import Core
import Identity
import Logging
import NIOCore
import NIOHTTP1
import ServiceLifecycle
import Tokens

/// Keeps the key sets fresh, so that requests seldom wait for one and removed keys stop working.
struct IssuerKeysService: Service {
    let external: ExternalTokens
    let clock: Core.Clock
    let logger: Logger

    /// Well within the hour that a set is good for, so that one failure does no harm.
    private static let pause = Duration.seconds(600)

    func run() async throws {
        try? await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                await external.refresh(at: clock.now)
                report()
                try await Task.sleep(for: Self.pause)
            }
        }
    }

    private func report() {
        for keys in external.all {
            let summary = keys.summary
            let metadata: Logger.Metadata = [
                "issuer": "\(keys.issuer.name)", "keys": "\(summary.known)", "dropped": "\(summary.dropped)",
            ]
            if summary.known == 0, keys.issuer.secret == nil {
                logger.warning("No key of an issuer is known: its tokens are refused", metadata: metadata)
            } else {
                logger.debug("An issuer's keys are known", metadata: metadata)
            }
        }
    }
}

/// Downloads a key set over HTTP.
enum KeyDownload {
    /// Why a download gave nothing.
    struct Failed: Error {}

    /// - Parameter client: one that follows no redirects.
    static func fetching(_ client: HTTPClient, patience: Duration = .seconds(5)) -> KeyFetching {
        { address in
            try await withThrowingTaskGroup(of: [UInt8]?.self) { group in
                group.addTask { try await download(address, client) }
                group.addTask {
                    try await Task.sleep(for: patience)
                    return nil
                }
                defer { group.cancelAll() }
                guard let document = try await group.next() ?? nil else { throw Failed() }
                return document
            }
        }
    }

    private static func download(_ address: String, _ client: HTTPClient) async throws -> [UInt8] {
        var request = HTTPClientRequest(url: address)
        request.headers.add(name: "Accept", value: "application/json")
        let response = try await client.execute(request, timeout: .seconds(10))
        guard response.status == .ok else { throw Failed() }
        let body = try await response.body.collect(upTo: KeySet.sizeLimit)
        return Array(body.readableBytesView)
    }
}
