import Foundation
import Synchronization
import TestSupport

/// Watches how much memory of its own a process has: without what it maps of files, which the
/// system takes back when it needs it.
final class AnonymousMemory: Sendable {
    private struct Seen {
        var first: Int?
        var most = 0
    }

    private let seen = Mutex(Seen())

    /// Bytes that came to what it had when it was first looked at, at most.
    var growth: Int { seen.withLock { $0.most - ($0.first ?? 0) } }

    /// Watches the process that `process` names, while `body` runs.
    func watch<Result>(
        _ process: @escaping @Sendable () -> ChildProcess?,
        during body: () async throws -> Result
    ) async throws -> Result {
        let watcher = Task { [self] in
            while !Task.isCancelled {
                if let bytes = process().flatMap({ Self.now($0.processID) }) { note(bytes) }
                try? await Task.sleep(for: .milliseconds(2))
            }
        }
        defer { watcher.cancel() }
        return try await body()
    }

    private func note(_ bytes: Int) {
        seen.withLock { seen in
            seen.first = seen.first ?? bytes
            seen.most = max(seen.most, bytes)
        }
    }

    private static func now(_ process: Int32) -> Int? {
        let path = "/proc/\(process)/status"
        guard let text = try? String(contentsOfFile: path, encoding: .utf8),
            let line = text.split(separator: "\n").first(where: { $0.hasPrefix("RssAnon:") })
        else { return nil }
        return line.split(separator: " ").dropFirst().first.flatMap { Int($0) }.map { $0 * 1024 }
    }
}
