// Second factors over HTTP.
import Core
import Storage
import Web

struct SecondStepRequest: RequestBody {
    let challenge: String
    let code: String?
    let passkey: JSONValue?

    static let rules: [String: Rule] = [
        "challenge": challengeRule, "code": codeRule, "passkey": PasskeyRequest.credentialRule,
    ]
    static let limit = PasskeyRequest.limit
    static let challengeRule = Rule.all([
        .length(1...100), .note("`challenge.token` of the answer to the sign-in."),
    ])
    static let codeRule = Rule.all([
        .length(1...40), .note("Six digits of the authenticator program, or a recovery code."),
    ])
}

struct CodeRequest: RequestBody {
    let code: String

    static let rules: [String: Rule] = ["code": SecondStepRequest.codeRule]
}

struct StepUpRequest: RequestBody {
    let password: String?
    let code: String?
    let passkey: JSONValue?

    static let rules: [String: Rule] = [
        "password": .password(1...256), "code": SecondStepRequest.codeRule, "passkey": PasskeyRequest.credentialRule,
    ]
    static let limit = PasskeyRequest.limit
}

extension Identity {
    func addSecondFactor(to routes: inout Routes) {
        addSecondStep(to: &routes)
        routes.get(
            "/v1/me/second-factor", "getSecondFactor", "Read which second factors your account has", tag: "me",
            allow: .signedIn, returns: SecondFactor.self
        ) { call, tx in try Self.secondFactor(of: try call.user(), in: tx) }
        routes.post(
            "/v1/me/second-factor", "beginSecondFactor", "Make the secret of a new second factor", tag: "me",
            allow: .signedIn, body: NoBody.self, returns: Enrolment.self, status: 201,
            problems: ["step_up_required", "second_factor_exists"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            return try beginFactor(of: try call.user(), origin: call.request.origin, in: tx)
        }
        routes.act(
            "/v1/me/second-factor/confirm", "confirmSecondFactor", "Turn the second factor on with its first code",
            tag: "me", allow: .signedIn, body: CodeRequest.self, returns: FactorConfirmed.self,
            problems: [
                "step_up_required", "wrong_code", "second_factor_exists", "second_factor_absent", "too_many_codes",
            ]
        ) { call in
            try call.requireFresh(at: database.clock.now)
            return try await confirmFactor(
                of: try call.user(), with: call.body.code, session: try call.session(), by: call.actor)
        }
        routes.post(
            "/v1/me/second-factor/recovery-codes", "renewRecoveryCodes",
            "Make ten new recovery codes; those before work no longer", tag: "me", allow: .signedIn,
            body: NoBody.self, returns: RecoveryCodes.self, problems: ["step_up_required", "second_factor_absent"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            return try Self.renewCodes(of: try call.user(), in: tx)
        }
        routes.delete(
            "/v1/me/second-factor", "removeSecondFactor", "Remove the second factor and its recovery codes", tag: "me",
            allow: .signedIn, problems: ["step_up_required", "second_factor_absent"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            try Self.removeFactor(of: try call.user(), in: tx)
        }
    }
    private func addSecondStep(to routes: inout Routes) {
        routes.act(
            "/v1/auth/second-factor", "completeSignIn", "Complete a sign-in with a code or a passkey",
            tag: "auth", allow: .anyone, body: SecondStepRequest.self, returns: SignedIn.self, status: 201,
            problems: ["challenge_unusable", "wrong_code", "too_many_codes", "passkey_refused", "too_many_attempts"]
        ) { call in
            let (body, device) = (call.body, Device(call.request))
            if let passkey = body.passkey {
                return try await completeSignIn(
                    challenge: body.challenge, passkey: passkey, on: device, origin: call.request.origin,
                    by: call.actor)
            }
            return try await completeSignIn(
                challenge: body.challenge, code: body.code ?? "", on: device, by: call.actor)
        }
        routes.act(
            "/v1/me/step-up", "stepUp", "Give your password, a code or a passkey again, for changes that ask for it",
            tag: "me", allow: .signedIn, body: StepUpRequest.self, returns: SignedIn.self,
            problems: [
                "wrong_code", "second_factor_absent", "too_many_attempts", "too_many_codes", "overloaded",
                "passkeys_unavailable", "passkey_refused", "challenge_unusable",
            ]
        ) { call in
            let (session, user, device) = (try call.session(), try call.user(), Device(call.request))
            if let passkey = call.body.passkey {
                return try await stepUp(
                    session, of: user, passkey: passkey, on: device, origin: call.request.origin, by: call.actor)
            }
            return try await stepUp(
                session, of: user, password: call.body.password, code: call.body.code, on: device, by: call.actor)
        }
    }
}
