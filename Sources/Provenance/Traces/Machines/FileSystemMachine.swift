public import ADO

/// One file of bytes, all zero at first, written and read in ranges.
public struct FileSystemMachine: TraceMachine {
    /// `filesystem`.
    public static let object = "filesystem"

    /// Its methods: an offset and bytes, an offset and a length.
    public static let methods = [
        TraceMethod("write", .number, .text), TraceMethod("read", .number, .number),
    ]

    /// Bytes that one call reads or writes at most; more is refused.
    private static let lengthMax = 1 << 20

    private var bytes: [Int: UInt8] = [:]

    /// All zero.
    public init() {}

    /// Runs one call.
    ///
    /// Bytes that are no text read as replacement characters.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        guard let range = Self.range(of: call) else { return call.method == "read" ? .null : false }
        if call.method == "read" {
            return .string(String(decoding: range.map { bytes[$0] ?? 0 }, as: UTF8.self))
        }
        for (offset, byte) in zip(range, call.text(1).utf8) { bytes[offset] = byte }
        return true
    }

    private static func range(of call: TraceCall) -> Range<Int>? {
        let start = call.number(0)
        let length = call.method == "read" ? call.number(1) : call.text(1).utf8.count
        guard start >= 0, (0...lengthMax).contains(length) else { return nil }
        let (end, overflows) = start.addingReportingOverflow(length)
        return overflows ? nil : start..<end
    }

    /// One cell for each byte.
    public static func footprint(of call: TraceCall) -> Footprint {
        let cells = Set((range(of: call) ?? 0..<0).map { Cell.of("bytes", "\($0)") })
        return call.method == "read"
            ? Footprint(reads: .known(cells), writes: .none)
            : Footprint(reads: .none, writes: .known(cells), overwrites: cells)
    }
}
