// Passkeys over HTTP. Their own words (`publicKey`, `rpId`, …) are WebAuthn's, so that programs hand them through.
import Core
import Storage
import Web

struct PasskeyRequest: RequestBody {
    let credential: JSONValue

    static let rules: [String: Rule] = ["credential": credentialRule]
    static let limit = 65_536
    static let credentialRule = Rule.note("What `PublicKeyCredential.toJSON()` gives: WebAuthn Level 3 section 5.1.2.")
}

struct AddPasskeyRequest: RequestBody {
    let name: String?
    let credential: JSONValue

    static let rules: [String: Rule] = [
        "name": .all([.length(1...100), .note("What you call it; named after the program unless given.")]),
        "credential": PasskeyRequest.credentialRule,
    ]
    static let limit = 65_536
}

struct RenamePasskeyRequest: RequestBody {
    let name: String

    static let rules: [String: Rule] = ["name": .length(1...100)]
}

struct BeginSecondStepRequest: RequestBody {
    let challenge: String

    static let rules: [String: Rule] = ["challenge": SecondStepRequest.challengeRule]
}

extension Identity {
    func addPasskeys(to routes: inout Routes) {
        addPasskeySignIn(to: &routes)
        routes.get(
            "/v1/me/passkeys", "listMyPasskeys", "List your passkeys, newest first", tag: "me", allow: .signedIn,
            returns: Page<Passkey>.self
        ) { call, tx in Page(data: try PasskeyStore.all(of: try call.user(), in: tx), nextCursor: nil) }
        routes.post(
            "/v1/me/passkeys/begin", "beginPasskey", "Get what a browser makes a new passkey with", tag: "me",
            allow: .signedIn, body: NoBody.self, returns: CreationOptions.self,
            problems: ["step_up_required", "passkeys_unavailable", "limit_reached", "too_many_attempts"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            return try beginPasskey(
                of: try call.user(), session: try call.session(), from: call.request.address,
                origin: call.request.origin, in: tx)
        }
        routes.act(
            "/v1/me/passkeys", "addPasskey", "Add the passkey that a browser made", tag: "me", allow: .signedIn,
            body: AddPasskeyRequest.self, returns: PasskeyAdded.self, status: 201,
            problems: [
                "step_up_required", "passkeys_unavailable", "passkey_refused", "passkey_unverified",
                "challenge_unusable", "passkey_exists", "limit_reached",
            ]
        ) { call in
            try call.requireFresh(at: database.clock.now)
            return try await addPasskey(
                call.body.credential, named: call.body.name ?? "", of: try call.user(), session: try call.session(),
                on: Device(call.request), origin: call.request.origin, by: call.actor)
        }
        routes.patch(
            "/v1/me/passkeys/{passkey}", "renamePasskey", "Give a passkey another name", tag: "me", allow: .signedIn,
            body: RenamePasskeyRequest.self, returns: Passkey.self
        ) { call, tx in
            try Self.renamePasskey(try call.id("passkey"), to: call.body.name, of: try call.user(), in: tx)
        }
        routes.delete(
            "/v1/me/passkeys/{passkey}", "removePasskey",
            "Remove a passkey, and end the other sessions in which one was given", tag: "me", allow: .signedIn,
            problems: ["step_up_required"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            try Self.removePasskey(try call.id("passkey"), of: try call.user(), keeping: try call.session(), in: tx)
        }
    }

    private func addPasskeySignIn(to routes: inout Routes) {
        // These two are for strangers: they wait for no write.
        routes.act(
            "/v1/auth/passkey/begin", "beginPasskeySignIn", "Get what a browser asks for a passkey with", tag: "auth",
            allow: .anyone, body: NoBody.self, returns: RequestOptions.self,
            problems: ["passkeys_unavailable", "too_many_attempts"]
        ) { call in try beginPasskeySignIn(from: call.request.address, origin: call.request.origin) }
        routes.act(
            "/v1/auth/passkey", "signInWithPasskey", "Open a session with a passkey alone", tag: "auth",
            allow: .anyone, body: PasskeyRequest.self, returns: SignedIn.self, status: 201,
            problems: [
                "passkeys_unavailable", "passkey_refused", "passkey_unverified", "challenge_unusable",
                "account_suspended", "too_many_attempts",
            ]
        ) { call in
            try await signIn(
                passkey: call.body.credential, on: Device(call.request), origin: call.request.origin, by: call.actor)
        }
        routes.act(
            "/v1/auth/second-factor/begin", "beginSecondStep",
            "Get what a browser asks for a passkey with, as the second step of a sign-in", tag: "auth",
            allow: .anyone, body: BeginSecondStepRequest.self, returns: RequestOptions.self,
            problems: ["passkeys_unavailable", "challenge_unusable", "passkey_absent", "too_many_attempts"]
        ) { call in
            try database.read(in: .instance) { tx in
                try beginSecondStep(
                    call.body.challenge, from: call.request.address, origin: call.request.origin, in: tx)
            }
        }
        routes.post(
            "/v1/me/step-up/begin", "beginStepUp", "Get what a browser asks for a passkey with, to confirm it is you",
            tag: "me", allow: .signedIn, body: NoBody.self, returns: RequestOptions.self,
            problems: ["passkeys_unavailable", "passkey_absent", "too_many_attempts"]
        ) { call, tx in
            try beginStepUp(
                try call.session(), of: try call.user(), from: call.request.address, origin: call.request.origin,
                in: tx)
        }
    }
}
