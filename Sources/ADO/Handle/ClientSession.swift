/// A session as its client sees it: which requests are still of interest.
struct ClientSession: Sendable {
    /// Requests that are remembered as unsettled; the oldest are given up beyond.
    static let outstandingMax = 16384

    /// The id: drawn at random, so that two clients do not have the same.
    let id: UInt64

    /// Whether the log is known to hold the entry that opens it.
    var isOpen = false

    private var next: UInt64 = 1
    /// Numbers of unsettled requests, rising.
    private var outstanding: [UInt64] = []

    init(_ id: UInt64) {
        self.id = id
    }

    /// Whether a request was made.
    var isUsed: Bool { next > 1 }

    /// Below this, every result arrived, or nobody will ask for it.
    var lowest: UInt64 { outstanding.first ?? next }

    /// Makes the next request.
    mutating func begin() -> Request {
        if outstanding.count == Self.outstandingMax { outstanding.removeFirst() }
        outstanding.append(next)
        next += 1
        return Request(session: id, number: next - 1)
    }

    /// Says that nobody will ask for the results of `requests` again.
    mutating func end(_ requests: [Request]) {
        guard requests.count > 8 else {
            for request in requests { end(request) }
            return
        }
        let id = id
        let ended = Set(requests.lazy.filter { $0.session == id }.map(\.number))
        outstanding.removeAll { ended.contains($0) }
    }

    /// Says that nobody will ask for the result of `request` again.
    mutating func end(_ request: Request) {
        guard request.session == id else { return }
        var low = 0
        var high = outstanding.count
        while low < high {
            let middle = (low + high) / 2
            if outstanding[middle] < request.number { low = middle + 1 } else { high = middle }
        }
        guard low < outstanding.count, outstanding[low] == request.number else { return }
        outstanding.remove(at: low)
    }
}
