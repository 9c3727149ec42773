// Fetches the public keys of other issuers: at the start, and every ten minutes.
import Core
import Identity
import Logging
import ServiceLifecycle

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
