// The page of one job: what it is, what happened to it, and what can be done now.
import Core
import Storage
import Web

extension JobsFeature {
    func page(of job: Job, at base: String, mayManage: Bool, in tx: any Transaction) throws -> PageView {
        let failures = try JobsStore.failures(of: job.id, in: tx)
        let error: HTML? = job.lastError.map { HTML.section("Last error", HTML.codeBlock($0, label: "Error")) }
        let body = HTML.columns(
            main: """
                \(error)\(HTML.section("What happened", HTML.timeline(job.timeline(failures))))\
                \(HTML.section("Payload", HTML.codeBlock(job.payload.prettyText, label: "JSON")))\
                \(sameByAPI(job))
                """,
            aside: HTML.panel("Details", HTML.details(job.details)))
        let isMoving = [JobState.ready, .running].contains(job.state)
        return PageView(
            job.kind, section: "jobs", crumbs: [Link("Jobs", base)], badge: job.badge,
            actions: mayManage ? job.actions(at: "\(base)/\(job.id)") : [],
            HTML.live(id: "job", seconds: isMoving ? 3 : nil, body))
    }

    private func sameByAPI(_ job: Job) -> HTML {
        guard case .organization(let organization) = job.scope else { return .empty }
        let path = "/v1/orgs/\(organization)/jobs/\(job.id)"
        let command = "curl -H \"Authorization: Bearer $KEY\" $URL\(path)"
        return HTML.section("Same by API", HTML.codeBlock(command, label: "curl"))
    }
}

extension Job {
    /// The state in one or two words; a job that waits after a failure says so.
    var badge: HTML {
        switch state {
        case .scheduled where attempt > 0: HTML.badge("Waits to retry", .warn)
        case .scheduled: HTML.badge("Scheduled", .info)
        case .ready: HTML.badge("Ready", .info)
        case .running: HTML.badge("Running", .accent)
        case .completed: HTML.badge("Completed", .good)
        case .cancelled: HTML.badge("Cancelled", .neutral)
        case .dead: HTML.badge("Dead", .bad)
        }
    }

    fileprivate var details: [(String, HTML)] {
        var pairs: [(String, HTML)] = [
            ("Id", HTML.copyable(id.text)), ("Queue", "\(queue)"), ("Attempt", "\(attempt) of \(attemptsMax)"),
            ("Enqueued", HTML.time(createdAt)),
        ]
        if [.scheduled, .ready].contains(state) { pairs.append(("Runs from", HTML.time(runAt))) }
        if let startedAt { pairs.append(("Last started", HTML.time(startedAt))) }
        if let finishedAt { pairs.append(("Ended", HTML.time(finishedAt))) }
        if lost > 0 { pairs.append(("Lost runs", "\(lost)")) }
        if let unique { pairs.append(("Unique key", HTML.code(unique))) }
        return pairs
    }

    fileprivate func actions(at path: String) -> [HTML] {
        var buttons: [HTML] = []
        if [.scheduled, .cancelled, .dead].contains(state) {
            let title = state == .scheduled ? "Run now" : "Try again"
            buttons.append(HTML.postButton(title, action: "\(path)/retry", style: .primary))
        }
        if [.scheduled, .ready, .running].contains(state) {
            buttons.append(HTML.postButton("Cancel job", action: "\(path)/cancel", style: .danger))
        }
        return buttons
    }

    /// Newest first.
    fileprivate func timeline(_ failures: [JobFailure]) -> [TimelineItem] {
        var items: [TimelineItem] = []
        switch state {
        case .completed: finishedAt.map { items.append(TimelineItem("Completed", at: $0, tone: .good)) }
        case .cancelled: finishedAt.map { items.append(TimelineItem("Cancelled", at: $0)) }
        case .dead: finishedAt.map { items.append(TimelineItem("Given up", at: $0, tone: .bad)) }
        case .running:
            startedAt.map { items.append(TimelineItem("Started, attempt \(attempt)", at: $0, tone: .accent)) }
        case .scheduled: items.append(TimelineItem(attempt > 0 ? "Next attempt" : "Planned", at: runAt, tone: .info))
        case .ready: items.append(TimelineItem("Waits for a free worker", at: runAt, tone: .info))
        }
        items += failures.map { failure in
            TimelineItem(failure.outcome.title, at: failure.at, tone: .warn, detail: "\(failure.error)")
        }
        return items + [TimelineItem("Enqueued", at: createdAt)]
    }
}

extension JobFailure.Outcome {
    fileprivate var title: HTML {
        switch self {
        case .failed: "Failed"
        case .timedOut: "Took too long"
        case .lost: "Lost"
        }
    }
}
