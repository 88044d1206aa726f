#if Macros
import ADO
import Testing

/// Methods whose cells can be told, and methods whose cells cannot.
@AtomicObject
private struct Ledger {
    let limit = 10
    var accounts: [String: Int] = [:]
    var names: [Int] = []
    var count = 0

    var total: Int { accounts.values.reduce(0, +) }

    mutating func open(_ name: String) { accounts[name] = 0 }
    mutating func add(_ amount: Int, to name: String) { accounts[name, default: 0] += amount }
    mutating func close(_ name: String) -> Int? { accounts.removeValue(forKey: name) }
    func balance(of name: String) -> Int { accounts[name] ?? limit }
    mutating func reset() { count = 0 }
    mutating func increment() { self.count += 1 }
    mutating func append(_ number: Int) -> Int {
        names.append(number)
        return names.count
    }
    func first() -> Int? { names.first }
    mutating func copy() { count = names.count }
    mutating func bound() { count = max(count, 1) }
    func lowered(_ name: String) -> Int {
        let name = name.lowercased()
        return accounts[name] ?? 0
    }
    mutating func rename(_ from: String, to: String) {
        accounts[to] = accounts[from]
        accounts[from] = nil
    }
    func sum() -> Int { total }
    func nested() -> Int { first() ?? 0 }
    mutating func restart() { self = Ledger() }
    func nothing(_ number: Int) -> Int { number + Int.max / 2 }
    mutating func each(_ numbers: [Int]) { numbers.forEach { number in names[0] = number } }
}

@Suite struct `A footprint` {
    private let a = Cell.element("accounts", key: "a".encoded())
    private let b = Cell.element("accounts", key: "b".encoded())

    private func check<Result>(
        _ call: Ledger.MethodCall<Result>, reads: Set<Cell>?, writes: Set<Cell>?,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let expected = Footprint(
            reads: reads.map(Cells.known) ?? .unknown, writes: writes.map(Cells.known) ?? .unknown)
        #expect(call.call.method.footprint == expected, sourceLocation: sourceLocation)
    }

    @Test func `names the elements that an argument selects`() {
        check(.open("a"), reads: [], writes: [a])
        check(.add(1, to: "a"), reads: [a], writes: [a])
        check(.close("a"), reads: [a], writes: [a])
        check(.balance(of: "a"), reads: [a], writes: [])
        check(.rename("a", to: "b"), reads: [a], writes: [a, b])
    }

    @Test func `names the properties that are mentioned`() {
        let count = Cell.property("count")
        let names = Cell.property("names")
        check(.reset(), reads: [], writes: [count])
        check(.increment(), reads: [count], writes: [count])
        check(.append(1), reads: [names], writes: [names])
        check(.first(), reads: [names], writes: [])
        check(.copy(), reads: [names], writes: [count])
        check(.nothing(1), reads: [], writes: [])
        check(.each([1]), reads: [names], writes: [names])
    }

    @Test func `is the whole property where the key is another value`() {
        check(.lowered("A"), reads: [.property("accounts")], writes: [])
    }

    @Test func `is unknown where the state may be reached otherwise`() {
        check(.sum(), reads: nil, writes: [])
        check(.nested(), reads: nil, writes: [])
        check(.restart(), reads: nil, writes: nil)
        check(.bound(), reads: nil, writes: nil)
    }
}
#endif
