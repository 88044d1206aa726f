// The part of a handle's state that calls use.

extension HandleState {
    /// Makes a request for a call, and what its entries record; nil if too many are under way.
    mutating func beginCall() -> (Request, origin: [UInt8])? {
        guard callsUnderWay < Self.callsMax else { return nil }
        callsUnderWay += 1
        return (callSession.begin(), notes.field())
    }

    /// Accounts for the end of a call: what stays unknown may still be settled.
    mutating func endCall(_ request: Request, _ result: Result<Reply, CallFailure>) {
        callsUnderWay -= 1
        if case .success(let reply) = result { notes.note(reply) }
        switch result {
        case .failure(.unknown), .failure(.unhosted), .failure(.quarantined): return
        case .success, .failure: end([request])
        }
    }

    /// A request of a new session, in place of one whose session is gone.
    mutating func renewCall(_ request: Request) -> Request {
        if callSession.id == request.session { callSession = newSession() }
        return callSession.begin()
    }

    /// A new request for another try of a call that may be done several times.
    mutating func repeatCall(_ request: Request) -> Request {
        end([request])
        return callSession.begin()
    }

    /// Notes that the log holds the entry that opens a session.
    mutating func confirmOpen(_ session: UInt64) {
        if callSession.id == session { callSession.isOpen = true }
    }

    /// Puts a call on the branch of a handle that owns, unless it is there already.
    mutating func place(_ attempts: inout Attempts) throws(InvokeFailure) -> Placed {
        if let placed = attempts.placed, placed.ballot == branch?.ballot { return placed }
        let method = attempts.method
        let placed = try place(attempts.operation, attempts.request, attempts.origin) {
            $0.raw(method)
        }
        attempts.place(placed)
        return placed
    }

    func isCommitted(_ placed: Placed) -> Bool {
        isCommitted(through: placed.reply.index, under: placed.ballot)
    }

    /// Whether the branch of a ballot is known to be committed through an index.
    func isCommitted(through index: UInt64, under ballot: Ballot) -> Bool {
        guard let branch, branch.ballot == ballot else { return false }
        return branch.committed.lastIndex >= index
    }

    /// The entries that carry an attempt to whoever owns the object.
    ///
    /// Settling a request opens its session too: were it unknown, the request itself could still
    /// arrive with the entry that opens it, and be done.
    func block(_ attempts: Attempts) -> (bytes: [UInt8], count: Int) {
        let request = attempts.request
        let isOpen = callSession.id == request.session && callSession.isOpen
        let header = header(attempts.operation, request)
        var writer = Writer(capacity: attempts.method.count + 128)
        if !isOpen { writer.openEntry(session: request.session, for: Object.self) }
        writer.entry(.call) { writer in
            writer.head(header, origin: attempts.origin)
            writer.raw(attempts.method)
        }
        return (writer.bytes, isOpen ? 1 : 2)
    }
}
