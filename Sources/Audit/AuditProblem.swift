// Every way in which the audit log refuses.
import Core

enum AuditProblem: ProblemConvertible {
    case treeBehind
    case treeBroken
    case sizeOutOfRange(Int64)

    var problem: Problem {
        switch self {
        case .treeBehind:
            Problem(
                "tree_behind", status: 503,
                "Many records were written just now and are not in the tree yet. Try again in a minute.",
                retryAfter: 60)
        case .treeBroken:
            Problem(
                "tree_broken", status: 500,
                "The stored tree of the log does not fit its records. Run `raptorflow audit verify`.", underlying: self)
        case .sizeOutOfRange(let size):
            Problem(
                "size_out_of_range", status: 422,
                "The log has \(size) records: a proof is about one of them, in a size up to that.")
        }
    }
}
