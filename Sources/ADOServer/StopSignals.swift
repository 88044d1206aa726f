internal import Dispatch
internal import Glibc

/// SIGTERM and SIGINT as something to wait for.
///
/// After the first one the default action is back, so that a second one ends a process whose clean
/// shutdown hangs.
final class StopSignals {
    private static let names: [(Int32, String)] = [(SIGTERM, "SIGTERM"), (SIGINT, "SIGINT")]

    private let stream: AsyncStream<String>
    private let sources: [any DispatchSourceSignal]

    init() {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self)
        self.stream = stream
        // A peer that closes its connection must not end the process.
        signal(SIGPIPE, SIG_IGN)
        sources = Self.names.map { number, name in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number)
            source.setEventHandler {
                for (number, _) in Self.names { signal(number, SIG_DFL) }
                continuation.yield(name)
            }
            source.resume()
            return source
        }
    }

    deinit {
        for source in sources { source.cancel() }
    }

    /// The name of the next signal.
    func next() async -> String {
        for await name in stream { return name }
        return "end"
    }
}
