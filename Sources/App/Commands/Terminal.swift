// What commands say: results on standard output, everything else on standard error.
import Glibc

enum Terminal {
    /// A line of the result.
    static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// A line beside the result.
    static func note(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// A piece of a line beside the result, such as a question.
    static func ask(_ text: String) { write(text, to: STDERR_FILENO) }

    static var isOutputSeen: Bool { isatty(STDOUT_FILENO) == 1 }
    static var isErrorSeen: Bool { isatty(STDERR_FILENO) == 1 }

    /// A piece of a result that is a file.
    static func put(_ bytes: [UInt8]) { write(bytes[...], to: STDOUT_FILENO) }

    private static func write(_ text: String, to descriptor: Int32) { write(Array(text.utf8)[...], to: descriptor) }

    private static func write(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) {
        var rest = bytes
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
