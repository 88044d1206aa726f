import Linearizability
import Testing

/// Small histories known from papers, reports and other checkers, good and bad.
@Suite struct `A register` {
    let model = RegisterModel(initial: 0)

    @Test func `may be read old or new while it is written`() throws {
        for value in [0, 1] {
            let verdict = try model.judge(
                .op(1, 0...10, .write(1), .written), .op(2, 2...4, .read, .value(value)))
            #expect(verdict.isLinearizable)
        }
    }

    @Test func `may not be read old after a write returned`() throws {
        let verdict = try model.judge(
            .op(1, 0...10, .write(1), .written), .op(2, 11...12, .read, .value(0)))
        #expect(verdict.explanation?.unplaceable == [1])
    }

    @Test func `may not be read old after somebody read new`() throws {
        let verdict = try model.judge(
            .op(1, 0...100, .write(1), .written), .op(2, 10...20, .read, .value(1)),
            .op(3, 30...40, .read, .value(0)))
        #expect(verdict.explanation?.unplaceable == [2])
    }

    /// Herlihy and Wing 1990, figure 1 in spirit: writes that overlap may come in either order, but
    /// everybody sees the same one.
    @Test func `has one order of concurrent writes for all readers`() throws {
        let writes: [History<RegisterModel<Int>.Input, RegisterModel<Int>.Output>.Operation] = [
            .op(1, 0...10, .write(1), .written), .op(2, 0...10, .write(2), .written),
        ]
        for last in [1, 2] {
            let reads = try History(
                writes + [
                    .op(3, 11...12, .read, .value(last)), .op(4, 13...14, .read, .value(last)),
                ])
            #expect(model.check(reads).isLinearizable)
            let torn = try History(
                writes + [
                    .op(3, 11...12, .read, .value(last)), .op(4, 13...14, .read, .value(3 - last)),
                ])
            #expect(model.check(torn).explanation?.unplaceable == [3])
        }
    }

    /// The order in which an operation is called is not the order in which it takes effect.
    @Test func `may be read from a write that was called before and returns later`() throws {
        let verdict = try model.judge(
            .op(1, 0...100, .write(1), .written), .op(2, 10...20, .write(2), .written),
            .op(3, 30...40, .read, .value(2)), .op(4, 50...60, .read, .value(1)))
        #expect(verdict.isLinearizable)
    }

    /// Porcupine's first example: both reads are concurrent with the write, the later one old.
    @Test func `may not go back for one client`() throws {
        let verdict = try model.judge(
            .op(0, 0...100, .write(100), .written), .op(1, 25...75, .read, .value(100)),
            .op(2, 30...60, .read, .value(0)))
        #expect(verdict.isLinearizable)
        let back = try model.judge(
            .op(0, 0...100, .write(200), .written), .op(1, 10...30, .read, .value(200)),
            .op(1, 40...90, .read, .value(0)))
        #expect(back.explanation?.unplaceable == [2])
    }

    @Test func `is compared and set by one of two`() throws {
        let both = try model.judge(
            .op(1, 0...10, .compareAndSet(0, 1), .compared(true)),
            .op(2, 0...10, .compareAndSet(0, 2), .compared(true)))
        #expect(both.explanation != nil)
        let one = try model.judge(
            .op(1, 0...10, .compareAndSet(0, 1), .compared(true)),
            .op(2, 0...10, .compareAndSet(0, 2), .compared(false)))
        #expect(one.isLinearizable)
    }

    /// A write of the value that is there already still hides others: it may not be placed at once.
    @Test func `may be written with the value that it has, later`() throws {
        let verdict = try model.judge(
            .op(1, 0...100, .write(0), .written), .op(2, 10...20, .write(1), .written),
            .op(3, 30...40, .read, .value(1)), .op(4, 50...60, .read, .value(0)))
        #expect(verdict.isLinearizable)
    }
}

@Suite struct `A dictionary` {
    let model = KeyValueModel<String, Int>()

    @Test func `loses no update`() throws {
        let lost = try model.judge(
            .op(1, 0...10, .set("x", 1), nil), .op(2, 5...15, .set("x", 2), nil))
        #expect(lost.explanation?.unplaceable == [1, 0] || lost.explanation?.unplaceable == [1])
        let kept = try model.judge(
            .op(1, 0...10, .set("x", 1), 2), .op(2, 5...15, .set("x", 2), nil))
        #expect(kept.isLinearizable)
    }

