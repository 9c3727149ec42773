// The console's pages of jobs and schedules.
import Core
import Storage
package import Web

extension JobsFeature {
    /// Rows on one page of the list.
    private static let pageSize = 50

    /// Adds the pages.
    package func addPages(to pages: inout Pages) {
        let this = self
        let base = "/orgs/{org}/jobs"
        let query = [
            QueryParameter("state", "Only jobs in this state."), QueryParameter("before", "Older than this job."),
        ]
        pages.page(base, "jobs", allow: .member(.jobsRead), query: query) { call, tx in
            try this.list(call, at: "/orgs/\(try call.organization())/jobs", owner: tx.scope.key, in: tx)
        }
        pages.page(base + "/{job}", "job", allow: .member(.jobsRead)) { call, tx in
            try this.page(
                of: this.find(call.id("job"), in: tx), at: "/orgs/\(try call.organization())/jobs",
                mayManage: call.role?.allows(.jobsManage) ?? false, in: tx)
        }
        pages.action(base + "/{job}/retry", "retry-job", allow: .member(.jobsManage)) { call, tx in
            let job = try this.retry(call.id("job"), in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())/jobs/\(job.id)", flash: Message("The job will run now.").flash)
        }
        pages.action(base + "/{job}/cancel", "cancel-job", allow: .member(.jobsManage)) { call, tx in
            let job = try this.cancel(call.id("job"), in: tx)
            return .redirect(
                to: "/orgs/\(try call.organization())/jobs/\(job.id)", flash: Message("The job is cancelled.").flash)
        }
        addOperatorPages(to: &pages, query: query)
    }

    private func addOperatorPages(to pages: inout Pages, query: [QueryParameter]) {
        let this = self
        let base = "/operator/jobs"
        pages.page(base, "operator-jobs", allow: .operators, query: query) { call, tx in
            try this.list(call, at: base, owner: nil, in: tx)
        }
        pages.page(base + "/{job}", "operator-job", allow: .operators) { call, tx in
            try this.page(of: this.find(call.id("job"), in: tx), at: base, mayManage: true, in: tx)
        }
        pages.action(base + "/{job}/retry", "operator-retry-job", allow: .operators) { call, tx in
            let job = try this.inScope(of: call.id("job"), tx) { try this.retry($0, in: $1) }
            return .redirect(to: "\(base)/\(job.id)", flash: Message("The job will run now.").flash)
        }
        pages.action(base + "/{job}/cancel", "operator-cancel-job", allow: .operators) { call, tx in
            let job = try this.inScope(of: call.id("job"), tx) { try this.cancel($0, in: $1) }
            return .redirect(to: "\(base)/\(job.id)", flash: Message("The job is cancelled.").flash)
        }
    }

    /// An operator's change of an organisation's job belongs into that organisation's audit log.
    private func inScope(
        of id: JobID, _ tx: any Transaction, _ change: (JobID, any Transaction) throws -> Job
    ) throws -> Job {
        try tx.scoped(to: find(id, in: tx).scope) { try change(id, $0) }
    }

    // MARK: List

    private func list(_ call: Call<NoBody>, at base: String, owner: String?, in tx: any Transaction) throws -> PageView
    {
        let state = call.query("state").flatMap(JobState.init(rawValue:))
        let jobs = try JobsStore.page(
            owner: owner, state: state, before: call.query("before").flatMap { JobID($0)?.text },
            limit: Self.pageSize + 1, in: tx)
        let shown = jobs.prefix(Self.pageSize)
        let older = jobs.count > Self.pageSize ? shown.last?.id : nil
        let query = state.map { "state=\($0.rawValue)&" } ?? ""
        let table = HTML.table(
            "Jobs", columns: ["Job", "State", "Attempt", .date("Enqueued"), "Last error"],
            rows: shown.map { row($0, at: base, now: tx.now) }, empty: Self.emptyState(state))
        let pagination = HTML.pagination(next: older.map { "\(base)?\(query)before=\($0)" })
        let schedules = try tx.scoped(to: .instance) { try schedulesSection(in: $0) }
        return PageView(
            "Jobs", section: "jobs",
            lead: "Work that runs after the change that asked for it. Failed work is tried again.",
            tabs: try tabs(at: base, current: state, owner: owner, in: tx),
            "\(HTML.live(id: "jobs", seconds: 5, "\(table)\(pagination)"))\(schedules)")
    }

    private static func emptyState(_ state: JobState?) -> HTML {
        state == nil
            ? HTML.emptyState(
                "No jobs yet",
                "A job appears here when something has to be done later: mail to be sent, a payment to be checked. "
                    + "Programs enqueue their own with POST /v1/orgs/{org}/jobs.")
            : HTML.emptyState("No jobs in this state", "Choose another view above to see the others.")
    }

    /// Counts stop at a thousand: nothing reads a whole table to draw a page.
    private func tabs(
        at base: String, current: JobState?, owner: String?, in tx: any Transaction
    ) throws -> [Tab] {
        let all = Tab("All", base, isCurrent: current == nil)
        return try [all]
            + JobState.allCases.map { state in
                let href = "\(base)?state=\(state.rawValue)"
                guard let owner, state != .completed else {
                    return Tab(state.title, href, isCurrent: state == current)
                }
                let count = try JobsStore.count(owner: owner, state: state, limit: 1001, in: tx)
                let title = count > 1000 ? "\(state.title) 1,000+" : state.title
                return Tab(title, href, isCurrent: state == current, count: (1...1000).contains(count) ? count : nil)
            }
    }

    private func row(_ job: Job, at base: String, now: Timestamp) -> [HTML] {
        [
            HTML.rowLink(job.kind, href: "\(base)/\(job.id)"), job.badge,
            "\(job.attempt) of \(job.attemptsMax)", HTML.age(job.createdAt, now: now),
            "\(String((job.lastError ?? "").prefix(80)))",
        ]
    }

    // MARK: Schedules

    private func schedulesSection(in tx: any Transaction) throws -> HTML {
        let schedules = try SchedulesStore.all(limit: 100, in: tx)
        let table = HTML.table(
            "Schedules", columns: ["Schedule", "When (UTC)", "Job", .date("Last"), .date("Next")],
            rows: schedules.map { schedule in
                [
                    "\(schedule.name)", HTML.code(schedule.cron), HTML.code(schedule.kind),
                    schedule.lastFireAt.map { HTML.age($0, now: tx.now) } ?? HTML.muted("never"),
                    schedule.nextFireAt.map { HTML.age($0, now: tx.now) } ?? HTML.muted("never"),
                ]
            },
            empty: HTML.emptyState("No schedules", "Schedules appear here when the worker has started."))
        return HTML.section("Schedules", lead: "What the instance does by the clock, for all organisations.", table)
    }
}

extension JobState {
    var title: String {
        switch self {
        case .scheduled: "Scheduled"
        case .ready: "Ready"
        case .running: "Running"
        case .completed: "Completed"
        case .cancelled: "Cancelled"
        case .dead: "Dead"
        }
    }
}
