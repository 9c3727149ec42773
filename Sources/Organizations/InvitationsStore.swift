// All SQL of invitations.
import Core
import Storage

enum InvitationsStore {
    private static let columns: SQL = "id, email, state, invited_by, created_at, expires_at, \(RolesStore.ofInvitation)"

    private static func invitation(_ row: Row) throws -> Invitation {
        Invitation(
            id: try row.id(0), email: try row.text(1), role: try RolesStore.role(row, 6), state: try row.choice(2),
            invitedBy: try row.text(3), createdAt: try row.time(4), expiresAt: try row.time(5))
    }

    static func insert(
        _ invitation: Invitation, to email: EmailAddress, hash: [UInt8], in tx: any Transaction
    ) throws {
        try tx.run(
            """
            INSERT INTO invitations
              (id, organization_id, email, email_folded, role, custom_role_id, state, token_hash, invited_by,
              inviter_id, created_at, expires_at)
            VALUES (\(invitation.id), \(try tx.organization()), \(email.text), \(email.folded), \(invitation.role),
              \(invitation.role.customID), \(invitation.state), \(hash), \(invitation.invitedBy),
              \(inviter(tx.actor)), \(invitation.createdAt), \(invitation.expiresAt))
            """)
    }

    /// The person who stands behind what an actor sends.
    private static func inviter(_ actor: Actor) -> String? { actor.kind == .user ? actor.id : nil }

    static func find(_ id: InvitationID, in tx: any Transaction) throws -> Invitation? {
        try tx.first(
            "SELECT \(columns) FROM invitations WHERE organization_id = \(try tx.organization()) AND id = \(id)",
            invitation)
    }

    /// An invitation that nobody accepted or withdrew, and when its newest mail was sent.
    static func findUnanswered(
        _ id: InvitationID, in tx: any Transaction
    ) throws -> (invitation: Invitation, sentAt: Timestamp)? {
        try tx.first(
            """
            SELECT \(columns), coalesce(sent_at, created_at) FROM invitations
            WHERE organization_id = \(try tx.organization()) AND id = \(id)
              AND (state = \(Invitation.State.pending) OR state = \(Invitation.State.expired))
            """
        ) { (try invitation($0), try $0.time(10)) }
    }

    /// Gives an invitation another token, a new end, and whoever does so as its inviter.
    static func renew(_ id: InvitationID, hash: [UInt8], until end: Timestamp, in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE invitations SET state = \(Invitation.State.pending), token_hash = \(hash), expires_at = \(end),
              sent_at = \(tx.now), invited_by = \(tx.actor.display), inviter_id = \(inviter(tx.actor))
            WHERE organization_id = \(try tx.organization()) AND id = \(id)
            """)
    }

    /// The open invitation of a token, whose it is, and the person who sent it. Scope: instance.
    static func open(
        hash: [UInt8], in tx: any Transaction
    ) throws -> (invitation: Invitation, organization: OrganizationID, inviter: UserID?)? {
        try tx.first(
            """
            SELECT \(columns), organization_id, inviter_id FROM invitations
            WHERE token_hash = \(hash) AND state = \(Invitation.State.pending) AND expires_at > \(tx.now)
            """
        ) { (try invitation($0), try $0.id(10), $0.optionalID(11)) }
    }

    static func hasPending(_ email: EmailAddress, in tx: any Transaction) throws -> Bool {
        try tx.exists(
            """
            SELECT 1 FROM invitations WHERE organization_id = \(try tx.organization())
              AND email_folded = \(email.folded) AND state = \(Invitation.State.pending)
            """)
    }

    /// How many are open, counted up to a limit.
    static func countPending(upTo limit: Int, in tx: any Transaction) throws -> Int {
        Int(
            try tx.first(
                """
                SELECT count(*) FROM (SELECT 1 FROM invitations WHERE organization_id = \(try tx.organization())
                  AND state = \(Invitation.State.pending) LIMIT \(limit)) AS counted
                """
            ) { try $0.int(0) } ?? 0)
    }

    /// Newest first, below an identifier; only those in one state if it is given.
    static func page(
        _ state: Invitation.State?, before: String? = nil, limit: Int, in tx: any Transaction
    ) throws -> [Invitation] {
        let below: SQL = before.map { "AND id < \($0)" } ?? ""
        let only: SQL = state.map { "AND state = \($0)" } ?? ""
        return try tx.rows(
            """
            SELECT \(columns) FROM invitations
            WHERE organization_id = \(try tx.organization()) \(only) \(below) ORDER BY id DESC LIMIT \(limit)
            """, invitation)
    }

    static func setState(_ state: Invitation.State, of id: InvitationID, in tx: any Transaction) throws -> Bool {
        try tx.run(
            """
            UPDATE invitations SET state = \(state)
            WHERE organization_id = \(try tx.organization()) AND id = \(id) AND state = \(Invitation.State.pending)
            """) == 1
    }

    /// Closes what nobody accepted in time.
    static func expire(in tx: any Transaction) throws {
        try tx.run(
            """
            UPDATE invitations SET state = \(Invitation.State.expired)
            WHERE organization_id = \(try tx.organization()) AND state = \(Invitation.State.pending)
              AND expires_at <= \(tx.now)
            """)
    }
}
