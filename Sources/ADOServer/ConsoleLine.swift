internal import Glibc

/// Lines to the terminal, or to whoever reads it, at once.
public enum ConsoleLine {
    /// Writes a line to the standard output.
    public static func write(_ text: String) {
        write(text, to: STDOUT_FILENO)
    }

    /// Writes a line to the standard error.
    public static func error(_ text: String) {
        write(text, to: STDERR_FILENO)
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let line = text.hasSuffix("\n") ? text : text + "\n"
        var bytes = Array(line.utf8)[...]
        while !bytes.isEmpty {
            let written = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress, $0.count)
            }
            guard written > 0 else {
                if written < 0, errno == EINTR { continue }
                return
            }
            bytes = bytes.dropFirst(written)
        }
    }
}
