// Jobs over HTTP.
import Core
import Storage
package import Web

extension JobsFeature {
    /// Adds the JSON operations.
    package func addRoutes(to routes: inout Routes) {
        let this = self
        let base = "/v1/orgs/{org}/jobs"
        routes.get(
            base, "listJobs", "List jobs, newest first", tag: "jobs", allow: .member(.jobsRead),
            query: QueryParameter.paging + [
                QueryParameter("state", "Only jobs in this state.", .choice(JobState.allCases.map(\.rawValue)))
            ],
            returns: Page<JobResource>.self
        ) { call, tx in
            let jobs = try JobsStore.page(
                owner: tx.scope.key, state: call.query("state").flatMap(JobState.init(rawValue:)),
                before: call.page.after, limit: call.page.limit + 1, in: tx)
            return call.page.page(jobs, key: { $0.id.text }).map { JobResource($0) }
        }
        routes.get(
            base + "/{job}", "getJob", "Read a job with its failures", tag: "jobs", allow: .member(.jobsRead),
            returns: JobResource.self
        ) { call, tx in
            let job = try this.find(call.id("job"), in: tx)
            return JobResource(job, failures: try JobsStore.failures(of: job.id, in: tx))
        }
        routes.post(
            base, "enqueueJob", "Enqueue a job", tag: "jobs", allow: .member(.jobsWrite), body: JobRequest.self,
            returns: JobResource.self, status: 201, problems: ["job_exists"]
        ) { call, tx in
            JobResource(try this.enqueue(call.body, in: tx))
        }
        addActions(to: &routes, base: base)
        routes.get(
            "/v1/orgs/{org}/schedules", "listSchedules", "List the schedules of the organisation, by name",
            tag: "jobs", allow: .member(.jobsRead), returns: Page<ScheduleResource>.self
        ) { _, tx in
            Page(data: try SchedulesStore.all(limit: 100, in: tx).map { ScheduleResource($0) }, nextCursor: nil)
        }
    }

    private func addActions(to routes: inout Routes, base: String) {
        let this = self
        routes.post(
            base + "/{job}/retry", "retryJob", "Try a job again now", tag: "jobs", allow: .member(.jobsManage),
            body: NoBody.self, returns: JobResource.self, problems: ["job_not_retryable"]
        ) { call, tx in
            JobResource(try this.retry(call.id("job"), in: tx))
        }
        routes.post(
            base + "/{job}/cancel", "cancelJob", "Cancel a job that is not over", tag: "jobs",
            allow: .member(.jobsManage), body: NoBody.self, returns: JobResource.self, problems: ["job_not_cancellable"]
        ) { call, tx in
            JobResource(try this.cancel(call.id("job"), in: tx))
        }
    }
}
