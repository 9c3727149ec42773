// The public halves of the keys that access tokens are signed with.
import Core
import Tokens
import Web

extension Identity {
    /// Adds the key set, which verifiers may keep for as long as a new key waits.
    func addKeySet(to routes: inout Routes) {
        let age = SigningKeys.cacheAge.count / 1000
        routes.add(
            Endpoint(
                method: "GET", path: "/.well-known/jwks.json", id: "getKeySet",
                summary: "Read the public keys that access tokens are signed with", tag: "auth", access: .anyone,
                output: .json(Schema.of(PublicKeySet.self), status: 200),
                work: .read { _, tx in
                    var response = try Response.json(try SigningKeys.published(in: tx), status: 200)
                    response.headers.append(("Cache-Control", "public, max-age=\(age)"))
                    return response
                }))
    }
}