    /// A leader answers from what it did not commit, is replaced, and the write is gone.
    @Test func `does not show what later vanishes`() throws {
        let verdict = try model.judge(
            .lost(1, 0, .set("x", 1)), .op(2, 10...20, .get("x"), 1),
            .op(3, 30...40, .get("x"), nil))
        #expect(verdict.explanation?.unplaceable == [2])
        #expect(verdict.explanation?.prefix == [0, 1])
    }

    @Test func `shows what was removed only before`() throws {
        let verdict = try model.judge(
            .op(1, 0...1, .set("x", 1), nil), .op(1, 2...3, .remove("x"), 1),
            .op(2, 4...5, .get("x"), 1))
        #expect(verdict.explanation?.unplaceable == [2])
    }

    @Test func `has keys that are judged alone`() throws {
        let verdict = try model.judge(
            .op(1, 0...1, .set("x", 1), nil), .op(1, 2...3, .set("y", 1), nil),
            .op(2, 4...5, .get("x"), 1), .op(2, 6...7, .get("y"), nil))
        #expect(verdict.explanation?.key == "y")
        #expect(verdict.explanation?.unplaceable == [3])
        #expect(verdict.explanation?.prefix == [1])
    }
}

@Suite struct `An operation of unknown outcome` {
    let model = KeyValueModel<String, Int>()

    @Test func `may have happened, or not, or later`() throws {
        let reads: [[Int?]] = [[nil, nil], [nil, 1], [1, 1]]
        for read in reads {
            let verdict = try model.judge(
                .lost(1, 0, .set("x", 1)), .op(2, 10...20, .get("x"), read[0]),
                .op(2, 1000...1001, .get("x"), read[1]))
            #expect(verdict.isLinearizable)
        }
    }

    @Test func `cannot happen before its call`() throws {
        let verdict = try model.judge(
            .op(2, 0...9, .get("x"), 1), .lost(1, 10, .set("x", 1)))
        #expect(verdict.explanation?.unplaceable == [0])
    }

    @Test func `does not happen twice`() throws {
        let once = try CounterModel().judge(
            .lost(1, 0, .add(1)), .op(2, 1...2, .value, 0), .op(2, 3...4, .value, 1),
            .op(2, 5...6, .value, 1))
        #expect(once.isLinearizable)
        let twice = try CounterModel().judge(
            .lost(1, 0, .add(1)), .op(2, 1...2, .value, 1), .op(2, 3...4, .value, 2))
        #expect(twice.explanation?.unplaceable == [2])
    }

    /// It is applied, overwritten, and applied again by a retry that nobody recognised.
    @Test func `does not come back`() throws {
        let verdict = try model.judge(
            .lost(1, 0, .set("x", 1)), .op(2, 10...20, .get("x"), 1),
            .op(2, 30...40, .set("x", 2), 1), .op(2, 50...60, .get("x"), 1))
        #expect(verdict.explanation?.unplaceable == [3])
    }

    @Test func `lets its client go on, even in the same instant`() throws {
        let verdict = try model.judge(
            .lost(1, 0, .set("x", 1)), .op(1, 0...1, .set("x", 2), nil),
            .op(1, 2...3, .get("x"), 1))
        #expect(verdict.isLinearizable)
    }

    /// The first write must follow its client's read, which returned in the instant of its call;
    /// the second need not, although it was called no earlier.
    @Test func `of another client does not wait for its twin`() throws {
        let verdict = try RegisterModel(initial: 0).judge(
            .op(1, 0...5, .read, .value(1)), .lost(1, 5, .write(1)), .lost(2, 5, .write(1)))
        #expect(verdict.isLinearizable)
        let alone = try RegisterModel(initial: 0).judge(
            .op(1, 0...5, .read, .value(1)), .lost(1, 5, .write(1)))
        #expect(alone.explanation?.unplaceable == [0])
    }

    @Test func `costs little among hundreds of its kind`() throws {
        let adds = (0..<200).map { History<CounterModel.Input, Int>.Operation.lost(1, $0, .add(1)) }
        for (sum, isLegal) in [(0, true), (200, true), (201, false), (-1, false)] {
            let reads: [History<CounterModel.Input, Int>.Operation] = [
                .op(2, 2000...2001, .value, sum), .op(2, 2002...2003, .value, sum),
            ]
            let verdict = CounterModel().check(try History(adds + reads))
            #expect(verdict.isLinearizable == isLegal && !verdict.isUndecided)
        }
    }

