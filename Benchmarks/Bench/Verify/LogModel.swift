/// What the object must have answered, computed from the log alone: the entries are applied here
/// once each, in order.
///
/// An answer that differs means an entry was applied twice, not at all, or in another order.
struct LogModel: Sendable {
    /// The entry is not what the request with its number writes.
    struct WrongContent: Error, Equatable {}

    private let values: Values
    private let read: MethodReader

    /// The writer of each key's value; zero for none.
    private(set) var writers: [UInt64]

    /// The counter.
    private(set) var sum: UInt64 = 0

    init(values: Values, read: @escaping MethodReader) {
        self.values = values
        self.read = read
        writers = [UInt64](repeating: 0, count: values.keys.count)
    }

    /// Applies the method of the request `id`.
    ///
    /// - Returns: the witness that its result must carry.
    mutating func apply(
        _ id: UInt64, _ method: UnsafeRawBufferPointer
    ) throws(WrongContent) -> UInt64 {
        switch read(method) {
        case .add(1):
            sum += 1
            return sum
        case .set(let key, let value):
            let position = values.keyIndex(of: id)
            guard values.keys[position] == key, values.isValue(value, of: id) else {
                throw WrongContent()
            }
            defer { writers[position] = id }
            return writers[position]
        case .add, nil:
            throw WrongContent()
        }
    }
}
