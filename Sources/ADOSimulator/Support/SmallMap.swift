/// A dictionary for a handful of numbers, in the order in which they came.
///
/// Looking at a few numbers in turn is quicker than hashing one, and nothing that a run does can
/// come to depend on hashing.
struct SmallMap<Value> {
    private(set) var keys: [UInt64] = []
    /// In the order of the keys; never nil, but optional so that they change in place.
    private var values: [Value?] = []

    subscript(key: UInt64) -> Value? {
        get {
            guard let place = keys.firstIndex(of: key) else { return nil }
            return values[place]
        }
        _modify {
            if let place = keys.firstIndex(of: key) {
                yield &values[place]
                if values[place] == nil { remove(at: place) }
            } else {
                var value: Value?
                yield &value
                if let value { _ = append(key, value) }
            }
        }
    }

    subscript(key: UInt64, default make: @autoclosure () -> Value) -> Value {
        get { self[key] ?? make() }
        _modify {
            let place = keys.firstIndex(of: key) ?? append(key, make())
            yield &values[place]!
        }
    }

    private mutating func append(_ key: UInt64, _ value: Value) -> Int {
        keys.append(key)
        values.append(value)
        return values.count - 1
    }

    private mutating func remove(at place: Int) {
        keys.remove(at: place)
        values.remove(at: place)
    }
}

extension SmallMap: Equatable where Value: Equatable {
    /// Whether two maps hold the same, in whatever order it came.
    static func == (left: SmallMap, right: SmallMap) -> Bool {
        left.keys.count == right.keys.count && left.keys.allSatisfy { left[$0] == right[$0] }
    }
}
