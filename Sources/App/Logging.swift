// Log lines on standard error: readable or JSON, with nothing secret, written by a thread of their own.
import Core
import Foundation
package import Logging
import Synchronization
import Web

/// The log of the process: makes loggers, and writes what they say.
package struct Log: Sendable {
    let format: Settings.LogFormat
    let level: Logger.Level
    let writer: LogWriter
    private let clock = Clock.system

    /// A log of the given form and least level to standard error.
    package init(format: Settings.LogFormat, level: String) {
        self.format = format
        self.level = Logger.Level(rawValue: level) ?? .info
        writer = LogWriter(descriptor: STDERR_FILENO)
    }

    /// A logger of one part of the product.
    package func logger(_ label: String) -> Logger {
        Logger(label: label) { LineHandler(label: $0, log: self) }
    }

    /// Makes loggers that libraries create themselves write here too; once per process.
    package func takeOver() {
        LoggingSystem.bootstrap { label in
            var handler = LineHandler(label: label, log: self)
            handler.logLevel = max(level, .notice)
            return handler
        }
    }

    /// Returns when everything said so far is written: before the process ends.
    package func flush() { writer.flush() }

    /// One line of the log.
    func line(_ level: Logger.Level, _ label: String, _ message: String, _ metadata: Logger.Metadata) -> String {
        let fields = metadata.sorted { $0.key < $1.key }
            .map { ($0.key, Secrets.isSecret($0.key) ? "<secret>" : Secrets.masked("\($0.value)")) }
        let message = Secrets.masked(message)
        switch format {
        case .json:
            let members =
                [("at", clock.now.description), ("level", level.rawValue), ("part", label), ("message", message)]
                + fields.map { (Self.reserved.contains($0.0) ? "_" + $0.0 : $0.0, $0.1) }
            return JSONValue.object(members.map { JSONValue.Member($0.0, .string($0.1)) }).text + "\n"
        case .readable:
            let pairs = fields.map { " \($0.0)=\(Self.quoted($0.1))" }.joined()
            return "\(clock.now) \(Self.mark(level)) \(Self.oneLine(message))\(pairs)\n"
        }
    }

    /// The line of a request. There is one for every answer, so it is spelled without a detour; none of its values can
    /// hold a secret or a character that needs a quote.
    func record(_ request: RequestRecord) {
        let level: Logger.Level = request.status >= 500 ? .error : .info
        guard level >= self.level else { return }
        let (whole, rest) = request.microseconds.quotientAndRemainder(dividingBy: 1000)
        let milliseconds = "\(whole).\(rest / 100)\(rest / 10 % 10)\(rest % 10)"
        switch format {
        case .json:
            writer.append(
                """
                {"at":"\(clock.now)","level":"\(level)","part":"web","message":"request",\
                "address":"\(request.address)","method":"\(request.method)","ms":\(milliseconds),\
                "request_id":"\(request.id)","route":"\(request.route)","status":\(request.status)}\n
                """)
        case .readable:
            writer.append(
                """
                \(clock.now) \(Self.mark(level)) request address=\(request.address) method=\(request.method) \
                ms=\(milliseconds) request_id=\(request.id) route=\(request.route) status=\(request.status)\n
                """)
        }
    }

    private static let reserved: Set<String> = ["at", "level", "part", "message"]

    private static func mark(_ level: Logger.Level) -> String {
        let name = level.rawValue.uppercased()
        return name + String(repeating: " ", count: max(0, 7 - name.count))
    }

    /// In quotes when a reader could not tell where the value ends.
    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.utf8.allSatisfy { $0 > 32 && $0 != 34 && $0 != 61 && $0 != 127 }
        return isPlain ? text : JSONValue.string(text).text
    }

    /// Nobody writes a second line into the log.
    private static func oneLine(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { $0.value < 32 || $0.value == 127 }) else { return text }
        return String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? " " : $0 }))
    }
}

