import ADO
import ADOObjects
import CMultiPaxos
import Testing

@testable import ADOSimulator

@Suite struct `The call layer` {
    func entry(
        _ operation: CallOperation, session: UInt64 = 7, request: UInt64 = 0, method: [UInt8] = []
    ) -> [UInt8] {
        let header = CallHeader(
            session: session, request: request, lowest: request, operation: operation)
        return header.encoded() + method
    }

    func frame(_ entries: [[UInt8]], first: UInt64 = 1) -> Frame {
        Frame.sealed(entries, group: 2, first: first, ballot: mp_ballot(1, 1), previous: 0)
    }

    @Test func `agrees with the product about calls, duplicates, settlements and rubbish`() {
        let add = Counter.Method.add(5).encoded()
        let log = frame([
            entry(.method, request: 1, method: add), entry(.open),
            entry(.method, request: 1, method: add), entry(.method, request: 1, method: add),
            entry(.settle, request: 2), entry(.method, request: 2, method: add),
            entry(.method, request: 3, method: [99]), entry(.method, request: 1, method: add),
            entry(.open, session: 0), [1, 2, 3],
        ])
        var model = CallModel(group: 2)
        model.apply(log)
        let product = HostedObject.make(group: 2).apply(log)
        #expect(model.records == product.map { $0 })
        let outcomes: [ReplyOutcome] = [
            .noSession, .ok, .ok, .ok, .cancelled, .cancelled, .rejected, .forgotten, .rejected,
            .rejected,
        ]
        #expect(product.map(\.outcome) == outcomes)
        #expect(product[2] == product[3])
    }

    @Test func `counts what is carried out, and not what is answered from memory`() {
        let add = Counter.Method.add(5).encoded()
        let object = HostedObject.make(group: 2)
        _ = object.apply(
            frame([
                entry(.open), entry(.method, request: 1, method: add),
                entry(.method, request: 1, method: add), entry(.settle, request: 2),
                entry(.method, request: 2, method: add),
            ]))
        #expect(object.ran.map(\.request) == [Request(session: 7, number: 1)])
        #expect(object.ran.map(\.index) == [2])
        // The count is a part of the state, as replicas compare it.
        let other = HostedObject.make(group: 2)
        #expect(other.restore(object.state))
        #expect(other.digest == object.digest)
        _ = other.apply(frame([entry(.method, request: 1, method: add)], first: 6))
        #expect(other.ran.isEmpty)
        other.forgetSessions()
        _ = other.apply(
            frame([entry(.open), entry(.method, request: 1, method: add)], first: 7))
        #expect(other.ran.map(\.index) == [8])
    }

    @Test func `knows a search that was given up from one that found nothing`() throws {
        var history = CallHistory(group: 2)
        let adds = (1...8).map { history.begin(.add($0), caller: $0, at: 1) }
        let read = history.begin(.value, caller: 9, at: 2)
        for (place, ticket) in adds.enumerated() {
            // As if they had been added in the reverse order.
            let sum = (place + 1...8).reduce(0, +)
            #expect(history.finish(ticket, sum.encoded(), at: 3) == nil)
        }
        #expect(history.finish(read, 36.encoded(), at: 4) == nil)
        #expect(history.verdict() == .holds)
        guard case .incomplete(let reason) = history.verdict(stepsMax: 2) else {
            Issue.record("\(history.verdict(stepsMax: 2))")
            return
        }
        #expect(!reason.isEmpty)
        let second = history.begin(.value, caller: 9, at: 5)
        #expect(history.finish(second, 35.encoded(), at: 6) == nil)
        #expect(history.isRefuted)
    }

    @Test(arguments: [UInt64(1), 2])
    func `agrees with the product about whatever is nearly a call`(group: UInt64) {
        var random = Random(seed: group)
        var model = CallModel(group: group)
        let product = HostedObject.make(group: group)
        var outcomes: Set<ReplyOutcome> = []
        var first: UInt64 = 1
        for _ in 0..<1_000 {
            let entries = (0..<4).map { _ in MalformedCall.draw(group, &random) }
            let frame = Frame.sealed(
                entries, group: group, first: first, ballot: mp_ballot(1, 1), previous: 0)
            first += 4
            model.apply(frame)
            let answers = product.apply(frame)
            #expect(model.records.suffix(4).map { $0 } == answers)
            outcomes.formUnion(answers.map(\.outcome))
        }
        #expect(
            outcomes.isSuperset(of: [.ok, .rejected, .noSession, .forgotten, .cancelled]),
            "\(outcomes)")
        // Callers see none of it.
        let look = group == 2 ? Operation.value.method : Operation.get("k0").method
        let blank = HostedObject.make(group: group)
        #expect(product.read(look) == blank.read(look))
    }

    @Test func `rejects a history in which a read goes back`() {
        var history = CallHistory(group: 1)
        let set = history.begin(.set("k", "a"), caller: 1, at: 10)
        #expect(history.finish(set, String?.none.encoded(), at: 20) == nil)
        #expect(history.verdict() == .holds)
        let get = history.begin(.get("k"), caller: 2, at: 30)
        #expect(history.finish(get, String?.none.encoded(), at: 40) == nil)
        #expect(history.isRefuted)
    }

    @Test func `allows a call that was given up to happen later or never`() {
        var history = CallHistory(group: 2)
        let lost = history.begin(.add(5), caller: 1, at: 10)
        history.giveUp(lost)
        let before = history.begin(.value, caller: 2, at: 30)
        #expect(history.finish(before, 0.encoded(), at: 40) == nil)
        let after = history.begin(.value, caller: 2, at: 50)
        #expect(history.finish(after, 5.encoded(), at: 60) == nil)
        #expect(history.verdict() == .holds)
        let twice = history.begin(.value, caller: 2, at: 70)
        #expect(history.finish(twice, 10.encoded(), at: 80) == nil)
        #expect(history.isRefuted)
    }

    @Test func `tells a caller from the log what was done`() {
        let plan = Plan(faulty: 1)
        let simulation = Simulation(plan, cluster: Cluster(plan.configuration))
        let layer = CallLayer(simulation)
        let caller = Caller(number: 0, session: 7, server: 0)
        let current = Caller.Current(group: 1, operation: .add(1), request: 1, ticket: 0)
        #expect(layer.contradiction(caller, current, 5.encoded()) != nil)
    }
}

extension CallHistory {
    /// Whether the calls are known not to have happened one at a time.
    fileprivate var isRefuted: Bool {
        if case .violated = verdict() { return true }
        return false
    }
}
