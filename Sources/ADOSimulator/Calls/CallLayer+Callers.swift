internal import ADO

/// What callers do.
extension CallLayer {
    private var cluster: Cluster { simulation.cluster }

    func think(_ number: Int) {
        guard callers[number].current == nil else { return }
        // A program that starts again has a session of its own.
        if random.chance(50) {
            callers[number].renew(newSession())
            restarted.insert(number)
        }
        let group = simulation.plan.groups[random.below(simulation.plan.groups.count)]
        let request = callers[number].next
        callers[number].next += 1
        let tag = "\(number).\(callers[number].session % 1000).\(request)"
        let operation = Operation.draw(group, tag: tag, &random)
        guard
            let ticket = histories[group]?.begin(operation, caller: number, at: simulation.now)
        else { return }
        callers[number].current = Caller.Current(
            group: group, operation: operation, request: request, ticket: ticket)
        send(number)
    }

    private func send(_ number: Int) {
        guard var current = callers[number].current else { return }
        current.attempt = nextAttempt()
        current.tries += 1
        callers[number].current = current
        let server = cluster.voters[callers[number].server]
        travel(.arrive(callers[number].request(current), at: server))
        simulation.after(
            2 * simulation.timeout, .call(.expire(number, attempt: current.attempt)))
    }

    func take(_ reply: CallReply, _ number: Int) {
        guard let current = callers[number].current, current.attempt == reply.attempt else {
            return
        }
        switch reply.outcome {
        case .ok: return finish(number, current, reply.payload)
        case .cancelled:
            histories[current.group]?.discard(current.ticket)
            return rest(number)
        case .noSession, .forgotten, .rejected, .thrown, .unhosted, .removed, .tooLarge, .notOpen,
            .quarantined:
            if reply.outcome == .noSession { noteEviction(number) }
            callers[number].renew(newSession())
            return giveUp(number, current)
        case .busy, .noQuorum, .storageFull, .unknown, .closed:
            let pause = random.within(1_000...simulation.timeout / 2)
            simulation.after(pause, .call(.expire(number, attempt: current.attempt)))
        }
    }

    private func finish(_ number: Int, _ current: Caller.Current, _ payload: [UInt8]) {
        noteAnswer(callers[number], current)
        // A read says nothing about the session.
        if !current.operation.isRead { callers[number].opened.insert(current.group) }
        if let text = contradiction(callers[number], current, payload)
            ?? histories[current.group]?.finish(current.ticket, payload, at: simulation.now)
        {
            cluster.fail(.calls, text)
        }
        rest(number)
    }

    func expire(_ number: Int, _ attempt: Int) {
        guard var current = callers[number].current, current.attempt == attempt else { return }
        callers[number].server = random.below(cluster.voters.count)
        guard current.tries >= Self.triesMax else { return send(number) }
        if current.isSettling || current.operation.isRead || random.chance(300) {
            return giveUp(number, current)
        }
        current.isSettling = true
        current.tries = 0
        callers[number].current = current
        send(number)
    }

    /// A read that nobody answered does not matter; a write may have been done, or may be later.
    private func giveUp(_ number: Int, _ current: Caller.Current) {
        if current.operation.isRead {
            histories[current.group]?.discard(current.ticket)
        } else {
            histories[current.group]?.giveUp(current.ticket)
        }
        rest(number)
    }

    private func rest(_ number: Int) {
        callers[number].current = nil
        onRest?(number)
        let pause = random.within(1_000...simulation.plan.workPause * 2)
        simulation.after(pause, .call(.think(number)))
    }
}
