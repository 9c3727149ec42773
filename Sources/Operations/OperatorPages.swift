// The operator's page: the state of the instance, its backups, its organisations.
import Core
import Organizations
import Storage
import Web

extension Operations {
    func addOperatorPages(to pages: inout Pages) {
        let doctor = doctor
        let backups = backups.folder
        pages.page("/operator", "operator", allow: .operators) { _, tx in
            let findings = try doctor.quick(in: tx)
            let organizations = try Organizations.all(limit: 50, in: tx)
            let body: HTML = """
                \(HTML.section("State", lead: Self.summary(findings), Self.list(findings)))\
                \(Self.table(of: backups.list(), now: Clock.system.now))\(Self.table(of: organizations))
                """
            return PageView(
                "Instance", section: "operator", badge: Self.badge(findings),
                actions: [
                    HTML.linkButton("Books", href: "/operator/ledger"),
                    HTML.linkButton("Reports", href: "/operator/reports/mrr"),
                    HTML.linkButton("Clock", href: "/operator/clock"),
                    HTML.linkButton("Audit log", href: "/operator/audit"),
                ], body)
        }
        pages.action("/operator/backups", "takeBackup", allow: .operators) { _, tx in
            _ = try Self.requestBackup(in: tx)
            return .redirect(to: "/operator", flash: "The backup was started. It appears here when it is complete.")
        }
    }

    private static func badge(_ findings: [Doctor.Finding]) -> HTML {
        if findings.contains(where: { $0.light == .red }) { return HTML.badge("Needs you", .bad) }
        if findings.contains(where: { $0.light == .yellow }) { return HTML.badge("Running", .warn) }
        return HTML.badge("Healthy", .good)
    }

    private static func summary(_ findings: [Doctor.Finding]) -> HTML {
        let open = findings.filter { $0.light != .green }.count
        let words = open == 0 ? "Everything is as it should be." : "\(open) of \(findings.count) need a look."
        return "\(words) <code>raptorflow doctor</code> also reads every page of the file."
    }

    private static func list(_ findings: [Doctor.Finding]) -> HTML {
        HTML.checks(
            findings.map { finding in
                switch finding.light {
                case .green: Check(finding.name, .good, state: "Good", "\(finding.text)")
                case .yellow: Check(finding.name, .warn, state: "Look", "\(finding.text)")
                case .red: Check(finding.name, .bad, state: "Mend", "\(finding.text)")
                }
            })
    }

    private static func table(of backups: [Backup], now: Timestamp) -> HTML {
        HTML.section(
            "Backups", lead: "Complete at any time, so each can be copied while the server runs.",
            actions: [HTML.postButton("Back up now", action: "/operator/backups")],
            HTML.table(
                "Backups", columns: ["File", .date("Taken"), .number("Size")],
                rows: backups.map {
                    [HTML.code($0.name), HTML.age($0.createdAt, now: now), "\(Doctor.size($0.bytes))"]
                },
                empty: HTML.emptyState(
                    "No backup yet", "The first one is taken at seven past the hour, or when you ask for it.")))
    }

    private static func table(of organizations: [Organization]) -> HTML {
        HTML.section(
            "Organisations", lead: "The 50 newest.",
            HTML.table(
                "Organisations", columns: ["Name", "Short name", "Id", .date("Since")],
                rows: organizations.map {
                    [
                        HTML.rowLink($0.name, href: "/operator/orgs/\($0.id)"), "\($0.slug)", HTML.code($0.id.text),
                        HTML.date($0.createdAt),
                    ]
                },
                empty: HTML.emptyState("No organisation yet", "The first one is made with the set-up link.")))
    }
}
