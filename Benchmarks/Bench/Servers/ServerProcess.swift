import Foundation
import Synchronization

/// A program that this process started, with its output in a file.
final class ServerProcess: Sendable {
    enum State: Sendable, Equatable {
        case running
        case exited(Int32)
        case killed(Int32)
    }

    let pid: pid_t
    let log: String
    private let state = Mutex(State.running)

    /// Starts a program with `more` in its environment; its output is appended to the file `log`.
    init(
        _ program: String, _ arguments: [String], log: String, more: [String: String] = [:]
    ) throws(BenchError) {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o644)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // A group of its own: a Ctrl-C at the terminal is for the benchmark, which then ends it.
        // And no signal ignored or blocked, as a program inherits both: the threads that tasks run
        // on block most, and a server would never hear of SIGTERM.
        posix_spawnattr_setflags(
            &attributes,
            Int16(
                POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        posix_spawnattr_setpgroup(&attributes, 0)
        var all = sigset_t()
        sigfillset(&all)
        posix_spawnattr_setsigdefault(&attributes, &all)
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)

        var words = ([program] + arguments).map { strdup($0) }
        words.append(nil)
        defer { for word in words { free(word) } }
        var settings = Self.environment(with: more).map { strdup($0) }
        settings.append(nil)
        defer { for setting in settings { free(setting) } }
        var pid: pid_t = 0
        let failure = posix_spawn(&pid, program, &actions, &attributes, words, settings)
        guard failure == 0 else {
            throw BenchError("cannot start \(program): \(String(cString: strerror(failure))).")
        }
        self.pid = pid
        self.log = log
    }

    /// This process's own environment, with some of it replaced.
    private static func environment(with more: [String: String]) -> [String] {
        var settings = ProcessInfo.processInfo.environment
        settings.merge(more) { _, new in new }
        return settings.map { "\($0)=\($1)" }
    }

    /// Whether it still runs; collects it if not.
    func poll() -> State {
        state.withLock { state in
            guard state == .running else { return state }
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return state }
            let signal = status & 0x7f
            state = signal == 0 ? .exited((status >> 8) & 0xff) : .killed(signal)
            return state
        }
    }

    /// Waits for the end of a process that was killed.
    func collect() {
        while poll() == .running { usleep(1000) }
    }

    /// Sends a signal, unless it is known to have ended.
    func signal(_ number: Int32) {
        guard poll() == .running else { return }
        kill(pid, number)
    }

    /// Waits until it has ended, at most so long.
    func waitForEnd(seconds: Double) async -> Bool {
        let deadline = monotonicNow() + UInt64(seconds * 1e9)
        while poll() == .running {
            guard monotonicNow() < deadline else { return false }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return true
    }
}

extension ServerProcess.State: CustomStringConvertible {
    var description: String {
        switch self {
        case .running: "is running"
        case .exited(let status): "ended with status \(status)"
        case .killed(let signal): "was ended by signal \(signal)"
        }
    }
}

/// CPU seconds that a process has used, from the kernel's table; nil if it is gone.
func cpuSeconds(of pid: pid_t) -> Double? {
    guard let file = fopen("/proc/\(pid)/stat", "r") else { return nil }
    defer { fclose(file) }
    var buffer = [CChar](repeating: 0, count: 2048)
    guard fgets(&buffer, Int32(buffer.count), file) != nil else { return nil }
    let text = String(
        decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    guard let close = text.lastIndex(of: ")") else { return nil }
    let fields = text[text.index(after: close)...].split(separator: " ")
    guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12])
    else { return nil }
    return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
}

/// CPU seconds that this process has used.
func ownCPUSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    return Double(seconds) + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
}
