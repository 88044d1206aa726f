internal import Foundation
internal import Glibc

extension ChildProcess {
    /// Stops the program, and waits until each of its threads has stopped.
    ///
    /// A stop is a signal like any other: until the first thread has taken it, the others go on,
    /// which on a busy machine is long enough to serve a call. SIGCONT makes it go on.
    ///
    /// - Throws: ``PollTimeout`` if a thread still runs after the deadline.
    public func pause() async throws {
        send(SIGSTOP)
        try await poll(until: "process \(processID) stopped") { !isRunning || isStopped }
    }

    private var isStopped: Bool {
        let threads = "/proc/\(processID)/task"
        guard let names = try? FileManager.default.contentsOfDirectory(atPath: threads) else {
            return false
        }
        return names.allSatisfy { name in
            // The state follows the name of the program, which is in brackets.
            let line = try? String(contentsOfFile: "\(threads)/\(name)/stat", encoding: .utf8)
            return line?.split(separator: ")").last?.hasPrefix(" T") ?? true
        }
    }
}
