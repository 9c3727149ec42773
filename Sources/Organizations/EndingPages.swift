// Handing over, deleting, and undoing that, in the settings of an organisation.
import Core
import Storage
import Web

extension Organizations {
    func addEndingPages(to pages: inout Pages) {
        pages.action("/orgs/{org}/transfer", "transferPage", allow: .member(.organizationDelete)) { call, tx in
            try Self.requireName(of: try Self.required(try call.organization(), in: tx), in: call)
            guard let next = UserID(call.body["user_id"]) else {
                throw Problem.invalid([FieldProblem("/user_id", "not_a_choice", "Choose a member.")])
            }
            let member = try Self.transfer(to: next, from: try call.user(), in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())", flash: "\(member.name) is the owner now; you are an admin.")
        }
        pages.action("/orgs/{org}/delete", "deletePage", allow: .member(.organizationDelete)) { call, tx in
            let organization = try Self.required(try call.organization(), in: tx)
            try Self.requireName(of: organization, in: call)
            try requestDeletion(organization, in: tx)
            return .redirect(to: "/orgs/\(organization.id)/settings", flash: "It will be deleted in 30 days.")
        }
        pages.action("/orgs/{org}/restore", "restorePage", allow: .member(.organizationDelete)) { call, tx in
            let organization = try Self.required(try call.organization(), in: tx)
            _ = try Self.undoDeletion(organization, in: tx)
            return .redirect(to: "/orgs/\(organization.id)/settings", flash: "The deletion is undone.")
        }
    }

    /// What can't be taken back by oneself asks for the organisation's name.
    private static func requireName(of organization: Organization, in call: Call<Form>) throws {
        guard call.body["confirm"] == organization.name else {
            throw Problem.invalid([FieldProblem("/confirm", "not_a_choice", "Type the name of the organisation.")])
        }
    }

    /// Only for who may delete.
    static func endingSections(_ organization: Organization, in tx: any Transaction) throws -> HTML {
        let base = "/orgs/\(organization.id)"
        if let end = organization.deletionAt {
            return HTML.section(
                "Deletion",
                HTML.notice(
                    "Everything but invoices and books is deleted on \(HTML.date(end)). Keys and members are refused.",
                    .warn, action: HTML.postButton("Undo the deletion", action: "\(base)/restore")))
        }
        let delete = HTML.confirm(
            id: "delete", button: "Delete this organisation", title: "Delete \(organization.name)?",
            text: """
                Members and API keys are refused at once, and the plan is cancelled. For 30 days every owner can undo \
                it; then everything goes but invoices and books, which the law wants kept.
                """, action: "\(base)/delete", typed: organization.name)
        return """
            \(try transferSection(organization, in: tx))\
            \(HTML.section("Delete this organisation", lead: "It can be undone for 30 days.", delete))
            """
    }

    private static func transferSection(_ organization: Organization, in tx: any Transaction) throws -> HTML {
        let members = try MembersStore.page(of: organization.id, limit: 100, in: tx).filter { $0.role != .owner }
        guard !members.isEmpty else { return .empty }
        let form = HTML.form(
            action: "/orgs/\(organization.id)/transfer", submit: "Hand over",
            """
            \(HTML.select(
                "user_id", label: "New owner",
                options: [Choice("", "Choose a member")]
                    + members.map { Choice($0.userID.text, "\($0.name), \($0.email)") }))\
            \(HTML.textField("confirm", label: "Type \(organization.name) to confirm"))
            """)
        return HTML.section(
            "Hand over to somebody else", lead: "They become the owner in your place, and you an admin.",
            HTML.panel(form))
    }
}
