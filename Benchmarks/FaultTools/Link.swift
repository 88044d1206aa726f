internal import Foundation
internal import Glibc
internal import Synchronization

/// The network between two processes, for somebody to break: connections to its port are made on to
/// another port of this machine, and what they carry passes through here.
///
/// ```swift
/// let link = try Link(to: server.port)
/// connect(to: link.port)
/// link.set(.silence, .back)
/// ```
///
/// One thread serves all connections of a link. It ends with the last reference to the link.
public final class Link: Sendable {
    /// Where to connect to, instead of the target.
    public let port: UInt16

    private let shared: Shared

    /// Creates a link to a port of this machine, where nobody has to listen yet.
    ///
    /// - Throws: If the system has no port or descriptor left.
    public init(to target: UInt16) throws {
        let (listener, port) = try LinkSocket.listening()
        let shared = try Shared()
        self.port = port
        self.shared = shared
        let start = Start(listener: listener)
        Thread.detachNewThread { LinkLoop(start.listener, target, shared).run() }
    }

    deinit {
        shared.change { $0.isClosed = true }
    }

    /// Puts a fault, or none, into one direction or both.
    public func set(_ fault: LinkFault, _ directions: LinkDirection...) {
        let directions = directions.isEmpty ? LinkDirection.allCases : directions
        shared.change { rules in
            for direction in directions { rules.faults[direction] = fault }
        }
    }

    /// Breaks the connections there are, and refuses new ones until it is mended.
    public func cut() {
        shared.change { rules in
            rules.isCut = true
            rules.breaks = true
        }
    }

    /// Breaks the connections there are; they may be made again at once.
    public func interrupt() {
        shared.change { $0.breaks = true }
    }

    /// Turns one bit of the next bytes in this direction.
    public func corrupt(_ direction: LinkDirection) {
        shared.change { $0.corrupts.insert(direction) }
    }

    /// Whether bytes that are to be damaged have not come by yet; false before anybody gets them.
    public var isCorrupting: Bool { !shared.rules.withLock { $0.corrupts.isEmpty } }

    /// Lets everything pass again.
    public func mend() {
        shared.change { rules in
            rules = LinkRules(breaks: rules.breaks, isClosed: rules.isClosed)
        }
    }

    /// A socket on its way to the thread that will use it alone.
    private struct Start: @unchecked Sendable {
        let listener: LinkSocket
    }

    /// What a link and its thread share.
    final class Shared: Sendable {
        let rules = Mutex(LinkRules())
        /// A pipe to interrupt the wait of the thread.
        let wakeRead: Int32
        private let wakeWrite: Int32

        init() throws {
            var ends: [Int32] = [0, 0]
            guard pipe(&ends) == 0 else { throw LinkSocket.Failure("make a pipe") }
            for end in ends {
                _ = fcntl(end, F_SETFD, FD_CLOEXEC)
                _ = fcntl(end, F_SETFL, O_NONBLOCK)
            }
            (wakeRead, wakeWrite) = (ends[0], ends[1])
        }

        deinit {
            close(wakeRead)
            close(wakeWrite)
        }

        func change(_ body: (inout sending LinkRules) -> Void) {
            rules.withLock { body(&$0) }
            var byte: UInt8 = 0
            _ = write(wakeWrite, &byte, 1)
        }
    }
}

/// The thread of a link.
private final class LinkLoop {
    private let listener: LinkSocket
    private let target: UInt16
    private let shared: Link.Shared
    private var connections: [LinkConnection] = []

    init(_ listener: LinkSocket, _ target: UInt16, _ shared: Link.Shared) {
        self.listener = listener
        self.target = target
        self.shared = shared
    }

    func run() {
        while true {
            let now = ContinuousClock.now
            var rules = shared.rules.withLock { rules in
                defer { rules.breaks = false }
                return rules
            }
            if rules.breaks || rules.isClosed { breakAll() }
            guard !rules.isClosed else { return }
            accept(rules)
            let asked = rules.corrupts
            for index in connections.indices { connections[index].take(&rules, at: now) }
            // Nobody gets damaged bytes while the link still says that they are to come.
            let damaged = asked.subtracting(rules.corrupts)
            if !damaged.isEmpty { shared.rules.withLock { $0.corrupts.subtract(damaged) } }
            connections = connections.compactMap { connection in
                var connection = connection
                return connection.give(rules, at: now) ? connection : nil
            }
            wait(rules, at: now)
        }
    }

    private func breakAll() {
        for connection in connections { connection.reset() }
        connections = []
    }

    private func accept(_ rules: LinkRules) {
        while let near = listener.accepted() {
            guard !rules.isCut, let far = LinkSocket.connected(to: target) else {
                near.reset()
                continue
            }
            connections.append(LinkConnection(near, far))
        }
    }

    private func wait(_ rules: LinkRules, at now: ContinuousClock.Instant) {
        var interests = connections.flatMap { $0.interests(rules, at: now) }
        interests.append(pollfd(fd: listener.descriptor, events: Int16(POLLIN), revents: 0))
        interests.append(pollfd(fd: shared.wakeRead, events: Int16(POLLIN), revents: 0))
        let next = connections.compactMap { $0.due(rules) }.filter { $0 > now }.min()
        let milliseconds = next.map { ($0 - now) / .milliseconds(1) } ?? 1000
        _ = Glibc.poll(&interests, nfds_t(interests.count), Int32(min(milliseconds, 1000) + 1))
        var drained = [UInt8](repeating: 0, count: 64)
        while read(shared.wakeRead, &drained, drained.count) > 0 {}
    }
}
