// Attempts that were refused for want of a right: what the audit log is told of them.
package import Core
import HTTPTypes
package import Storage

/// A refused attempt.
package struct Denial: Sendable {
    /// The problem's code: `permission_denied`, `unauthenticated`, …
    package let code: String
    package let method: String
    /// The route's pattern; never what stood in the address.
    package let route: String
    /// The permission that the route asks for.
    package let permission: Permission?
    /// Who tried.
    package let actor: Actor
    /// The organisation whose right was missing; the instance for strangers, and for what is not theirs to see.
    package let scope: Scope
}

extension Exchange {
    /// What the audit log is told of a refusal; nil for refusals that concern no right.
    ///
    /// A request without any credential is a visitor, not an attempt, unless it tried a password.
    func denial(for error: any Error) -> Denial? {
        guard let endpoint, let problem = (error as? any ProblemConvertible)?.problem, isDenial(problem) else {
            return nil
        }
        var permission: Permission?
        if case .member(let needed) = endpoint.access { permission = needed }
        let actor =
            principal?.actor(requestID: requestID, address: address)
            ?? Actor(.anonymous, id: "-", display: "somebody not signed in", requestID: requestID, address: address)
        return Denial(
            code: problem.code, method: method, route: endpoint.path, permission: permission, actor: actor,
            scope: deniedScope)
    }

    private func isDenial(_ problem: Problem) -> Bool {
        switch problem.status {
        case 401: problem.code == "wrong_credentials" || hasBearer
        case 403: problem.code != "cross_origin_request"
        // An organisation or an operator's page that is not theirs.
        case 404: principal != nil && !isAdmitted
        default: problem.code == "credential_in_query"
        }
    }

    private var hasBearer: Bool {
        head.headerFields[.authorization]?.lowercased().hasPrefix("bearer ") ?? false
    }

    /// A credential in an address stays in logs, histories and referrers: it is no use here, and should be revoked.
    static func refuseCredential(in text: String) throws(Problem) {
        guard text.utf8.count > 36, credentials.contains(where: { text.contains($0) }) else { return }
        throw Problem(
            "credential_in_query", status: 400,
            """
            There is a credential in the address, where logs and histories keep it. Revoke it, and send its successor \
            in the Authorization header.
            """)
    }

    private static let credentials = ["rfk_live_", "rfk_test_", "rfs_", "rft_"]
}

extension Problem {
    /// 403: an operator who acts as somebody tried what only that person may.
    package static let impersonating = Problem(
        "impersonating", status: 403, "You act for somebody else: only they themselves can do this.")

    /// 403: an API key tried what only a person may.
    static let sessionRequired = Problem(
        "session_required", status: 403, "This is for people: sign in; an API key can't do it.")
}
