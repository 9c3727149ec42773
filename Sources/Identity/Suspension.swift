// Stopping an account, and letting it go on.
import Audit
package import Core
package import Storage
import Web

extension Identity {
    /// Ends all sessions of an account and refuses new ones. Throws 404, `already_suspended` (409). Scope: instance.
    package static func suspend(_ id: UserID, because reason: String, in tx: any Transaction) throws {
        guard try IdentityStore.find(id, in: tx) != nil else { throw Problem.notFound("account") }
        guard try IdentityStore.setSuspended(id, because: reason, in: tx) else {
            throw IdentityProblem.alreadySuspended
        }
        let ended = try SessionStore.deleteAll(of: id, in: tx)
        try Audit.record(
            "user.suspended", on: .init("user", id),
            .object(["reason": .string(reason), "sessions_ended": .integer(Int64(ended))]), in: tx)
    }

    /// Lets an account go on. Throws 404, `not_suspended` (409). Scope: instance.
    package static func resume(_ id: UserID, in tx: any Transaction) throws {
        guard try IdentityStore.find(id, in: tx) != nil else { throw Problem.notFound("account") }
        guard try IdentityStore.setResumed(id, in: tx) else { throw IdentityProblem.notSuspended }
        try Audit.record("user.resumed", on: .init("user", id), .object([]), in: tx)
    }

    /// Since when an account is suspended; nil when it is not.
    package static func suspended(_ id: UserID, in tx: any Transaction) throws -> Timestamp? {
        try IdentityStore.suspendedAt(id, in: tx)
    }
}
