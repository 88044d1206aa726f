import CMultiPaxos
import Foundation

/// The data file of a closed directory, as a fault leaves it.
struct DataFile {
    struct NotFound: Error {}

    let url: URL
    private(set) var content: Data

    init(_ options: Options) throws {
        url = URL(filePath: options.path + "/data.mdb")
        content = try Data(contentsOf: url)
    }

    /// Where `pattern` begins: LMDB copies pages, so that older copies may lie about.
    func offsets(of pattern: [UInt8]) throws -> [Int] {
        var found: [Int] = []
        var from = content.startIndex
        while let range = content.range(of: Data(pattern), in: from..<content.endIndex) {
            found.append(range.lowerBound)
            from = range.upperBound
        }
        if found.isEmpty { throw NotFound() }
        return found
    }

    func bytes(at offset: Int, _ count: Int) -> [UInt8] {
        Array(content[offset..<offset + count])
    }

    /// Writes `changes` in place, runs `body`, and writes back what was there.
    func with<Result>(
        _ bytes: [UInt8], at offsets: [Int], _ body: () throws -> Result
    ) throws -> Result {
        let file = try FileHandle(forUpdating: url)
        defer { try? file.close() }
        for offset in offsets {
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: bytes)
        }
        defer { try? restore(offsets, bytes.count, file) }
        return try body()
    }

    /// Writes back what was there: all of it, if `body` let LMDB write another state.
    private func restore(_ offsets: [Int], _ count: Int, _ file: FileHandle) throws {
        let rootSize = 8192
        try file.seek(toOffset: 0)
        guard try file.read(upToCount: rootSize) == content.prefix(rootSize) else {
            try file.truncate(atOffset: 0)
            try file.seek(toOffset: 0)
            return try file.write(contentsOf: content)
        }
        for offset in offsets {
            try file.seek(toOffset: UInt64(offset))
            try file.write(contentsOf: content[offset..<offset + count])
        }
    }
}

/// The kinds of records, as their checksums are seeded.
enum RecordKind: UInt64 {
    case identity = 1, hard, own, counter, peer
}

/// A record found in the data file, to be changed.
struct Record {
    let kind: RecordKind
    let offsets: [Int]
    var bytes: [UInt8]

    /// The record of `size` bytes that begins with `prefix`.
    init(_ kind: RecordKind, _ prefix: [UInt8], size: Int, in file: DataFile) throws {
        self.kind = kind
        offsets = try file.offsets(of: prefix)
        bytes = file.bytes(at: offsets[0], size)
    }

    mutating func put(_ value: UInt64, at offset: Int) {
        bytes.replaceSubrange(offset..<offset + 8, with: littleEndian(value))
    }

    /// Makes the checksum right again.
    mutating func seal() {
        put(mp_hash_seeded(bytes, bytes.count - 8, kind.rawValue), at: bytes.count - 8)
    }
}

func littleEndian(_ value: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
}

func bigEndian(_ value: UInt64) -> [UInt8] {
    littleEndian(value).reversed()
}
