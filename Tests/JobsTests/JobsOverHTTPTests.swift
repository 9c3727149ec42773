// Jobs as programs and people meet them: over a real port.
import Core
import Foundation
import Storage
import StorageSQLite
import TestSupport
import Testing
import Web

@testable import Jobs

struct JobsOverHTTPTests {
    private let member = Principal(
        .session(SessionID(at: QueueFixture.start), user: UserID(at: QueueFixture.start)), display: "Meera")
    private let runs = Principal(
        .session(SessionID(at: QueueFixture.start), user: UserID(at: QueueFixture.start)), display: "Olga",
        isOperator: true)

    private func serve(
        _ queue: QueueFixture, role: Role = .owner, _ body: @escaping @Sendable (TestServer) async throws -> Void
    ) async throws {
        var handlers = JobHandlers()
        try JobsFeature.addJobs(to: &handlers)
        try await queue.runner(handlers).start()
        let feature = JobsFeature(handlers: handlers)
        var routes = Routes()
        feature.addRoutes(to: &routes)
        var pages = Pages(shell: { view, _, _ in view.body })
        feature.addPages(to: &pages)
        try await withServer(
            routes.endpoints + pages.endpoints, on: queue.database,
            settings: .testing(principals: ["member": member, "operator": runs], role: role), body)
    }

    @Test func `a program enqueues a job, reads it, cancels it and tries it again`() async throws {
        let queue = try QueueFixture()
        let base = "/v1/orgs/\(queue.organization)/jobs"
        try await serve(queue) { server in
            let made = try await server.send(
                "POST", base, token: "member", body: #"{"kind":"echo","payload":{"n":1},"unique":"u"}"#)
            #expect(made.status == 201 && made.json?["state"] == .string("ready"))
            let id = try #require(made.json?["id"]?.stringValue)
            let again = try await server.send("POST", base, token: "member", body: #"{"kind":"echo","unique":"u"}"#)
            #expect(again.status == 409 && again.problem == "job_exists")
            let read = try await server.send("GET", "\(base)/\(id)", token: "member")
            #expect(read.json?["payload"]?["n"] == .integer(1) && read.json?["failures"] == .array([]))
            let cancelled = try await server.send("POST", "\(base)/\(id)/cancel", token: "member")
            #expect(cancelled.json?["state"] == .string("cancelled"))
            let twice = try await server.send("POST", "\(base)/\(id)/cancel", token: "member")
            #expect(twice.problem == "job_not_cancellable")
            let retried = try await server.send("POST", "\(base)/\(id)/retry", token: "member")
            #expect(retried.json?["state"] == .string("ready"))
            let twiceRetried = try await server.send("POST", "\(base)/\(id)/retry", token: "member")
            #expect(twiceRetried.problem == "job_not_retryable")
        }
        let actions = try queue.value(
            "SELECT group_concat(action) FROM (SELECT action FROM audit_events ORDER BY sequence) AS a")
        #expect(actions == "job.enqueued,job.cancelled,job.retried")
    }

    @Test func `bad requests name every bad field`() async throws {
        let queue = try QueueFixture()
        let base = "/v1/orgs/\(queue.organization)/jobs"
        try await serve(queue) { server in
            let bad = #"{"kind":"","attempts_max":99,"unique":"","run_at":"soon"}"#
            let answer = try await server.send("POST", base, token: "member", body: bad)
            #expect(answer.status == 422)
            #expect(Set(answer.pointers) == ["/kind", "/attempts_max", "/unique", "/run_at"])
            let closed = try await server.send("POST", base, token: "member", body: #"{"kind":"jobs.prune"}"#)
            #expect(closed.pointers == ["/kind"])
            let state = try await server.send("GET", base + "?state=lost", token: "member")
            #expect(state.status == 422)
        }
    }

    @Test func `a list is paged, narrowed and newest first`() async throws {
        let queue = try QueueFixture()
        for minute in 0..<5 {
            try await queue.enqueue(at: minute < 2 ? QueueFixture.start.adding(.hours(1)) : nil)
            queue.clock.advance(by: Milliseconds(1))
        }
        let base = "/v1/orgs/\(queue.organization)/jobs"
        try await serve(queue) { server in
            var seen: [String] = []
            var path = base + "?limit=2"
            for _ in 0..<3 {
                let page = try #require(try await server.send("GET", path, token: "member").json)
                seen += (page["data"]?.arrayValue ?? []).compactMap { $0["id"]?.stringValue }
                path = base + "?limit=2&cursor=" + (page["next_cursor"]?.stringValue ?? "")
            }
            #expect(seen.count == 5 && seen == seen.sorted(by: >))
            let planned = try await server.send("GET", base + "?state=scheduled", token: "member")
            #expect(planned.json?["data"]?.arrayValue?.count == 2)
        }
    }

    @Test func `a job of another organisation is not found`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue())
        let other = OrganizationID(at: QueueFixture.start)
        try await serve(queue) { server in
            for (method, path) in [("GET", ""), ("POST", "/cancel"), ("POST", "/retry")] {
                let answer = try await server.send(method, "/v1/orgs/\(other)/jobs/\(id)\(path)", token: "member")
                #expect(answer.status == 404)
            }
        }
        #expect(try queue.state(id) == "ready")
    }

    @Test func `the pages show a job, its failures and what can be done`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue("echo", .object(["fail": .string("<no luck>")]), attemptsMax: 1))
        var handlers = JobHandlers()
        try JobsFeature.addJobs(to: &handlers)
        try await queue.runner(handlers).runDue()
        let base = "/orgs/\(queue.organization)/jobs"
        try await serve(queue) { server in
            let list = try await server.send("GET", base + "?state=dead", token: "member")
            #expect(list.status == 200 && list.body.contains("Dead") && list.body.contains("&lt;no luck&gt;"))
            #expect(list.body.contains("Delete old jobs"))
            let page = try await server.send("GET", "\(base)/\(id)", token: "member")
            #expect(page.body.contains("Given up") && page.body.contains("Try again"))
            #expect(!page.body.contains("<no luck>"))
        }
        try await serve(queue, role: .viewer) { server in
            let page = try await server.send("GET", "\(base)/\(id)", token: "member")
            #expect(page.status == 200 && !page.body.contains("Try again"))
        }
    }

    @Test func `an operator sees and retries jobs of all organisations, others do not`() async throws {
        let queue = try QueueFixture()
        let id = try #require(try await queue.enqueue())
        _ = try await queue.write { try JobsStore.cancel(id, in: $0) }
        let origin = ("Origin", "http://127.0.0.1")
        try await serve(queue) { server in
            let list = try await server.send("GET", "/operator/jobs?state=cancelled", token: "operator")
            #expect(list.body.contains(id.text))
            #expect(try await server.send("GET", "/operator/jobs/\(id)", token: "operator").status == 200)
            #expect(try await server.send("GET", "/operator/jobs", token: "member").status != 200)
            let form = [origin, ("Content-Type", "application/x-www-form-urlencoded")]
            let retried = try await server.send(
                "POST", "/operator/jobs/\(id)/retry", token: "operator", headers: form, body: "")
            #expect(retried.status == 303)
        }
        #expect(try queue.state(id) == "ready")
        #expect(
            try queue.value("SELECT organization_id FROM audit_events WHERE action = 'job.retried'")
                == queue.organization.text)
    }
}
