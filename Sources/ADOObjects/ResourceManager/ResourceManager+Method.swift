public import ADO

extension ResourceManager {
    /// What a resource manager can be asked to do.
    public enum Method: ObjectMethod, Hashable {
        /// Begins the life of a transaction manager.
        case enroll(Epoch)
        /// Asks for a vote on changes.
        case prepare(TransactionID, [ResourceChange])
        /// Ends a transaction.
        case decide(TransactionID, Decision, by: Epoch)
        /// Returns a quantity.
        case quantity(String)
        /// Returns what became of a transaction.
        case outcome(TransactionID)

        /// True for `quantity` and `outcome`.
        public var isReadOnly: Bool {
            switch self {
            case .enroll, .prepare, .decide: false
            case .quantity, .outcome: true
            }
        }
    }
}

extension ResourceManager.Method: BinaryCodable {
    /// Appends a tag, 1 to 5, and the arguments.
    public func write(to writer: inout Writer) {
        switch self {
        case .enroll(let epoch):
            writer.u8(1)
            epoch.write(to: &writer)
        case .prepare(let id, let changes):
            writer.u8(2)
            id.write(to: &writer)
            changes.write(to: &writer)
        case .decide(let id, let decision, let epoch):
            writer.u8(3)
            id.write(to: &writer)
            decision.write(to: &writer)
            epoch.write(to: &writer)
        case .quantity(let name):
            writer.u8(4)
            writer.string(name)
        case .outcome(let id):
            writer.u8(5)
            id.write(to: &writer)
        }
    }

    /// Reads a tag and the arguments.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> Self {
        switch try reader.u8() {
        case 1: return .enroll(try .read(from: &reader))
        case 2: return .prepare(try .read(from: &reader), try .read(from: &reader))
        case 3:
            return .decide(
                try .read(from: &reader), try .read(from: &reader), by: try .read(from: &reader))
        case 4: return .quantity(try reader.string())
        case 5: return .outcome(try .read(from: &reader))
        case let tag: throw .unknownTag(UInt32(tag))
        }
    }
}

// MARK: - Calls

extension Call where Object == ResourceManager, Result == Enrolment {
    /// Begins the life of a transaction manager, and shuts out all before it.
    public static func enroll(_ epoch: Epoch) -> Self { Self(.enroll(epoch)) }
}

extension Call where Object == ResourceManager, Result == Vote {
    /// Asks for a vote on changes.
    public static func prepare(_ id: TransactionID, _ changes: [ResourceChange]) -> Self {
        Self(.prepare(id, changes))
    }
}

extension Call where Object == ResourceManager, Result == Ruling {
    /// Ends a transaction.
    public static func decide(
        _ id: TransactionID, _ decision: Decision, by epoch: Epoch
    ) -> Self {
        Self(.decide(id, decision, by: epoch))
    }
}

extension Call where Object == ResourceManager, Result == Int {
    /// Returns a quantity, 0 if nobody changed it.
    public static func quantity(_ resource: String) -> Self { Self(.quantity(resource)) }
}

extension Call where Object == ResourceManager, Result == Decision? {
    /// Returns what became of a transaction; nil if it is undecided, unknown, or too long ago.
    public static func outcome(_ id: TransactionID) -> Self { Self(.outcome(id)) }
}