/// What must not be in a log whoever passes it along.
private enum Secrets {
    private static let names = ["password", "secret", "token", "authorization", "cookie", "master_key"].map {
        Array($0.utf8)
    }
    private static let prefixes = ["rfk_live_", "rfk_test_", "rfs_", "rft_"]

    /// Whether a field's name says that its value is nobody's business.
    static func isSecret(_ name: String) -> Bool {
        let name = name.utf8.map { (65...90).contains($0) ? $0 + 32 : $0 }
        return names.contains { contains(name[...], $0) }
    }

    /// The text with our own credentials cut after their prefix, and at most 2000 characters of it.
    static func masked(_ text: String) -> String {
        var result = text.utf8.count > 4000 ? String(text.prefix(2000)) + "…" : text
        guard mayHoldCredential(result) else { return result }
        for prefix in prefixes where result.contains(prefix) {
            result = result.split(separator: prefix, omittingEmptySubsequences: false).enumerated()
                .map { $0 == 0 ? String($1) : "…" + $1.drop { $0.isLetter || $0.isNumber || $0 == "_" } }
                .joined(separator: prefix)
        }
        return result
    }

    /// Every prefix begins with `rf`; this runs over every value of every line, so it looks at bytes.
    private static func mayHoldCredential(_ text: String) -> Bool {
        var before: UInt8 = 0
        for byte in text.utf8 {
            if before == UInt8(ascii: "r"), byte == UInt8(ascii: "f") { return true }
            before = byte
        }
        return false
    }

    private static func contains(_ bytes: ArraySlice<UInt8>, _ part: [UInt8]) -> Bool {
        var rest = bytes
        while rest.count >= part.count {
            if rest.starts(with: part) { return true }
            rest = rest.dropFirst()
        }
        return false
    }
}

/// The handler behind every logger.
private struct LineHandler: LogHandler {
    let label: String
    let log: Log
    var metadata: Logger.Metadata = [:]
    var logLevel: Logger.Level

    init(label: String, log: Log) {
        self.label = label
        self.log = log
        logLevel = log.level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        log.writer.append(log.line(event.level, label, "\(event.message)", all))
    }
}

/// Collects lines and writes them on a thread of its own; whoever logs only appends to memory.
///
/// When the reader of the log is slower than the product for long, lines are dropped and their number is written.
final class LogWriter: Sendable {
    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)
    private let descriptor: Int32
    /// Bytes that may wait: 4 MiB.
    private static let limit = 4 << 20

    private struct State {
        var waiting: [UInt8] = []
        var dropped = 0
        var isWriting = false
    }

    init(descriptor: Int32) {
        self.descriptor = descriptor
        let thread = Thread { [self] in
            while true {
                wakeUp.wait()
                // Lines that come close together are written together: a write costs more than a line does.
                usleep(5000)
                writeWaiting()
            }
        }
        thread.name = "log"
        thread.start()
    }

    func append(_ line: String) {
        let isFirst = state.withLock { state in
            guard state.waiting.count < Self.limit else {
                state.dropped += 1
                return false
            }
            state.waiting.append(contentsOf: line.utf8)
            return state.waiting.count == line.utf8.count
        }
        if isFirst { wakeUp.signal() }
    }

    /// Waits, at most 2 seconds, until nothing waits.
    func flush() {
        for _ in 0..<400 {
            if state.withLock({ $0.waiting.isEmpty && !$0.isWriting }) { return }
            wakeUp.signal()
            usleep(5000)
        }
    }

    private func writeWaiting() {
        let (bytes, dropped) = state.withLock { state in
            defer {
                state.waiting = []
                state.dropped = 0
                state.isWriting = true
            }
            return (state.waiting, state.dropped)
        }
        write(bytes)
        if dropped > 0 { write(Array("\(dropped) log lines were dropped: the log is read too slowly\n".utf8)) }
        state.withLock { $0.isWriting = false }
    }

    private func write(_ bytes: [UInt8]) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
