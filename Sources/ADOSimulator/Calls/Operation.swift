internal import ADO
internal import ADOObjects

/// What a caller asks of an object; groups with an odd number are dictionaries, others counters.
enum Operation {
    case set(String, String)
    case remove(String)
    case get(String)
    case add(Int)
    case value

    var isRead: Bool {
        switch self {
        case .get, .value: true
        case .set, .remove, .add: false
        }
    }

    var method: [UInt8] {
        switch self {
        case .set(let key, let value): KeyValue.Method.set(key, to: value).encoded()
        case .remove(let key): KeyValue.Method.remove(key).encoded()
        case .get(let key): KeyValue.Method.get(key).encoded()
        case .add(let number): Counter.Method.add(number).encoded()
        case .value: Counter.Method.value.encoded()
        }
    }

    static func draw(_ group: UInt64, tag: String, _ random: inout Random) -> Operation {
        if group % 2 == 0 { return random.chance(300) ? .value : .add(1 + random.below(9)) }
        let key = "k\(random.below(4))"
        switch random.below(10) {
        case 0...2: return .get(key)
        case 3: return .remove(key)
        default: return .set(key, tag)
        }
    }
}
