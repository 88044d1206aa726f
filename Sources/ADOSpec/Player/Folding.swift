internal import ADO

/// A replica of some type of object, as entries make it.
protocol Folding: Sendable {
    var lastIndex: UInt64 { get }
    mutating func apply(
        block: UnsafeRawBufferPointer, count: Int, first: UInt64, results: inout Writer)
    func read(_ bytes: UnsafeRawBufferPointer, result: inout Writer)
}

extension ObjectReplica: Folding {}

extension Folding {
    /// Applies one entry, and returns its answer.
    mutating func apply(_ entry: [UInt8]) -> Reply {
        var results = Writer()
        let index = lastIndex + 1
        entry.withUnsafeBytes { apply(block: $0, count: 1, first: index, results: &results) }
        return Reply.records(results.bytes, count: 1, first: index).first ?? Reply(.rejected)
    }
}

/// Cuts a block into its entries; nil if it does not hold `count` of them and nothing else.
func entries(of block: [UInt8], count: Int) -> [[UInt8]]? {
    let entries: [[UInt8]]? = try? Reader.read(block) { reader throws(DecodingFailure) in
        var entries: [[UInt8]] = []
        for _ in 0..<count {
            let size = try reader.u32()
            let kind = try reader.u32()
            let payload = [UInt8](try reader.raw(Int(size)))
            var writer = Writer()
            writer.u32(size)
            writer.u32(kind)
            writer.raw(payload)
            entries.append(writer.bytes)
        }
        return entries
    }
    return entries
}
