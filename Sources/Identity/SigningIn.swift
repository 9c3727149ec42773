// Signing in and out.
import Audit
package import Core
package import Storage
package import Web

extension Identity {
    /// Where a sign-in comes from.
    package struct Device: Sendable {
        let userAgent: String?
        let address: String?
        /// What the device is told from others by.
        let mark: [UInt8]
        /// Whether it came with a cookie of ours; without one, others may look the same.
        let hasCookie: Bool
        /// The cookie that a browser has to be given, so that it is known the next time.
        let newCookie: String?

        package init(_ request: RequestFacts) {
            userAgent = request.userAgent.map { String($0.prefix(200)) }
            address = request.address
            let known = Identity.deviceCookie.value(in: request)
            // Programs have no cookies: they are known by what they call themselves and where they are.
            hasCookie = known != nil
            newCookie = known == nil && !request.pattern.hasPrefix("/v1") ? Base62.random(43) : nil
            mark = KnownDevices.mark(cookie: known ?? newCookie, userAgent: userAgent, address: address)
        }

        /// A sign-in without a request: the demo and tests.
        package init(named name: String, address: String? = nil) {
            userAgent = name
            self.address = address
            hasCookie = false
            newCookie = nil
            mark = KnownDevices.mark(cookie: nil, userAgent: name, address: address)
        }
    }

    /// Checks e-mail and password and opens a session, or asks for the second factor if the account has one.
    ///
    /// Throws `wrong_credentials` (401), `too_many_attempts` (429), `overloaded` (503). An unknown e-mail address costs
    /// as much time as a wrong password.
    package func signIn(
        email: String, password: String, on device: Device, by caller: Actor
    ) async throws -> SignInOutcome {
        let user = try await check(email: email, password: password, on: device)
        return try await database.write(in: .instance, by: user.actor(like: caller)) { tx in
            // The account may have changed while the password was being checked.
            guard let user = try IdentityStore.find(user.id, in: tx) else { throw IdentityProblem.wrongCredentials }
            return try Self.enter(user, by: .password, on: device, in: tx)
        }
    }

    /// Checks e-mail and password, counting the attempt; hashes the password anew when its cost is outdated.
    package func check(email: String, password: String, on device: Device) async throws -> User {
        let address = EmailAddress(email)
        let account = address?.folded ?? "?"
        let known = try database.read(in: .instance) { tx -> (user: User, hash: String?, device: [UInt8]?)? in
            guard let address, let user = try IdentityStore.find(email: address, in: tx) else { return nil }
            let isKnown = try device.hasCookie && KnownDevicesStore.has(device.mark, of: user.id, in: tx)
            return (user, try IdentityStore.passwordHash(of: user.id, in: tx), isKnown ? device.mark : nil)
        }
        try throttle.begin(account, from: device.address ?? "", device: known?.device, at: database.clock.now)
        let verdict = try await hasher.check(String(password.prefix(1024)), against: known?.hash)
        guard let known, verdict.isRight else { throw IdentityProblem.wrongCredentials }
        throttle.succeeded(account, from: device.address ?? "", device: known.device)
        if verdict.isOutdated { try await rehash(password, of: known.user, replacing: known.hash) }
        return known.user
    }

    private func rehash(_ password: String, of user: User, replacing old: String?) async throws {
        let hash = try await hasher.hash(password)
        try await database.write(in: .instance, by: .system("passwords")) { tx in
            _ = try IdentityStore.setPassword(hash, of: user.id, replacing: old, in: tx)
        }
    }

    /// Opens a session for somebody all of whose credentials were checked: `enter` asks for the second factor.
    /// Scope: instance; the actor should be the person.
    ///
    /// - Parameter authenticatedAt: when the credential was given; now, unless somebody else took it.
    package static func openSession(
        for user: User, by methods: [SignInMethod] = [.password], on device: Device,
        authenticatedAt: Timestamp? = nil, in tx: any Transaction
    ) throws -> SignedIn {
        guard try IdentityStore.suspendedAt(user.id, in: tx) == nil else { throw IdentityProblem.suspended }
        let token = Token(.session)
        let session = Session(
            id: SessionID(at: tx.now), userAgent: device.userAgent, address: device.address, createdAt: tx.now,
            lastSeenAt: tx.now, expiresAt: tx.now.adding(Session.lifetime), methods: methods.map(\.rawValue),
            isCurrent: true)
        try SessionStore.insert(
            session, of: user.id, hash: token.hash, authenticatedAt: authenticatedAt ?? tx.now, in: tx)
        // Links that were asked for before are not needed any more.
        try OneTimeTokenStore.delete(.passwordReset, of: user.id, in: tx)
        try OneTimeTokenStore.delete(.magicLink, of: user.id, in: tx)
        try KnownDevices.note(device, of: user, in: tx)
        let details = JSONValue.object(["methods": .array(session.methods.map { .string($0) })])
        try Audit.record("session.created", on: .init("session", session.id), details, in: tx)
        return SignedIn(token: token.text, session: session, user: user)
    }

    /// Ends all sessions of a person but one; returns how many.
    static func endOtherSessions(of user: UserID, keeping kept: SessionID?, in tx: any Transaction) throws -> Int {
        let ended = try SessionStore.deleteAll(of: user, except: kept, in: tx)
        let details = JSONValue.object(["sessions_revoked": .integer(Int64(ended))])
        if ended > 0 { try Audit.record("sessions.revoked", on: .init("user", user), details, in: tx) }
        return ended
    }

    /// Ends one session of a person. Throws 404 when it is not theirs or has ended.
    static func endSession(_ id: SessionID, of user: UserID, in tx: any Transaction) throws {
        guard try SessionStore.delete(id, of: user, in: tx) else { throw Problem.notFound("session") }
        try Audit.record("session.revoked", on: .init("session", id), .object([]), in: tx)
    }
}
