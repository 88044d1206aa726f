import Linearizability
import Testing

@Suite struct `A history` {
    typealias Seen = History<CounterModel.Input, Int>

    private func failure(_ operations: Seen.Operation...) -> MalformedHistory? {
        do {
            _ = try Seen(operations)
            return nil
        } catch {
            return error
        }
    }

    @Test func `refuses a return before its call`() {
        let operation = Seen.Operation(
            client: 1, input: .value, call: 5, outcome: .returned(0, at: 4))
        #expect(failure(operation) == .returnsBeforeItsCall(client: 1, call: 5, end: 4))
        let sentence = failure(operation)?.description
        #expect(
            sentence == "client 1 calls at 5 what returned at 4: "
                + "take both times from one clock that never goes back")
    }

    @Test func `refuses a client that calls while it calls`() {
        let expected = MalformedHistory.callsWhileCalling(client: 1, running: 0, end: 10, call: 9)
        #expect(failure(.op(1, 0...10, .value, 0), .op(1, 9...20, .value, 0)) == expected)
        #expect(failure(.op(1, 9...20, .value, 0), .op(1, 0...10, .value, 0)) == expected)
        #expect(failure(.op(1, 0...10, .value, 0), .lost(1, 9, .value)) == expected)
        #expect(expected.description.contains("a client number of its own"))
    }

    @Test func `accepts what one client does at once`() {
        #expect(failure(.op(1, 0...10, .value, 0), .op(1, 10...10, .value, 0)) == nil)
        #expect(failure(.op(1, 5...9, .value, 0), .op(1, 5...5, .value, 0)) == nil)
        #expect(failure(.lost(1, 5, .value), .lost(1, 5, .value), .op(1, 5...6, .value, 0)) == nil)
        #expect(failure(.op(1, 0...10, .value, 0), .op(2, 9...20, .value, 0)) == nil)
        #expect(failure(.op(1, 0...(.max), .value, 0), .lost(1, .max, .value)) == nil)
        #expect(failure() == nil)
    }

    @Test func `that is empty is linearizable`() throws {
        #expect(try CounterModel().judge().isLinearizable)
        #expect(try CounterModel().judge(.lost(1, 0, .add(1))).isLinearizable)
    }

    @Test func `lets what touches overlap, except for one client`() throws {
        let touching = try CounterModel().judge(
            .op(1, 0...10, .add(1), 2), .op(2, 10...20, .add(1), 1))
        #expect(touching.isLinearizable)
        let own = try CounterModel().judge(
            .op(1, 0...10, .add(1), 2), .op(1, 10...20, .add(1), 1))
        #expect(own.explanation?.unplaceable == [0])
    }

    @Test func `orders what takes no time as it was given`() throws {
        let given = try CounterModel().judge(
            .op(1, 5...5, .add(1), 1), .op(1, 5...5, .add(1), 2), .op(1, 5...5, .value, 2))
        #expect(given.isLinearizable)
        let reversed = try CounterModel().judge(
            .op(1, 5...5, .add(1), 2), .op(1, 5...5, .add(1), 1), .op(1, 5...5, .value, 2))
        #expect(reversed.explanation != nil)
    }
}

@Suite struct `A recorder` {
    @Test func `makes a history of what it was told`() throws {
        var recorder = Recorder<CounterModel.Input, Int>()
        let first = recorder.begin(.add(1), client: 1, at: 0)
        let second = recorder.begin(.add(1), client: 2, at: 1)
        let third = recorder.begin(.add(5), client: 3, at: 2)
        _ = recorder.begin(.add(7), client: 4, at: 3)
        try recorder.finish(second, .returned(1, at: 4))
        try recorder.discard(third)
        try recorder.finish(first, .returned(9, at: 5))
        let history = try recorder.history()
        #expect(history.operations.map(\.client) == [1, 2, 4])
        #expect(history.operations.map { $0.returned?.output } == [9, 1, nil])
        #expect(CounterModel().check(history).isLinearizable)
    }

    @Test func `refuses to finish what does not run`() throws {
        var recorder = Recorder<CounterModel.Input, Int>()
        let ticket = recorder.begin(.value, client: 1, at: 0)
        try recorder.finish(ticket, .unknown)
        for nothing in [ticket, -1, 7] {
            #expect(throws: MalformedHistory.finishesNothing(ticket: nothing)) {
                try recorder.finish(nothing, .unknown)
            }
            #expect(throws: MalformedHistory.finishesNothing(ticket: nothing)) {
                try recorder.discard(nothing)
            }
        }
    }
}
