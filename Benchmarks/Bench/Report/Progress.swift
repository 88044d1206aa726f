import Glibc
import Synchronization

/// Lines on the standard error that tell how a run goes.
///
/// On a terminal the line of the running second is replaced by the next one; into a file each is
/// written once.
final class Progress: Sendable {
    private let isTerminal: Bool
    private let isSilent: Bool
    private let replaceable = Mutex(false)

    init(isSilent: Bool = false) {
        isTerminal = isatty(STDERR_FILENO) == 1
        self.isSilent = isSilent
    }

    /// A line that stays.
    func line(_ text: String) { write(text, stays: true) }

    /// A line that the next one replaces on a terminal.
    func status(_ text: String) { write(text, stays: false) }

    /// A line that only a reader at a terminal needs.
    func detail(_ text: String) {
        if isTerminal { status(text) }
    }

    private func write(_ text: String, stays: Bool) {
        guard !isSilent else { return }
        replaceable.withLock { replaceable in
            let start = replaceable ? "\r\u{1B}[K" : ""
            let end = isTerminal && !stays ? "" : "\n"
            replaceable = isTerminal && !stays
            let bytes = Array((start + text + end).utf8)
            _ = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
        }
    }
}
