import ADO
import Foundation

/// The batches of one log in the data file of a server, found by what they begin with.
///
/// LMDB copies the pages of small ones, so one batch may lie in several places; damage to it is
/// damage to all of them.
struct StoredBatches {
    struct NotFound: Error {
        let what: String
    }

    private let file: String
    /// Where the batch that begins at an index lies.
    private let places: [UInt64: [Int]]

    /// The first indices of all batches, in order.
    var indices: [UInt64] { places.keys.sorted() }

    /// Finds the batches of `group` in the directory `data`.
    init(of group: UInt64, in data: String) throws {
        file = data + "/data.mdb"
        let content = try Data(contentsOf: URL(filePath: file), options: .alwaysMapped)
        var found: [UInt64: [Int]] = [:]
        for place in Self.places(of: [0x41, 0x44, 0x42, 0x01], in: content) {
            let header = content[(content.startIndex + place)...].prefix(64)
            guard header.count == 64 else { break }
            let words = [UInt8](header)[...]
            if words.uint64(at: 16) == group {
                found[words.uint64(at: 24), default: []].append(place)
            }
        }
        places = found
        if found.isEmpty { throw NotFound(what: "batches of group \(group) in \(file)") }
    }

    /// Flips a bit of the batch that begins at `index`.
    func damage(_ index: UInt64) throws {
        guard let offsets = places[index] else { throw NotFound(what: "batch \(index) in \(file)") }
        // In the header, which was recognised: a place that LMDB has used again holds other things.
        try flip(offsets.map { $0 + 10 })
    }

    /// Flips a bit of every copy of the hard state of `group`, older ones included.
    static func damageHardStates(of group: UInt64, in data: String) throws {
        let file = data + "/data.mdb"
        let content = try Data(contentsOf: URL(filePath: file), options: .alwaysMapped)
        let start = [3, 0, 0, 0, 0, 0, 0, 0] + littleEndian(group)
        let offsets = places(of: start, in: content).map { $0 + 5 }
        if offsets.isEmpty { throw NotFound(what: "hard states of group \(group) in \(file)") }
        try flip(offsets, in: file)
    }

    /// Flips a bit of the first chunk of the snapshot at `index`, wherever it lies.
    static func damageSnapshot(
        of object: ObjectName, _ group: UInt64, at index: UInt64, in data: String
    ) throws {
        let file = data + "/data.mdb"
        let content = try Data(contentsOf: URL(filePath: file), options: .alwaysMapped)
        let type = [2, UInt8(object.type.utf8.count)] + Array(object.type.utf8)
        let head = [3, 0, 0, 0, 0, 0, 0, 0] + littleEndian(group) + littleEndian(index)
        let start = head + type
        let offsets = places(of: start, in: content).map { $0 + start.count + 4 }
        if offsets.isEmpty { throw NotFound(what: "the snapshot at \(index) in \(file)") }
        try flip(offsets, in: file)
    }

    /// Finds `pattern`, fast: a data file is mostly its reserve, for which a search in Swift takes
    /// a minute.
    private static func places(of pattern: [UInt8], in content: Data) -> [Int] {
        content.withUnsafeBytes { content in
            guard let start = content.baseAddress else { return [] }
            let end = content.count - pattern.count
            var found: [Int] = []
            var from = 0
            while from <= end, let hit = memchr(start + from, Int32(pattern[0]), end + 1 - from) {
                let place = UnsafeRawPointer(hit) - start
                let isThere = memcmp(start + place, pattern, pattern.count) == 0
                if isThere { found.append(place) }
                from = place + (isThere ? pattern.count : 1)
            }
            return found
        }
    }

    private func flip(_ offsets: [Int]) throws { try Self.flip(offsets, in: file) }

    private static func flip(_ offsets: [Int], in file: String) throws {
        let handle = try FileHandle(forUpdating: URL(filePath: file))
        defer { try? handle.close() }
        for offset in offsets {
            try handle.seek(toOffset: UInt64(offset))
            guard let byte = try handle.read(upToCount: 1)?.first else { continue }
            try handle.seek(toOffset: UInt64(offset))
            try handle.write(contentsOf: [byte ^ 0x20])
        }
        try handle.synchronize()
    }
}
