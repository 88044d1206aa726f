internal import ADO

/// One application that calls objects, one call at a time.
struct Caller {
    /// The call that it waits for.
    struct Current {
        let group: UInt64
        let operation: Operation
        let request: UInt64
        /// Of the history.
        let ticket: Int
        var attempt = 0
        var tries = 0
        var isSettling = false
    }

    let number: Int
    var session: UInt64
    /// Groups whose log is known to hold the entry that opens the session.
    var opened: Set<UInt64> = []
    var next: UInt64 = 1
    /// The place of the server that it is connected to.
    var server: Int
    var current: Current?

    /// Takes another session, as a program that starts again does.
    mutating func renew(_ session: UInt64) {
        self.session = session
        opened = []
        next = 1
    }

    /// The present attempt, as a server takes it.
    func request(_ current: Current) -> CallRequest {
        let operation: CallOperation = current.isSettling ? .settle : .method
        return CallRequest(
            caller: number, attempt: current.attempt, group: current.group,
            header: CallHeader(
                session: session, request: current.request, lowest: current.request,
                operation: operation),
            method: current.isSettling ? [] : current.operation.method,
            isRead: current.operation.isRead, opens: !opened.contains(current.group))
    }
}
