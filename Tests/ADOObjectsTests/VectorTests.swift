import ADO
import ADOObjects
import Testing

@Suite struct `A vector` {
    @Test func `appends, inserts far away, and removes`() throws {
        var vector = Applied(DVector<String>.self)
        #expect(try vector(.append("a")) == 0)
        #expect(try vector(.append("b")) == 1)
        #expect(try vector(.insert("c", at: 7)) == nil)
        #expect(try vector(.count) == 8)
        #expect(try vector(.insert("d", at: 1)) == "b")
        #expect(try vector(.get(1)) == "d")
        #expect(try vector(.get(3)) == nil)
        #expect(try vector(.pop()) == "c")
        #expect(try vector(.count) == 7)
        #expect(try vector(.pop()) == nil)
        #expect(try vector(.append("e", freeing: [0])) == 6)
        #expect(try vector(.occupied(from: 0, limit: 100)) == [1, 6])
        #expect(try vector(.occupied(from: 2, limit: 2)) == [])
        #expect(vector.object.elements.map(\.element) == ["d", "e"])
    }

    @Test func `gives no index out twice when places are freed`() throws {
        var vector = Applied(DVector<String>.self)
        for number in 0..<4 as Range<UInt64> { #expect(try vector(.append("x")) == number) }
        #expect(try vector(.remove([3, 2, 9])) == 2)
        #expect(try vector(.append("y")) == 4)
    }

    @Test func `refuses writers with lower tokens than it has seen`() throws {
        var vector = Applied(DVector<String>.self)
        #expect(try vector(.append("without a lock")) == 0)
        #expect(try vector(.append("first holder", fence: 3)) == 1)
        #expect(try vector(.raise(fence: 5)) == Nothing())
        let late = try vector.failure(
            .insert("late", at: 1, fence: 3), as: VectorFailure.self)
        #expect(late == .fenced(by: 5))
        #expect(try vector.failure(.remove([0]), as: VectorFailure.self) == .fenced(by: 5))
        #expect(try vector.failure(.pop(fence: 4), as: VectorFailure.self) == .fenced(by: 5))
        #expect(try vector(.get(1)) == "first holder")
        #expect(try vector(.append("second holder", fence: 5)) == 2)
    }

    @Test func `has places that are reserved, and filled once`() throws {
        var vector = Applied(DVector<String>.self)
        #expect(try vector(.append("a")) == 0)
        #expect(try vector(.fill(reserving: 4)) == Filled(refused: [], reserved: 1))
        #expect(try vector(.count) == 5)
        #expect(try vector(.append("b")) == 5)
        let filled = try vector(.fill(["c", "d", "e"], at: [2, 0, 9], freeing: [5], reserving: 2))
        #expect(filled == Filled(refused: [0, 9], reserved: 6))
        #expect(try vector(.look(at: [3, 9, 2, 0])) == [nil, nil, "c"])
        #expect(try vector(.look(at: [3, 5])) == [nil, nil])
        #expect(try vector(.fill(["again"], at: [2])).refused == [2])
        #expect(try vector(.seal()) == 8)
        #expect(try vector(.fill(["late", "later"], at: [1, 7], reserving: 1)).refused == [1, 7])
        #expect(try vector(.fill(["f"], at: [8])).refused == [])
        #expect(vector.object.elements.map(\.element) == ["a", "c", "f"])
    }

    @Test func `fills no place without an element, and reserves no more than it may`() throws {
        var vector = Applied(DVector<Int>.self)
        let most = DVector<Int>.reserveMax
        let uneven = try vector.failure(.fill([1], at: []), as: VectorFailure.self)
        #expect(uneven == .outOfRange)
        let many = try vector.failure(.fill(reserving: most + 1), as: VectorFailure.self)
        #expect(many == .outOfRange)
        #expect(try vector(.fill(reserving: most)).reserved == 0)
        #expect(try vector(.raise(fence: 2)) == Nothing())
        #expect(try vector.failure(.seal(fence: 1), as: VectorFailure.self) == .fenced(by: 2))
        #expect(
            try vector.failure(.fill([1], at: [0]), as: VectorFailure.self) == .fenced(by: 2))
    }

    @Test func `has no last index but one`() throws {
        var vector = Applied(DVector<Int>.self)
        #expect(try vector.failure(.insert(1, at: .max), as: VectorFailure.self) == .outOfRange)
        #expect(try vector(.insert(1, at: .max - 1)) == nil)
        #expect(try vector.failure(.append(2), as: VectorFailure.self) == .outOfRange)
    }
}

@Suite struct `A queue` {
    @Test func `gives back what was put in, in this order`() async throws {
        let backend = LocalBackend()
        backend.host(Queue<String>.self)
        let jobs = Handle(Queue<String>.self, named: "jobs", on: backend)
        #expect(try await jobs.call(.dequeue()) == nil)
        #expect(try await jobs.call(.enqueue("a")) == 1)
        #expect(try await jobs.call(.enqueue("b")) == 2)
        #expect(try await jobs.call(.first()) == "a")
        #expect(try await jobs.call(.dequeue()) == "a")
        #expect(try await jobs.call(.count) == 1)
        #expect(try await jobs.call(.dequeue()) == "b")
        #expect(try await jobs.call(.dequeue()) == nil)
    }

    @Test func `gives each element once, though answers are lost`() async throws {
        let backend = LocalBackend()
        backend.host(Queue<Int>.self)
        let jobs = Handle(Queue<Int>.self, named: "jobs", on: backend)
        for number in 1...20 { try await jobs.call(.enqueue(number)) }
        var taken: [Int?] = []
        for _ in 1...20 {
            backend.failNextCall(.answerLost)
            taken.append(try await jobs.call(.dequeue()))
        }
        #expect(taken == Array(1...20))
    }
}

@Suite struct `An account` {
    @Test func `is never overdrawn`() throws {
        var account = Applied(BankAccount.self)
        #expect(try account(.deposit(100)) == 100)
        #expect(try account(.withdraw(30)) == 70)
        let overdrawn = try account.failure(.withdraw(71), as: BankAccount.Refusal.self)
        #expect(overdrawn == .insufficient(balance: 70))
        #expect(try account(.withdraw(70)) == 0)
    }

    @Test func `takes no amount that is not above zero, or too large`() throws {
        var account = Applied(BankAccount.self)
        for amount in [0, -1, .min] {
            let deposit = try account.failure(.deposit(amount), as: BankAccount.Refusal.self)
            let withdrawal = try account.failure(.withdraw(amount), as: BankAccount.Refusal.self)
            #expect(deposit == .invalidAmount)
            #expect(withdrawal == .invalidAmount)
        }
        #expect(try account(.deposit(.max)) == .max)
        let overflow = try account.failure(.deposit(1), as: BankAccount.Refusal.self)
        #expect(overflow == .overflow(balance: .max))
    }
}
