#if Macros
import ADO

/// What a depot refuses, and how much it has.
struct Refusal: Error, BinaryCodable, Hashable {
    var left: Int

    func write(to writer: inout Writer) { left.write(to: &writer) }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> Refusal {
        Refusal(left: try .read(from: &reader))
    }
}

/// An object that uses every feature of the macro.
@AtomicObject("depot")
struct Depot: Equatable {
    static let shelf = "shelf"
    let capacity = 1000
    var stock: [String: Int] = [:]
    private(set) var moves = 0
    var note: String?

    var total: Int { stock.values.reduce(0, +) }

    /// Puts something in, and returns how much of it there is.
    @discardableResult
    mutating func put(_ count: Int, of item: String = Self.shelf, note: String? = nil) -> Int {
        stock[item, default: 0] += count
        if let note { self.note = note }
        countMove()
        return stock[item] ?? 0
    }

    /// Takes something out, and changes the state before it throws.
    mutating func take(_ count: Int, of item: String) throws(Refusal) -> Int {
        let before = stock[item] ?? 0
        stock[item] = before - count
        countMove()
        guard before >= count else { throw Refusal(left: before) }
        return before - count
    }

    mutating func clear() { stock = [:] }

    mutating func drop(_ item: String) -> Int? { stock.removeValue(forKey: item) }

    func count(of item: String) -> Int { stock[item] ?? 0 }

    func everything() -> [String: Int] { stock }

    func isFull() -> Bool { total >= capacity }

    func check(_ item: String) throws(Refusal) {
        guard stock[item] != nil else { throw Refusal(left: 0) }
    }

    mutating func mark(_ text: String) { note = text }

    mutating func mark(_ number: Int) -> Bool {
        let isNew = note == nil
        note = "\(number)"
        return isNew
    }

    @Specialized(for: Int.self, String.self, [UInt8].self)
    mutating func record<Value: BinaryCodable>(_ value: Value, at place: Int) -> Value? {
        moves += value.encoded().count * place
        return value
    }

    mutating func `repeat`(for times: Int, in item: String) -> Int {
        stock[item] = (stock[item] ?? 0) * times
        return stock[item] ?? 0
    }

    private mutating func countMove() { moves += 1 }

    @NotReplicated func each(_ body: (String) -> Void) { stock.keys.sorted().forEach(body) }

    static func full() -> Depot { Depot() }
}

/// A public object with its own start and its own encoding of the state.
@AtomicObject
public struct Tally {
    private var counts: [Int]
    // Not part of the state: init() makes it.
    let width: Int

    /// Makes a tally of nothing.
    public init() {
        width = 4
        counts = Array(repeating: 0, count: 4)
    }

    /// Counts at a position and returns the count.
    public mutating func bump(_ position: Int) -> Int {
        counts[position % width] += 1
        return counts[position % width]
    }

    /// Appends the counts.
    public func writeState(to writer: inout Writer) { counts.write(to: &writer) }

    /// Reads as many counts as there are.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> Tally {
        var tally = Tally()
        tally.counts = try .read(from: &reader)
        guard tally.counts.count == tally.width else { throw .malformed }
        return tally
    }
}

/// A public object whose start is the compiler's.
@AtomicObject
public struct Switch: Hashable {
    private var isOn = false

    /// Turns it over and says how it is then.
    public mutating func flip() -> Bool {
        isOn.toggle()
        return isOn
    }
}
#endif