    @Test func `may be one of fifty writes, each read once at most`() throws {
        typealias Operation = History<RegisterModel<Int>.Input, RegisterModel<Int>.Output>.Operation
        let writes = (1...50).map { Operation.lost(UInt64($0), 0, .write($0)) }
        func reads(_ values: [Int]) -> [Operation] {
            zip(values, 1...).map { .op(99, $1 * 10...$1 * 10 + 5, .read, .value($0)) }
        }
        let order = (1...50).map { ($0 * 7) % 51 }.filter { $0 != 0 }
        let model = RegisterModel(initial: 0)
        #expect(model.check(try History(writes + reads(order))).isLinearizable)
        let again = model.check(try History(writes + reads(order + [order[0]])))
        #expect(again.explanation?.unplaceable == [50 + order.count])
    }
}

@Suite struct `A queue` {
    let model = QueueModel<String>()

    /// Herlihy and Wing 1990, section 1.
    @Test func `gives elements of concurrent calls in either order`() throws {
        let verdict = try model.judge(
            .op(1, 0...10, .enqueue("x"), .enqueued), .op(2, 5...15, .enqueue("y"), .enqueued),
            .op(1, 20...30, .dequeue, .dequeued("y")), .op(2, 25...35, .dequeue, .dequeued("x")))
        #expect(verdict.isLinearizable)
    }

    @Test func `is first in, first out`() throws {
        let verdict = try model.judge(
            .op(1, 0...10, .enqueue("x"), .enqueued), .op(2, 11...15, .enqueue("y"), .enqueued),
            .op(1, 20...30, .dequeue, .dequeued("y")))
        #expect(verdict.explanation?.unplaceable == [2])
    }

    @Test func `gives no element twice`() throws {
        let verdict = try model.judge(
            .op(1, 0...10, .enqueue("x"), .enqueued), .op(1, 20...30, .dequeue, .dequeued("x")),
            .op(2, 20...30, .dequeue, .dequeued("x")))
        #expect(verdict.explanation != nil)
    }

    @Test func `is not empty while it holds an element`() throws {
        let verdict = try model.judge(
            .op(1, 0...10, .enqueue("x"), .enqueued), .op(2, 20...30, .dequeue, .empty))
        #expect(verdict.explanation?.unplaceable == [1])
    }
}

@Suite struct `A lock` {
    let model = LockModel()

    @Test func `has one owner`() throws {
        let verdict = try model.judge(
            .op(1, 0...10, .acquire(owner: 1), .granted(token: 1)),
            .op(2, 5...15, .acquire(owner: 2), .granted(token: 2)))
        #expect(verdict.explanation != nil)
        let handed = try model.judge(
            .op(1, 0...10, .acquire(owner: 1), .granted(token: 1)),
            .lost(1, 11, .release(owner: 1)),
            .op(2, 5...15, .acquire(owner: 2), .granted(token: 2)))
        #expect(handed.isLinearizable)
    }

    @Test func `never grants an old token`() throws {
        for (token, isLegal) in [(6 as UInt64, true), (5, false), (4, false)] {
            let verdict = try model.judge(
                .op(1, 0...1, .acquire(owner: 1), .granted(token: 5)),
                .op(1, 2...3, .release(owner: 1), .released),
                .op(2, 4...5, .acquire(owner: 2), .granted(token: token)))
            #expect(verdict.isLinearizable == isLegal)
        }
    }

    /// The grant that nobody saw took a token too, if somebody saw that it happened.
    @Test func `counts a grant that nobody saw`() throws {
        for (token, isLegal) in [(2 as UInt64, true), (1, false)] {
            let verdict = try model.judge(
                .lost(1, 0, .acquire(owner: 1)), .op(1, 10...11, .release(owner: 1), .released),
                .op(2, 20...21, .acquire(owner: 2), .granted(token: token)))
            #expect(verdict.isLinearizable == isLegal)
        }
    }

    @Test func `is refused only while it is held`() throws {
        let verdict = try model.judge(.op(1, 0...1, .acquire(owner: 1), .held))
        #expect(verdict.explanation?.unplaceable == [0])
        let release = try model.judge(.op(1, 0...1, .release(owner: 1), .released))
        #expect(release.explanation?.unplaceable == [0])
    }
}
