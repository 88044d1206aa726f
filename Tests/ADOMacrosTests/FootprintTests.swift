#if Macros
import ADO
import Testing

infix operator <-
infix operator -<
postfix operator ++
private func <- (left: inout Int, right: Int) { left = right }
private func -< (left: Int, right: inout Int) { right = left }
private postfix func ++ (number: inout Int) { number += 1 }

/// Equal to others whose encoded form is another.
private struct Tag: BinaryCodable, Hashable, Comparable {
    let text: String

    static func == (left: Tag, right: Tag) -> Bool {
        left.text.lowercased() == right.text.lowercased()
    }

    static func < (left: Tag, right: Tag) -> Bool {
        left.text.lowercased() < right.text.lowercased()
    }

    func hash(into hasher: inout Hasher) { hasher.combine(text.lowercased()) }
    func write(to writer: inout Writer) { text.write(to: &writer) }
    static func read(from reader: inout Reader) throws(DecodingFailure) -> Tag {
        Tag(text: try .read(from: &reader))
    }
}

/// Methods whose cells can be told, and methods whose cells cannot.
@AtomicObject
private struct Ledger {
    let limit = 10
    var accounts: [String: Int] = [:]
    var names: [Int] = []
    var count = 0
    var most: Int?
    var tags: [Tag: Int] = [:]
    var numbers: [UInt8: Int] = [:]

    var total: Int { accounts.values.reduce(0, +) }
    var best: Int? { accounts.values.max() }
    var Total: Int { accounts.count }

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
    mutating func exchange() { (count, names) = (names.count, [count]) }
    func guarded() -> Int {
        guard let first = first() else { return 0 }
        return first
    }
    func computed() -> Int {
        let total = total
        return total
    }
    func afterwards() -> Int {
        if let first = names.first, first > 0 { return first }
        return first() ?? 0
    }
    func otherwise() -> Int {
        guard let first = names.first else { return first() ?? 0 }
        return first
    }
    func scoped(_ name: String) -> Int {
        guard let first = names.first, first > 0 else { return count }
        var sum = first
        for number in names where number > 0 { sum += number }
        switch accounts[name] {
        case .some(let amount): sum += amount
        case nil: break
        }
        let last = names.last.map { end in end + sum }
        return last ?? sum
    }
    func shorthand() -> Int {
        if let most { return most }
        return 0
    }
    func optional() -> Int {
        guard let best else { return 0 }
        return best
    }
    func limit(of name: String) -> Int { accounts[name] ?? limit }
    func isLow(_ name: String) -> Bool { limit(of: name) > 3 }
    func getter() -> Int {
        var one: Int {
            let total = 1
            return total
        }
        return one + total
    }
    func type() -> Int {
        struct Box { var total = 3 }
        return total + Box().total
    }
    func captured(_ name: String) -> Int {
        let look = { [name = name.lowercased()] in accounts[name] ?? 0 }
        return look()
    }
    mutating func moved() { count <- 5 }
    mutating func received() { 5 -< count }
    mutating func grown() { count++ }
    func capital() -> Int { Total }
    mutating func tag(_ key: Tag) { tags[key] = count }
    mutating func number(_ key: UInt8) { numbers[key] = 1 }
    mutating func each(_ numbers: [Int]) { numbers.forEach { number in names[0] = number } }
}

@Suite struct `A footprint` {
    private let a = Cell.element("accounts", of: "a")
    private let b = Cell.element("accounts", of: "b")

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
        check(.shorthand(), reads: [.property("most")], writes: [])
        check(.moved(), reads: [count], writes: [count])
        check(.received(), reads: [count], writes: [count])
        check(.grown(), reads: [count], writes: [count])
        check(.exchange(), reads: [names, count], writes: [names, count])
        check(.scoped("a"), reads: [names, count, a], writes: [])
    }

    @Test func `is the whole property where the key is another value`() {
        check(.lowered("A"), reads: [.property("accounts")], writes: [])
    }

    @Test func `is the whole property where equal keys may have other bytes`() {
        let tags = Cell.property("tags")
        check(.tag(Tag(text: "A")), reads: [.property("count"), tags], writes: [tags])
        check(.number(7), reads: [], writes: [.element("numbers", key: UInt8(7).encoded())])
        check(.open("e\u{301}"), reads: [], writes: [.property("accounts")])
        check(.open("\u{e9}"), reads: [], writes: [.element("accounts", key: [0xC3, 0xA9])])
    }

    @Test func `is unknown where the state may be reached otherwise`() {
        check(.sum(), reads: nil, writes: [])
        check(.nested(), reads: nil, writes: [])
        check(.restart(), reads: nil, writes: nil)
        // A name of the body's own does not mean itself in the value that it is made of, nor after
        // its scope, nor where it could not be made.
        check(.guarded(), reads: nil, writes: [])
        check(.computed(), reads: nil, writes: [])
        check(.afterwards(), reads: nil, writes: [])
        check(.otherwise(), reads: nil, writes: [])
        check(.optional(), reads: nil, writes: [])
        check(.isLow("a"), reads: nil, writes: [])
        check(.getter(), reads: nil, writes: [])
        check(.type(), reads: nil, writes: [])
        check(.captured("a"), reads: nil, writes: [])
        check(.capital(), reads: nil, writes: [])
        check(.bound(), reads: nil, writes: nil)
    }
}
#endif
