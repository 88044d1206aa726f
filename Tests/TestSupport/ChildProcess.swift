internal import Foundation
internal import Glibc
internal import Synchronization

/// A program that a test starts, watches and kills.
///
/// What it prints is gathered as it comes. It is killed when the last reference to it goes, so that
/// a failing test leaves nothing behind.
///
/// ```swift
/// let child = try ChildProcess(Products.path("adod"), ["--node", "1"])
/// try await poll(until: "it listens") { child.standardError.contains("listens on") }
/// child.send(SIGKILL)
/// #expect(try await child.exit() == .signal(SIGKILL))
/// ```
public final class ChildProcess: Sendable {
    /// How a program ended.
    public enum Exit: Equatable, Sendable {
        /// It returned this status.
        case status(Int32)
        /// This signal ended it.
        case signal(Int32)
    }

    /// The operating system refused to start the program.
    public struct SpawnFailure: Error, CustomStringConvertible {
        /// Which program, and why.
        public let description: String
    }

    private struct State {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var openStreams = 2
        var exit: Exit?
    }

    /// Shared with the threads that read and wait, which must not keep the process itself alive.
    private final class Shared: Sendable {
        let state = Mutex(State())
    }

    private struct Started {
        let process: Int32
        let output: Int32
        let errors: Int32
    }

    /// The process id; it may belong to another program once ``exit(within:)`` has returned.
    public let processID: Int32

    private let shared = Shared()

    /// Held from the making of pipes to the start of the child, so that no other child inherits
    /// their ends and keeps them open.
    private static let starting = Mutex(())

    /// Starts `executable`, which is a path, with `environment` added to this process's own.
    ///
    /// - Throws: ``SpawnFailure`` if it cannot be started.
    public init(
        _ executable: String, _ arguments: [String] = [], environment: [String: String] = [:]
    ) throws {
        var all = ProcessInfo.processInfo.environment
        all.merge(environment) { _, new in new }
        let variables = all.map { "\($0)=\($1)" }
        let started = try Self.starting.withLock { _ in
            try Self.start([executable] + arguments, variables)
        }
        processID = started.process

        let shared = shared
        Thread.detachNewThread { Self.gather(started.output, into: shared, \.output) }
        Thread.detachNewThread { Self.gather(started.errors, into: shared, \.errors) }
        Thread.detachNewThread { Self.reap(started.process, shared) }
    }

    deinit {
        send(SIGKILL)
    }

    /// What the program has printed so far.
    public var standardOutput: String {
        shared.state.withLock { String(decoding: $0.output, as: UTF8.self) }
    }

    /// What the program has printed to standard error so far.
    public var standardError: String {
        shared.state.withLock { String(decoding: $0.errors, as: UTF8.self) }
    }

    /// True until the program has ended.
    public var isRunning: Bool { shared.state.withLock { $0.exit == nil } }

    /// Sends a signal, unless the program has ended.
    public func send(_ signal: Int32) {
        shared.state.withLock { state in
            // Under the lock the process is not reaped yet, so its id cannot name another one.
            if state.exit == nil { _ = kill(processID, signal) }
        }
    }

    /// Waits for the end of the program and of its output.
    ///
    /// - Throws: ``PollTimeout`` if it still runs after `deadline`.
    public func exit(within deadline: Duration = .seconds(60)) async throws -> Exit {
        try await poll(for: "process \(processID) ended", within: deadline) {
            shared.state.withLock { $0.openStreams == 0 ? $0.exit : nil }
        }
    }

    private static func start(_ arguments: [String], _ environment: [String]) throws -> Started {
        let output = try StreamPipe(arguments[0])
        let errors = try StreamPipe(arguments[0])
        defer {
            close(output.write)
            close(errors.write)
        }
        do {
            let process = try spawn(arguments, environment, output.write, errors.write)
            return Started(process: process, output: output.read, errors: errors.read)
        } catch {
            close(output.read)
            close(errors.read)
            throw error
        }
    }

    private static func spawn(
        _ arguments: [String], _ environment: [String], _ output: Int32, _ errors: Int32
    ) throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, output, 1)
        posix_spawn_file_actions_adddup2(&actions, errors, 2)

        let argv = arguments.map { strdup($0) } + [nil]
        let envp = environment.map { strdup($0) } + [nil]
        defer { (argv + envp).forEach { free($0) } }
        var process: Int32 = 0
        let failure = posix_spawn(&process, arguments[0], &actions, nil, argv, envp)
        if failure == 0 { return process }
        let reason = String(cString: strerror(failure))
        throw SpawnFailure(description: "cannot start \(arguments[0]): \(reason)")
    }

    private static func gather(
        _ descriptor: Int32, into shared: Shared, _ stream: WritableKeyPath<State, [UInt8]>
    ) {
        var buffer = [UInt8](repeating: 0, count: 16384)
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count <= 0 { break }
            shared.state.withLock { $0[keyPath: stream] += buffer[0..<count] }
        }
        close(descriptor)
        shared.state.withLock { $0.openStreams -= 1 }
    }

    private static func reap(_ process: Int32, _ shared: Shared) {
        var info = siginfo_t()
        while waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        shared.state.withLock { state in
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            let signal = status & 0x7f
            state.exit = signal == 0 ? .status((status >> 8) & 0xff) : .signal(signal)
        }
    }
}

/// A pipe whose ends only the intended child inherits.
private struct StreamPipe {
    let read: Int32
    let write: Int32

    init(_ executable: String) throws {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else {
            let reason = String(cString: strerror(errno))
            throw ChildProcess.SpawnFailure(description: "cannot start \(executable): \(reason)")
        }
        (read, write) = (ends[0], ends[1])
        _ = fcntl(read, F_SETFD, FD_CLOEXEC)
        _ = fcntl(write, F_SETFD, FD_CLOEXEC)
    }
}
