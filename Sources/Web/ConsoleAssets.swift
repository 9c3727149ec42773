// The console's files: served under names that change with their content, so that browsers keep them for ever.
package import Core
import Crypto

/// The style sheet, scripts and icon, with the endpoints that serve them.
package struct ConsoleAssets: Sendable {
    package let assets: Assets
    package let endpoints: [Endpoint]

    /// Takes the files from the program, or from a folder while designing pages.
    package init(resources: Resources) {
        var endpoints: [Endpoint] = []
        func publish(_ name: String, _ type: String) -> String {
            let bytes = resources.bytes("console/\(name)") ?? []
            let digest = Hex.encode(Array(SHA256.hash(data: bytes).prefix(6)))
            let hashed = "/assets/\(digest)-\(name)"
            endpoints.append(Self.file(hashed, type, cache: "public, max-age=31536000, immutable") { bytes })
            // The plain name is for pages that are shown when nothing else works; it is read anew each time.
            endpoints.append(
                Self.file("/assets/\(name)", type, cache: "no-cache") { resources.bytes("console/\(name)") ?? bytes })
            return hashed
        }
        assets = Assets(
            css: publish("app.css", "text/css; charset=utf-8"), js: publish("app.js", "text/javascript; charset=utf-8"),
            theme: publish("theme.js", "text/javascript; charset=utf-8"), icon: publish("favicon.svg", "image/svg+xml"))
        // Only pages with a passkey form load it, by its plain name.
        _ = publish("passkeys.js", "text/javascript; charset=utf-8")
        // Only the page with Stripe's form loads it.
        _ = publish("stripe.js", "text/javascript; charset=utf-8")
        self.endpoints = endpoints
    }

    private static func file(
        _ path: String, _ type: String, cache: String, _ bytes: @escaping @Sendable () -> [UInt8]
    ) -> Endpoint {
        Endpoint(
            method: "GET", path: path, id: "asset", summary: "A file of the console", tag: "console", access: .anyone,
            query: [], body: nil, output: .page, problems: [],
            work: .act { _ in
                Response(status: 200, headers: [("Content-Type", type), ("Cache-Control", cache)], body: bytes())
            })
    }
}
