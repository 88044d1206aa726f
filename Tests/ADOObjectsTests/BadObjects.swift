import ADO
import TestSupport

/// What ``Sloppy`` gets wrong.
protocol Mistake: Sendable { static var kind: MistakeKind { get } }

enum MistakeKind {
    case none, losesState, readsAndWrites, changesAndThrows, losesArgument, isNotCanonical, isRandom
    case followsHashes
}

enum NoMistake: Mistake { static let kind = MistakeKind.none }
enum LosesState: Mistake { static let kind = MistakeKind.losesState }
enum ReadsAndWrites: Mistake { static let kind = MistakeKind.readsAndWrites }
enum ChangesAndThrows: Mistake { static let kind = MistakeKind.changesAndThrows }
enum LosesArgument: Mistake { static let kind = MistakeKind.losesArgument }
enum IsNotCanonical: Mistake { static let kind = MistakeKind.isNotCanonical }
enum IsRandom: Mistake { static let kind = MistakeKind.isRandom }
enum FollowsHashes: Mistake { static let kind = MistakeKind.followsHashes }

/// A set of numbers, each added at most once, with one thing wrong.
struct Sloppy<Wrong: Mistake>: AtomicObject, Equatable {
    enum Method: ObjectMethod, Hashable {
        case add(Int)
        case count
        case any

        var isReadOnly: Bool { self == .count }

        static func draw(_ random: inout SeededGenerator) -> Method {
            switch random.below(4) {
            case 0: .count
            case 1: .any
            default: .add(random.below(100))
            }
        }
    }

    static var typeName: String { "Sloppy" }
    var numbers: Set<Int> = []
    var calls = 0

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .add(let number):
            if numbers.contains(number) {
                if Wrong.kind == .changesAndThrows { numbers.remove(number) }
                throw MethodFailure(number)
            }
            numbers.insert(number)
            calls += 1
            calls.write(to: &result)
        case .count:
            if Wrong.kind == .readsAndWrites { calls += 1 }
            numbers.count.write(to: &result)
        case .any:
            calls += 1
            chosen.write(to: &result)
        }
    }

    private var chosen: Int? {
        switch Wrong.kind {
        case .isRandom: numbers.randomElement()
        case .followsHashes: numbers.first
        default: numbers.min()
        }
    }

    func writeState(to writer: inout Writer) {
        numbers.sorted().write(to: &writer)
        if Wrong.kind != .losesState { calls.write(to: &writer) }
    }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Self {
        var object = Self()
        let numbers = try [Int].read(from: &reader)
        object.numbers = Set(numbers)
        if Wrong.kind != .losesState { object.calls = try .read(from: &reader) }
        guard Wrong.kind == .isNotCanonical || numbers == object.numbers.sorted() else {
            throw .malformed
        }
        return object
    }
}

extension Sloppy.Method: BinaryCodable {
    func write(to writer: inout Writer) {
        switch self {
        case .add(let number):
            writer.u8(1)
            (Wrong.kind == .losesArgument ? number / 2 : number).write(to: &writer)
        case .count: writer.u8(2)
        case .any: writer.u8(3)
        }
    }

    static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .add(try .read(from: &reader))
        case 2: return .count
        case 3: return .any
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}
