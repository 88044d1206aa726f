import DequeModule

/// Writes are `SET key value GET`, so that each tells what it replaced; reads are `GET`.
///
/// With `replicas` above 0 a batch ends in `WAIT`, and its writes are done when that says so. Redis
/// keeps what follows on the connection until then: other connections overlap.
struct RedisWire: PeerWire {
    private enum Pending: Sendable {
        case write(UInt64)
        case read(UInt64)
        case wait
    }

    private let values: Values
    private let replicas: Int
    private let timeout: Int
    private let keepsValues: Bool
    private var pending: Deque<Pending> = []
    private var writesToWaitFor = 0
    /// Writes that were answered, and wait for replicas.
    private var held: [PeerReply] = []

    /// - Parameter timeout: milliseconds that WAIT waits, after which the writes are in doubt.
    init(_ values: Values, replicas: Int = 0, timeout: Int = 1000, keepsValues: Bool = false) {
        self.values = values
        self.replicas = replicas
        self.timeout = timeout
        self.keepsValues = keepsValues
    }

    mutating func begin() {
        pending.removeAll()
        held.removeAll()
        writesToWaitFor = 0
    }

    mutating func append(_ call: PeerCall, to output: inout [UInt8]) {
        guard let value = call.value else {
            Self.command(["GET", call.key], to: &output)
            pending.append(.read(call.number))
            return
        }
        Self.command(["SET", call.key, value, "GET"], to: &output)
        pending.append(.write(call.number))
        writesToWaitFor += 1
    }

    mutating func endBatch(to output: inout [UInt8]) {
        guard replicas > 0, writesToWaitFor > 0 else { return }
        Self.command(["WAIT", "\(replicas)", "\(timeout)"], to: &output)
        pending.append(.wait)
        writesToWaitFor = 0
    }

    mutating func take(from input: inout [UInt8]) throws(WireFailure) -> [PeerReply] {
        let result: Result<([PeerReply], Int), WireFailure> = input.withUnsafeBytes { bytes in
            do throws(WireFailure) {
                return .success(try take(bytes))
            } catch {
                return .failure(error)
            }
        }
        let (replies, used) = try result.get()
        input.removeFirst(used)
        return replies
    }

    mutating func abandon() -> [PeerReply] {
        var lost = held.map { PeerReply.lost($0.number, isRead: false) }
        for call in pending {
            switch call {
            case .write(let number): lost.append(.lost(number, isRead: false))
            case .read(let number): lost.append(.lost(number, isRead: true))
            case .wait: continue
            }
        }
        begin()
        return lost
    }

    /// A command as Redis reads it: so many words, each with its length.
    static func command(_ words: [String], to output: inout [UInt8]) {
        output.append(contentsOf: "*\(words.count)\r\n".utf8)
        for word in words {
            output.append(contentsOf: "$\(word.utf8.count)\r\n".utf8)
            output.append(contentsOf: word.utf8)
            output.append(contentsOf: "\r\n".utf8)
        }
    }
}

// MARK: - Replies

extension RedisWire {
    private mutating func take(
        _ bytes: UnsafeRawBufferPointer
    ) throws(WireFailure) -> ([PeerReply], Int) {
        var replies: [PeerReply] = []
        var position = 0
        while let (reply, next) = try RESP.read(bytes, from: position) {
            guard let call = pending.popFirst() else {
                throw WireFailure(description: "Redis answered what nobody asked")
            }
            switch call {
            case .read(let number):
                replies.append(try answer(number, isRead: true, reply, bytes))
            case .write(let number):
                let answer = try answer(number, isRead: false, reply, bytes)
                if replicas > 0, answer.answer == .done {
                    held.append(answer)
                } else {
                    replies.append(answer)
                }
            case .wait: replies += release(reply)
            }
            position = next
        }
        return (replies, position)
    }

    /// An error is a refusal: Redis refuses a command before it does any of it.
    private func answer(
        _ number: UInt64, isRead: Bool, _ reply: RESP, _ bytes: UnsafeRawBufferPointer
    ) throws(WireFailure) -> PeerReply {
        switch reply {
        case .error: return PeerReply(number: number, isRead: isRead, answer: .refused)
        case .bulk(nil): return PeerReply(number: number, isRead: isRead, answer: .done)
        case .bulk(let range?):
            let value = UnsafeRawBufferPointer(rebasing: bytes[range])
            return PeerReply(
                number: number, isRead: isRead, answer: .done, witness: values.writer(of: value),
                value: keepsValues ? Array(value) : nil)
        case .simple, .integer:
            throw WireFailure(description: "Redis answered SET GET or GET with neither value")
        }
    }

    private mutating func release(_ reply: RESP) -> [PeerReply] {
        defer { held.removeAll(keepingCapacity: true) }
        if case .integer(let count) = reply, count >= Int64(replicas) { return held }
        return held.map { .lost($0.number, isRead: false) }
    }
}
