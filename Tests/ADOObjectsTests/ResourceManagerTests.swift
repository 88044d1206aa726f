import ADO
import ADOObjects
import Testing

@Suite struct `A resource manager` {
    private let first = Epoch(number: 1, manager: 7)
    private let second = Epoch(number: 2, manager: 5)
    private var manager = Applied(ResourceManager.self)

    private func id(_ number: UInt64) -> TransactionID {
        TransactionID(epoch: first, number: number)
    }

    private mutating func enroll() throws {
        #expect(
            try manager(.enroll(first))
                == .enrolled(undecided: [], recent: []))
    }

    /// Not in the order of hashes, which differs from process to process.
    @Test mutating func `names what is locked in the order of the changes`() throws {
        try enroll()
        let names = (1...20).map { "resource \($0)" }
        for (number, name) in names.enumerated() {
            let change = ResourceChange(name, by: 1)
            #expect(try manager(.prepare(id(UInt64(number) + 1), [change])) == .yes)
        }
        for start in 0..<20 {
            let order = names[start...] + names[..<start]
            let changes = order.map { ResourceChange($0, by: 1) }
            let vote = try manager(.prepare(id(UInt64(start) + 100), changes))
            #expect(vote == .no(.locked(names[start])))
        }
    }

    @Test mutating func `makes changes when they are committed, and not before`() throws {
        try enroll()
        #expect(try manager(.prepare(id(1), [ResourceChange("apples", by: 5)])) == .yes)
        #expect(try manager(.prepare(id(1), [ResourceChange("apples", by: 5)])) == .yes)
        #expect(try manager(.quantity("apples")) == 0)
        #expect(try manager(.decide(id(1), .commit, by: first)) == .decided(.commit))
        #expect(try manager(.decide(id(1), .commit, by: first)) == .decided(.commit))
        #expect(try manager(.decide(id(1), .abort, by: first)) == .decided(.commit))
        #expect(try manager(.quantity("apples")) == 5)
        #expect(try manager(.outcome(id(1))) == .commit)
    }

    @Test mutating func `votes no where something is locked, or would be negative`() throws {
        try enroll()
        #expect(
            try manager(.prepare(id(1), [ResourceChange("pears", by: -1)]))
                == .no(.insufficient("pears")))
        #expect(try manager(.prepare(id(1), [ResourceChange("pears", by: 1)])) == .no(.late))
        let both = [ResourceChange("pears", by: -1), ResourceChange("pears", by: 2)]
        #expect(try manager(.prepare(id(2), both)) == .yes)
        #expect(
            try manager(.prepare(id(3), [ResourceChange("pears", by: 1)])) == .no(.locked("pears")))
        #expect(try manager(.prepare(id(4), [ResourceChange("plums", by: 1)])) == .yes)
        #expect(try manager(.decide(id(2), .abort, by: first)) == .decided(.abort))
        #expect(try manager(.quantity("pears")) == 0)
        #expect(manager.object.prepared == [id(4)])
    }

    @Test mutating func `tolerates what it was never asked about, and refuses it later`() throws {
        try enroll()
        #expect(try manager(.decide(id(3), .abort, by: first)) == .unknown)
        #expect(try manager(.prepare(id(3), [ResourceChange("apples", by: 1)])) == .no(.late))
        #expect(try manager(.prepare(id(4), [ResourceChange("apples", by: 1)])) == .yes)
    }

    @Test mutating func `shuts out a manager when the next one enrolls`() throws {
        try enroll()
        #expect(try manager(.prepare(id(1), [ResourceChange("apples", by: 5)])) == .yes)
        #expect(
            try manager(.enroll(second))
                == .enrolled(undecided: [id(1)], recent: []))
        #expect(try manager(.decide(id(1), .commit, by: first)) == .fenced(by: second))
        #expect(try manager(.prepare(id(2), [])) == .fenced(by: second))
        #expect(try manager(.enroll(first)) == .fenced(by: second))
        #expect(try manager(.decide(id(1), .abort, by: second)) == .decided(.abort))
        #expect(
            try manager(.enroll(second))
                == .enrolled(undecided: [], recent: [Decided(id(1), .abort)]))
    }

    @Test mutating func `keeps a bounded history`() throws {
        try enroll()
        let count = ResourceManager.historyMax + 10
        for number in 1...count {
            #expect(try manager(.prepare(id(number), [ResourceChange("x", by: 1)])) == .yes)
            #expect(try manager(.decide(id(number), .commit, by: first)) == .decided(.commit))
        }
        #expect(manager.object.decided.count == Int(ResourceManager.historyMax))
        #expect(manager.object.decided.last?.id == id(count))
        #expect(try manager(.outcome(id(1))) == nil)
        #expect(try manager(.quantity("x")) == Int(count))
    }
}
