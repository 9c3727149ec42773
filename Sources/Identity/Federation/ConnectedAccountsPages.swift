// The account's page of connected identities.
import Core
import Storage
import Web

extension Identity {
    static let connectedPath = "/account/connected"

    func addConnected(to pages: inout Pages) {
        pages.page(Self.connectedPath, "connectedPage", allow: .signedIn) { call, tx in
            guard call.isFresh(at: tx.now) else {
                return try confirmPage(call, FormState(), next: Self.connectedPath, in: tx)
            }
            return try connectedPage(of: try call.user(), in: tx)
        }
        pages.action("\(Self.connectedPath)/{identity}/disconnect", "disconnectPage", allow: .signedIn) { call, tx in
            try call.requireFresh(at: tx.now)
            try disconnect(try call.id("identity"), of: try call.user(), in: tx)
            return .redirect(to: Self.connectedPath, flash: "It signs you in no longer.")
        }
    }

    private func connectedPage(of user: UserID, in tx: any Transaction) throws -> PageView {
        let identities = try Self.identities(of: user, in: tx)
        let rows = identities.map { identity -> [HTML] in
            let title = federation.provider(of: identity.issuer)?.title ?? identity.issuer
            let end = HTML.confirm(
                id: "disconnect-\(identity.id)", button: "Disconnect", title: "Disconnect \(title)?",
                text: "\(title) signs you in to this account no longer. Nothing changes at \(title).",
                action: "\(Self.connectedPath)/\(identity.id)/disconnect", size: .small)
            return ["\(title)", "\(identity.email ?? "—")", HTML.time(identity.createdAt), end]
        }
        let table: HTML =
            rows.isEmpty
            ? HTML.emptyState(
                "Nothing is connected", "What you connect here signs you in, beside your password.")
            : HTML.table(
                "Connected accounts", columns: ["Account", "E-mail", .date("Connected"), .actions], rows: rows)
        let open = federation.providers.filter { provider in !identities.contains { provider.knows($0.issuer) } }
        let buttons = Self.providerButtons("Connect", open, fields: [("purpose", "connect")])
        return Self.accountPage("Connected accounts", "Connected accounts", "\(table)\(buttons)")
    }

    /// The buttons with which a person who is connected confirms that it is them.
    func confirmButtons(of user: UserID, next: String, in tx: any Transaction) throws -> HTML {
        let identities = try Self.identities(of: user, in: tx)
        let providers = federation.providers.filter { provider in
            provider.confirmsAnew && identities.contains { provider.knows($0.issuer) }
        }
        return Self.providerButtons("Confirm with", providers, fields: [("purpose", "confirm"), ("next", next)])
    }
}
