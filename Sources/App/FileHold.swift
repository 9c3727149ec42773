// Who uses the database file: servers and commands share it, what replaces it has it alone.
import Foundation
import Glibc

/// A lock on the file itself (flock), so that no second file lies around and a crash releases it.
///
/// SQLite locks bytes of the file (fcntl), which is another kind of lock. Closing any descriptor of a file drops the
/// process's own locks of that kind, so a hold is released after the database was closed, never before.
package struct FileHold: Sendable {
    private let descriptor: Int32

    /// Why a file can't be held.
    package enum Refusal: Error, CustomStringConvertible {
        case inUse(String)
        case unusable(String, String)

        package var description: String {
            switch self {
            case .inUse(let path):
                "\(path) is in use by another raptorflow. Stop the server first; then run this again."
            case .unusable(let path, let reason): "\(path) can't be opened: \(reason)."
            }
        }
    }

    /// Shares the file with others; makes an empty one, readable by its owner only, when there is none.
    package static func shared(_ path: String) throws -> FileHold { try FileHold(path, LOCK_SH, O_CREAT) }

    /// Has the file alone; refuses while anybody uses it.
    package static func alone(_ path: String) throws -> FileHold { try FileHold(path, LOCK_EX, O_CREAT) }

    private init(_ path: String, _ operation: Int32, _ flags: Int32) throws {
        descriptor = open(path, O_RDWR | O_CLOEXEC | flags, 0o600)
        guard descriptor >= 0 else { throw Refusal.unusable(path, String(cString: strerror(errno))) }
        guard flock(descriptor, operation | LOCK_NB) == 0 else {
            close(descriptor)
            throw Refusal.inUse(path)
        }
    }

    /// Lets go; only after the database was closed.
    package func release() { close(descriptor) }
}
