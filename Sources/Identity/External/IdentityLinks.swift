// What people do with their identities elsewhere: see, link, unlink.
package import Core
package import Storage
import Tokens
package import Web

/// A token of another issuer, shown to link its person with the account that is signed in.
struct LinkIdentityRequest: RequestBody {
    let token: String

    static let rules: [String: Rule] = [
        "token": .all([.length(1...CompactToken.limit), .note("A token of one of the configured issuers.")])
    ]
}

extension Identity {
    /// How many identities an account may have.
    static let identityLimit = 20

    /// How other issuers and providers know somebody, newest first. Scope: instance.
    package static func identities(of user: UserID, in tx: any Transaction) throws -> [ExternalIdentity] {
        try IdentitiesStore.all(of: user, limit: identityLimit, in: tx)
    }

    func addIdentities(to routes: inout Routes) {
        routes.get(
            "/v1/me/identities", "listMyIdentities", "List how other issuers know you, newest first", tag: "me",
            allow: .signedIn, returns: Page<ExternalIdentity>.self
        ) { call, tx in
            Page(data: try Self.identities(of: try call.user(), in: tx), nextCursor: nil)
        }
        routes.act(
            "/v1/me/identities", "linkMyIdentity", "Let another issuer's token sign you in", tag: "me",
            allow: .signedIn, body: LinkIdentityRequest.self, returns: ExternalIdentity.self, status: 201,
            problems: ["session_required", "step_up_required", "identity_taken", "limit_reached"]
        ) { call in
            let user = try call.sessionUser()
            try call.requireFresh(at: database.clock.now)
            guard let token = try? CompactToken(call.body.token), let person = try? await verified(token) else {
                throw Problem.invalid([FieldProblem("/token", "token", "It is no valid token of a known issuer.")])
            }
            return try await database.write(in: .instance, by: call.actor) { tx in
                let claims = person.claims
                try Self.requireRoom(for: claims.issuer, claims.subject, of: user, in: tx)
                return try Self.link(person, to: user, in: tx)
            }
        }
        routes.delete(
            "/v1/me/identities/{identity}", "unlinkMyIdentity", "Stop another issuer's tokens from signing you in",
            tag: "me", allow: .signedIn, problems: ["step_up_required", "last_way_in"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            try disconnect(try call.id("identity"), of: try call.user(), in: tx)
        }
    }
}

extension Call {
    /// The user of a session opened here; throws 403 for other credentials, which must not make new ones.
    package func sessionUser() throws -> UserID {
        guard sessionID != nil, let user = principal?.user else {
            throw Problem("session_required", status: 403, "This is for people who signed in here with a session.")
        }
        return user
    }
}
