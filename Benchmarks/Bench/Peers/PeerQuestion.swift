import Glibc

/// One question on a connection of its own, beside the load.
enum PeerQuestion {
    /// Sends `output` and hands what came to `parse` until that has an answer; nil if none came in
    /// time, or the connection broke.
    static func ask<Found: Sendable>(
        _ port: UInt16, _ output: [UInt8], milliseconds: UInt64,
        _ parse: (inout [UInt8]) -> Found?
    ) async -> Found? {
        guard let file = PeerSocket.connect(port) else { return nil }
        defer { close(file) }
        let deadline = monotonicNow() + milliseconds * 1_000_000
        var output = output
        var input: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while monotonicNow() < deadline {
            guard output.isEmpty || PeerSocket.send(file, &output) else { return nil }
            let isWhole = PeerSocket.receive(file, &input, &buffer)
            if let found = parse(&input) { return found }
            guard isWhole else { return nil }
            try? await Task.sleep(for: .milliseconds(1))
        }
        return nil
    }
}
