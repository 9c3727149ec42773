// Mailed links over HTTP: sign-up, sign-in links, the mailbox of an account.
import Core
import Storage
import Web

struct TokenRequest: RequestBody {
    let token: String

    static let rules: [String: Rule] = ["token": .all([.length(1...100), .note("The token of the mailed link.")])]
}

struct AddressRequest: RequestBody {
    let email: String

    static let rules: [String: Rule] = ["email": .email]
}

struct CompleteSignUpRequest: RequestBody {
    let token: String
    let name: String
    let password: String

    static let rules: [String: Rule] = [
        "token": .all([.length(1...100), .note("The token of the mailed link.")]), "name": .length(1...100),
        "password": .password(PasswordPolicy.length),
    ]
}

extension Identity {
    func addMailedLinks(to routes: inout Routes) {
        addSignUp(to: &routes)
        addMagicLinks(to: &routes)
        addMailbox(to: &routes)
    }

    private func addSignUp(to routes: inout Routes) {
        routes.post(
            "/v1/auth/sign-up/request", "requestSignUp", "Mail a link that makes an account, where that is open",
            tag: "auth", allow: .anyone, body: AddressRequest.self, returns: NoBody.self, status: 204,
            problems: ["sign_up_closed"]
        ) { call, tx in
            try request(.signUp, email: call.body.email, origin: call.request.origin, in: tx)
            return NoBody()
        }
        routes.act(
            "/v1/auth/sign-up/complete", "completeSignUp", "Make an account with the token of the mailed link",
            tag: "auth", allow: .anyone, body: CompleteSignUpRequest.self, returns: SignedIn.self, status: 201,
            problems: ["sign_up_closed", "link_unusable", "email_taken", "overloaded"]
        ) { call in
            let body = call.body
            return try await signUp(
                token: body.token, name: body.name, password: body.password, on: Device(call.request), by: call.actor)
        }
    }

    private func addMagicLinks(to routes: inout Routes) {
        routes.post(
            "/v1/auth/magic-link", "requestMagicLink", "Mail a link that signs in, where the instance allows it",
            tag: "auth", allow: .anyone, body: AddressRequest.self, returns: NoBody.self, status: 204,
            problems: ["magic_links_off"]
        ) { call, tx in
            try request(.magicLink, email: call.body.email, origin: call.request.origin, in: tx)
            return NoBody()
        }
        routes.act(
            "/v1/auth/magic-link/redeem", "redeemMagicLink",
            "Open a session with the token of a mailed link, or get the challenge for the second factor", tag: "auth",
            allow: .anyone, body: TokenRequest.self, returns: SignInAnswer.self, status: 201,
            problems: ["magic_links_off", "link_unusable"]
        ) { call in
            SignInAnswer(
                try await redeemMagicLink(call.body.token, on: Device(call.request), by: call.actor))
        }
    }

    private func addMailbox(to routes: inout Routes) {
        routes.post(
            "/v1/me/email/verification", "requestEmailVerification", "Mail a link that confirms your mailbox",
            tag: "me", allow: .signedIn, body: NoBody.self, returns: NoBody.self, status: 204
        ) { call, tx in
            try Self.mailVerification(of: try call.user(), origin: call.request.origin, in: tx)
            return NoBody()
        }
        routes.post(
            "/v1/auth/verify-email", "verifyEmail", "Confirm a mailbox with the token of the mailed link", tag: "auth",
            allow: .anyone, body: TokenRequest.self, returns: NoBody.self, status: 204, problems: ["link_unusable"]
        ) { call, tx in
            try Self.verifyEmail(call.body.token, in: tx)
            return NoBody()
        }
        routes.post(
            "/v1/me/email", "requestEmailChange", "Ask for another e-mail address; a link goes there", tag: "me",
            allow: .signedIn, body: AddressRequest.self, returns: NoBody.self, status: 204,
            problems: ["step_up_required", "too_many_attempts"]
        ) { call, tx in
            try call.requireFresh(at: tx.now)
            try requestEmailChange(
                of: try call.user(), to: call.body.email, origin: call.request.origin, in: tx)
            return NoBody()
        }
        routes.post(
            "/v1/auth/change-email", "changeEmail", "Take the address that the mailed link came to", tag: "auth",
            allow: .anyone, body: TokenRequest.self, returns: NoBody.self, status: 204,
            problems: ["link_unusable", "email_taken"]
        ) { call, tx in
            try Self.changeEmail(call.body.token, origin: call.request.origin, in: tx)
            return NoBody()
        }
        routes.post(
            "/v1/auth/undo-email", "undoEmailChange",
            "Give an account its old address back; ends its sessions and its password",
            tag: "auth", allow: .anyone, body: TokenRequest.self, returns: NoBody.self, status: 204,
            problems: ["link_unusable", "email_taken"]
        ) { call, tx in
            try Self.undoEmail(call.body.token, origin: call.request.origin, in: tx)
            return NoBody()
        }
    }
}
