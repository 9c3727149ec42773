// Whether the process lives, and whether it can serve: for load balancers and supervisors.
import Core
import Storage
import Web

/// The answer of the three health routes.
struct HealthStatus: Codable, Sendable {
    let status: String

    static let ok = HealthStatus(status: "ok")
}

extension Operations {
    /// Adds `/up`, `/health/live` and `/health/ready`.
    func addHealth(to routes: inout Routes) {
        for (path, id) in [("/up", "isUp"), ("/health/live", "isAlive")] {
            routes.probe(path, id, "Whether the process answers", returns: HealthStatus.self) { .ok }
        }
        let database = database
        routes.probe(
            "/health/ready", "isReady", "Whether requests can be served", returns: HealthStatus.self,
            problems: ["not_ready"]
        ) {
            do {
                _ = try database.read(in: .instance) { tx in try DoctorStore.schemaVersion(in: tx) }
                // A unit without any change goes through the writer and costs no disk access.
                try await database.write(in: .instance, by: .system("health")) { _ in }
                return .ok
            } catch {
                throw OperationsProblem.notReady(error)
            }
        }
    }
}
