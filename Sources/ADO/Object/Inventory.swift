/// The objects that were created by name, as an object of its own.
///
/// Every cluster has one; `create`, `remove` and `objects` of a ``Backend`` keep it. It lists names
/// in the order of their bytes, first of the type, then of the object.
public struct Inventory: AtomicObject, Equatable {
    /// What an inventory can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Lists a name; false if it is listed already.
        case add(ObjectName)
        /// Lists a name no more; false if it is not listed.
        case drop(ObjectName)
        /// The names after one, at most so many; from the start with nil.
        case list(after: ObjectName?, limit: Int)

        /// True for `list`.
        public var isReadOnly: Bool {
            if case .list = self { return true }
            return false
        }
    }

    /// Names that one answer lists at most.
    public static let pageMax = 1024

    /// The name of the type in logs.
    public static let typeName = "Inventory"

    /// What a cluster calls its inventory.
    public static let name = "objects"

    /// The names, rising.
    public private(set) var names: [ObjectName] = []

    /// Makes an empty inventory.
    public init() {}

    /// Runs one method.
    public mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        switch method {
        case .add(let name): add(name).write(to: &result)
        case .drop(let name): drop(name).write(to: &result)
        case .list(let last, let limit): list(after: last, limit: limit).write(to: &result)
        }
    }

    private mutating func add(_ name: ObjectName) -> Bool {
        let position = position(of: name)
        guard position == names.count || names[position] != name else { return false }
        names.insert(name, at: position)
        return true
    }

    private mutating func drop(_ name: ObjectName) -> Bool {
        let position = position(of: name)
        guard position < names.count, names[position] == name else { return false }
        names.remove(at: position)
        return true
    }

    private func list(after last: ObjectName?, limit: Int) -> [ObjectName] {
        var start = last.map(position) ?? 0
        if start < names.count, names[start] == last { start += 1 }
        return Array(names[start...].prefix(max(0, min(limit, Self.pageMax))))
    }

    /// Where a name is, or would be.
    private func position(of name: ObjectName) -> Int {
        var low = 0
        var high = names.count
        while low < high {
            let middle = (low + high) / 2
            if names[middle] < name { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

// MARK: - Encoding

extension Inventory {
    /// Appends the names in order.
    public func writeState(to writer: inout Writer) { names.write(to: &writer) }

    /// Reads names that rise.
    public static func readState(from reader: inout Reader) throws(DecodingFailure) -> Inventory {
        var inventory = Inventory()
        inventory.names = try .read(from: &reader)
        for (name, next) in zip(inventory.names, inventory.names.dropFirst()) {
            guard name < next else { throw .malformed }
        }
        return inventory
    }
}

extension Inventory.Method: BinaryCodable {
    /// Appends a tag, 1 to 3, and the arguments.
    public func write(to writer: inout Writer) {
        switch self {
        case .add(let name):
            writer.u8(1)
            name.write(to: &writer)
        case .drop(let name):
            writer.u8(2)
            name.write(to: &writer)
        case .list(let last, let limit):
            writer.u8(3)
            last.write(to: &writer)
            limit.write(to: &writer)
        }
    }

    /// Reads a tag and the arguments.
    public static func read(
        from reader: inout Reader
    ) throws(DecodingFailure) -> Inventory.Method {
        switch try reader.u8() {
        case 1: return .add(try .read(from: &reader))
        case 2: return .drop(try .read(from: &reader))
        case 3: return .list(after: try .read(from: &reader), limit: try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

extension ObjectName: BinaryCodable, Comparable {
    /// Appends the type's name and the object's.
    public func write(to writer: inout Writer) {
        writer.string(type)
        writer.string(name)
    }

    /// Reads names that an object may have.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> ObjectName {
        let type = try reader.string()
        let name = try reader.string()
        guard !type.utf8.contains(0), !name.utf8.contains(0),
            type.utf8.count + name.utf8.count <= sizeMax
        else { throw .malformed }
        return ObjectName(type: type, name: name)
    }

    /// The order of the types' bytes, then of the objects'.
    public static func < (left: ObjectName, right: ObjectName) -> Bool {
        left.description.lexicographicallyPrecedes(right.description)
    }
}

// MARK: - Calls

extension Call where Object == Inventory, Result == Bool {
    /// Lists a name; false if it is listed already.
    public static func add(_ name: ObjectName) -> Self { Self(.add(name)) }

    /// Lists a name no more; false if it is not listed.
    public static func drop(_ name: ObjectName) -> Self { Self(.drop(name)) }
}

extension Call where Object == Inventory, Result == [ObjectName] {
    /// The names after one, at most so many.
    public static func list(after last: ObjectName?, limit: Int = Inventory.pageMax) -> Self {
        Self(.list(after: last, limit: limit))
    }
}
