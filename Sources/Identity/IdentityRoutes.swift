// Accounts, sign-in and sessions over HTTP.
import Core
import Storage
package import Web

extension Identity {
    /// Adds the JSON operations.
    package func addRoutes(to routes: inout Routes) {
        addSignIn(to: &routes)
        addPasswords(to: &routes)
        addMe(to: &routes)
        addIdentities(to: &routes)
        addIssuers(to: &routes)
        if accessTokens != nil { addKeySet(to: &routes) }
        addSecondFactor(to: &routes)
        addPasskeys(to: &routes)
        addMailedLinks(to: &routes)
    }

    private func addSignIn(to routes: inout Routes) {
        routes.act(
            "/v1/auth/set-up", "setUp", "Make the first account with the token that the server printed", tag: "auth",
            allow: .anyone, body: SetUpRequest.self, returns: SignedIn.self, status: 201,
            problems: ["already_set_up", "link_unusable", "overloaded"]
        ) { call in
            let body = call.body
            let person = try Person(email: body.email, name: body.name)
            return try await setUp(
                body.token, person, password: body.password, on: Device(call.request), by: call.actor
            ) { _, _ in }
        }
        routes.act(
            "/v1/auth/sign-in", "signIn",
            "Open a session with e-mail and password, or get the challenge for the second factor", tag: "auth",
            allow: .anyone, body: SignInRequest.self, returns: SignInAnswer.self, status: 201,
            problems: ["wrong_credentials", "too_many_attempts", "overloaded"]
        ) { call in
            SignInAnswer(
                try await signIn(
                    email: call.body.email, password: call.body.password, on: Device(call.request), by: call.actor))
        }
        routes.post(
            "/v1/auth/sign-out", "signOut", "End the session that the request came with", tag: "auth",
            allow: .signedIn, body: NoBody.self, returns: NoBody.self, status: 204
        ) { call, tx in
            if let session = call.sessionID { try Self.endSession(session, of: try call.user(), in: tx) }
            return NoBody()
        }
    }

    private func addPasswords(to routes: inout Routes) {
        routes.post(
            "/v1/auth/password/forgot", "forgotPassword", "Mail a link for a new password, if there is such an account",
            tag: "auth", allow: .anyone, body: ForgotPasswordRequest.self, returns: NoBody.self, status: 204
        ) { call, tx in
            try request(.passwordReset, email: call.body.email, origin: call.request.origin, in: tx)
            return NoBody()
        }
        routes.act(
            "/v1/auth/password/reset", "resetPassword", "Set a new password with the token of the mailed link",
            tag: "auth", allow: .anyone, body: ResetPasswordRequest.self, returns: NoBody.self, status: 204,
            problems: ["link_unusable", "overloaded"]
        ) { call in
            try await resetPassword(token: call.body.token, to: call.body.password, by: call.actor)
            return NoBody()
        }
        routes.act(
            "/v1/me/password", "changePassword", "Change your password and end your other sessions", tag: "me",
            allow: .signedIn, body: ChangePasswordRequest.self, returns: PasswordChanged.self,
            problems: ["too_many_attempts", "overloaded"]
        ) { call in
            PasswordChanged(
                sessionsRevoked: try await changePassword(
                    of: try call.user(), from: call.body.currentPassword, to: call.body.newPassword,
                    keeping: call.sessionID, on: Device(call.request), by: call.actor))
        }
    }

    private func addMe(to routes: inout Routes) {
        routes.get("/v1/me", "getMe", "Read your account", tag: "me", allow: .signedIn, returns: User.self) {
            call, tx in
            guard let user = try IdentityStore.find(try call.user(), in: tx) else { throw Problem.unauthenticated }
            return user
        }
        routes.patch(
            "/v1/me", "updateMe", "Change your name", tag: "me", allow: .signedIn, body: UpdateMeRequest.self,
            returns: User.self
        ) { call, tx in
            try Self.rename(try call.user(), to: call.body.name, check: { try call.requireMatch($0) }, in: tx)
        }
        routes.get(
            "/v1/me/sessions", "listMySessions", "List where you are signed in, newest first", tag: "me",
            allow: .signedIn, query: QueryParameter.paging, returns: Page<Session>.self
        ) { call, tx in
            let rows = try SessionStore.page(
                of: try call.user(), current: call.sessionID, before: call.page.after, limit: call.page.limit + 1,
                in: tx)
            return call.page.page(rows, key: { $0.id.text })
        }
        routes.delete(
            "/v1/me/sessions", "revokeMyOtherSessions", "Sign all other devices out", tag: "me", allow: .signedIn
        ) { call, tx in _ = try Self.endOtherSessions(of: try call.user(), keeping: call.sessionID, in: tx) }
        routes.delete(
            "/v1/me/sessions/{session}", "revokeMySession", "Sign a device out", tag: "me", allow: .signedIn
        ) { call, tx in try Self.endSession(try call.id("session"), of: try call.user(), in: tx) }
    }
}
