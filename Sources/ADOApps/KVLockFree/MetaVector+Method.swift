public import ADO

extension MetaVector {
    /// What a meta vector can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Sets where a key leads, and returns where it led.
        case put(String, Meta, hash: UInt64)
        /// Sets where some keys lead, one after the other, and returns where each led.
        case putAll([MetaPointer])
        /// Removes a key, and returns where it led.
        case drop(String, hash: UInt64)
        /// Returns where a key leads.
        case find(String, hash: UInt64)
        /// Accepts no index below this any more.
        case seal(UInt64)
        /// Returns which of these indices some key leads to.
        case reachable([UInt64])

        /// True for `find` and `reachable`.
        public var isReadOnly: Bool {
            switch self {
            case .put, .putAll, .drop, .seal: false
            case .find, .reachable: true
            }
        }
    }
}

extension MetaVector.Method: BinaryCodable {
    /// Appends a tag, 1 to 6, and the arguments.
    public func write(to writer: inout Writer) {
        switch self {
        case .put(let key, let meta, let hash):
            writer.u8(1)
            writer.string(key)
            meta.write(to: &writer)
            hash.write(to: &writer)
        case .drop(let key, let hash):
            writer.u8(2)
            writer.string(key)
            hash.write(to: &writer)
        case .find(let key, let hash):
            writer.u8(3)
            writer.string(key)
            hash.write(to: &writer)
        case .seal(let floor):
            writer.u8(4)
            floor.write(to: &writer)
        case .reachable(let indices):
            writer.u8(5)
            indices.write(to: &writer)
        case .putAll(let pointers):
            writer.u8(6)
            pointers.write(to: &writer)
        }
    }

    /// Reads a tag and the arguments.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1:
            return .put(
                try reader.string(), try .read(from: &reader), hash: try .read(from: &reader))
        case 2: return .drop(try reader.string(), hash: try .read(from: &reader))
        case 3: return .find(try reader.string(), hash: try .read(from: &reader))
        case 4: return .seal(try .read(from: &reader))
        case 5: return .reachable(try .read(from: &reader))
        case 6: return .putAll(try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call where Object == MetaVector, Result == Meta? {
    /// Sets where a key leads, and returns where it led.
    public static func put(_ key: String, _ meta: Meta, hash: UInt64) -> Self {
        Self(.put(key, meta, hash: hash))
    }

    /// Removes a key, and returns where it led.
    public static func drop(_ key: String, hash: UInt64) -> Self { Self(.drop(key, hash: hash)) }

    /// Returns where a key leads.
    public static func find(_ key: String, hash: UInt64) -> Self { Self(.find(key, hash: hash)) }
}

extension Call where Object == MetaVector, Result == [Meta?] {
    /// Sets where some keys lead, one after the other, and returns where each led.
    public static func put(_ pointers: [MetaPointer]) -> Self { Self(.putAll(pointers)) }
}

extension Call where Object == MetaVector, Result == Nothing {
    /// Accepts no index below this any more.
    public static func seal(_ floor: UInt64) -> Self { Self(.seal(floor)) }
}

extension Call where Object == MetaVector, Result == [UInt64] {
    /// Returns which of these indices some key leads to.
    public static func reachable(_ indices: [UInt64]) -> Self { Self(.reachable(indices)) }
}
