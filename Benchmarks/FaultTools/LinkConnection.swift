internal import Glibc

/// One connection through a link: two sockets, and a queue in each direction between them.
struct LinkConnection {
    typealias Instant = ContinuousClock.Instant

    /// One direction.
    private struct Way {
        let source: LinkSocket
        let target: LinkSocket
        var queue = LinkQueue()

        /// Reads what there is room for, turns one bit of it if `corrupt`, and says whether it did.
        mutating func take(_ corrupt: Bool, at now: Instant) -> Bool {
            guard queue.room > 0 else { return false }
            switch source.read(queue.room) {
            case .bytes(var bytes):
                if corrupt { bytes[.random(in: bytes.indices)] ^= 1 << UInt8.random(in: 0..<8) }
                queue.append(bytes, at: now)
                return corrupt
            case .end: queue.end()
            case .nothing: break
            }
            return false
        }

        /// Delivers what is due; false if nobody is there to take it.
        mutating func give(_ fault: LinkFault, at now: Instant) -> Bool {
            while true {
                let bytes = queue.ready(fault, at: now)
                guard !bytes.isEmpty else { return true }
                guard let count = target.write(bytes) else { return false }
                if count > 0 { queue.remove(count, fault, at: now) }
                if count < bytes.count { return true }
            }
        }
    }

    private var ways: [LinkDirection: Way]

    init(_ near: LinkSocket, _ far: LinkSocket) {
        ways = [
            .there: Way(source: near, target: far), .back: Way(source: far, target: near),
        ]
    }

    /// Reads what has been sent, and damages it as the rules ask, which then ask it no more.
    mutating func take(_ rules: inout LinkRules, at now: Instant) {
        for direction in LinkDirection.allCases {
            let corrupt = rules.corrupts.contains(direction)
            if ways[direction]?.take(corrupt, at: now) == true { rules.corrupts.remove(direction) }
        }
    }

    /// Delivers what is due; false once the connection is over.
    mutating func give(_ rules: LinkRules, at now: Instant) -> Bool {
        for direction in LinkDirection.allCases {
            guard ways[direction]?.give(rules.fault(direction), at: now) == true else {
                return false
            }
        }
        return !isOver(rules)
    }

    /// Both sides have left, or one has and the other may know.
    private func isOver(_ rules: LinkRules) -> Bool {
        let ended = ways.values.count { $0.queue.isEnded }
        return ended == ways.count
            || ways.contains { $1.queue.isDone && !rules.fault($0).isSilent }
    }

    /// When something is due next, if that is known.
    func due(_ rules: LinkRules) -> Instant? {
        ways.compactMap { $1.queue.due(rules.fault($0)) }.min()
    }

    /// What to wait for.
    ///
    /// A socket that nothing is wanted of is left out: its end would be reported again and again.
    func interests(_ rules: LinkRules, at now: Instant) -> [pollfd] {
        ways.flatMap { direction, way in
            let isReady = !way.queue.ready(rules.fault(direction), at: now).isEmpty
            return [
                way.queue.room > 0
                    ? pollfd(fd: way.source.descriptor, events: Int16(POLLIN), revents: 0) : nil,
                isReady
                    ? pollfd(fd: way.target.descriptor, events: Int16(POLLOUT), revents: 0) : nil,
            ].compactMap { $0 }
        }
    }

    /// Breaks the connection: both sides get an error.
    func reset() {
        for way in ways.values { way.source.reset() }
    }
}

/// What a link does at present.
struct LinkRules {
    var faults: [LinkDirection: LinkFault] = [:]
    /// Directions in which the next bytes are to be damaged.
    var corrupts: Set<LinkDirection> = []
    /// Whether connections are refused.
    var isCut = false
    /// Whether the connections there are are to be broken.
    var breaks = false
    /// Whether the link is gone for ever.
    var isClosed = false

    func fault(_ direction: LinkDirection) -> LinkFault { faults[direction] ?? .none }
}
