// A command that prints a secret: how secrets come from a cloud's or a company's own store of them.
import Core
import Foundation
import Glibc
import Web

/// Runs a program and takes what it prints: without a shell, for a bounded time, and a bounded length of text.
enum SecretCommand {
    /// Why there is no secret, as the end of a sentence.
    struct Failed: Error { let reason: String }

    /// How long it may take, in seconds.
    static let patience = 10
    /// The most bytes it may print.
    static let sizeLimit = 65_536

    /// The program and its arguments: a JSON list of texts, or the path alone; nil for anything else.
    ///
    /// The path is absolute, so that it does not depend on a search path or folder whose program runs.
    static func arguments(of text: String) -> [String]? {
        var arguments = [text]
        if text.hasPrefix("[") {
            guard let items = (try? JSONParser.parse(Array(text.utf8)))?.arrayValue else { return nil }
            arguments = items.compactMap(\.stringValue)
            guard arguments.count == items.count else { return nil }
        }
        guard let path = arguments.first, path.hasPrefix("/"), !arguments.contains(where: { $0.contains("\0") }) else {
            return nil
        }
        return arguments
    }

    /// What it prints, without the line end. Its messages go where ours go; it reads nothing, and of our own variables
    /// it is given none.
    static func run(_ arguments: [String], environment: [String: String]) throws -> String {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failed(reason: "can't be started: \(message(errno))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let started = spawn(arguments, environment.filter { !$0.key.hasPrefix(Setting.prefix) }, output: ends[1])
        close(ends[1])
        defer { close(ends[0]) }
        let process: pid_t
        switch started {
        case .success(let id): process = id
        case .failure(let failed): throw failed
        }
        let end = ContinuousClock.now + .seconds(patience)
        do {
            let bytes = try read(ends[0], until: end)
            let status = try wait(for: process, until: end)
            guard status & 0x7F == 0 else { throw Failed(reason: "was ended by signal \(status & 0x7F)") }
            guard status >> 8 & 0xFF == 0 else { throw Failed(reason: "ended with status \(status >> 8 & 0xFF)") }
            return try secret(in: bytes)
        } catch {
            // Its group too: what it started in turn may hold the pipe.
            kill(-process, SIGKILL)
            var status: Int32 = 0
            waitpid(process, &status, 0)
            throw error
        }
    }

    private static func secret(in bytes: [UInt8]) throws(Failed) -> String {
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw Failed(reason: "printed something that is no text")
        }
        while text.last?.isNewline == true { text.removeLast() }
        guard !text.isEmpty else { throw Failed(reason: "printed nothing") }
        return text
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String: String], output: Int32
    ) -> Result<pid_t, Failed> {
        var actions = posix_spawn_file_actions_t()
        var attributes = posix_spawnattr_t()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO)
        // A group of its own, so that all of it can be ended; and signals as a program expects them, since the thread
        // that starts it may block them.
        posix_spawnattr_setflags(
            &attributes, Int16(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
        posix_spawnattr_setpgroup(&attributes, 0)
        var signals = sigset_t()
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        var process: pid_t = 0
        let words = arguments.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for pointer in words + variables { free(pointer) } }
        let failure = posix_spawn(&process, arguments[0], &actions, &attributes, words, variables)
        return failure == 0 ? .success(process) : .failure(Failed(reason: "can't be started: \(message(failure))"))
    }

    private static func read(_ descriptor: Int32, until end: ContinuousClock.Instant) throws -> [UInt8] {
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 4096)
        while true {
            let left = max(0, (end - .now) / .milliseconds(1))
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(left))
            if ready < 0, errno == EINTR { continue }
            guard ready > 0 else { throw Failed(reason: "took longer than \(patience) s, and was ended") }
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return bytes }
            bytes += buffer.prefix(count)
            guard bytes.count <= sizeLimit else { throw Failed(reason: "printed more than \(sizeLimit) bytes") }
        }
    }

    private static func wait(for process: pid_t, until end: ContinuousClock.Instant) throws -> Int32 {
        var status: Int32 = 0
        while true {
            let ended = waitpid(process, &status, WNOHANG)
            if ended == process { return status }
            guard ended == 0 || errno == EINTR, ContinuousClock.now < end else {
                throw Failed(reason: "took longer than \(patience) s, and was ended")
            }
            usleep(2000)
        }
    }

    private static func message(_ code: Int32) -> String { String(cString: strerror(code)) }
}
