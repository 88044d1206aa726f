import Foundation
import TestSupport

/// What the `forget` shim wrote down of a data file: the bytes that writes since the last flush
/// replaced.
struct UndoJournal {
    /// Bytes that were at an offset before a write.
    struct Entry {
        var offset: UInt64
        var bytes: Data
    }

    private(set) var entries: [Entry] = []

    /// Reads a journal.
    ///
    /// A process that was killed may have left half an entry at the end: then the
    /// write it was for did not begin.
    init(at path: String) throws {
        var rest = [UInt8](try Data(contentsOf: URL(filePath: path)))[...]
        while rest.count >= 16 {
            let size = Int(rest.uint64(at: 8))
            guard rest.count - 16 >= size else { return }
            entries.append(
                Entry(offset: rest.uint64(at: 0), bytes: Data(rest.dropFirst(16).prefix(size))))
            rest = rest.dropFirst(16 + size)
        }
    }

    /// Takes back the writes that `isLost` chooses, the last one first.
    ///
    /// A disk that loses power keeps any of the writes it was not told to flush, so that every
    /// choice is a state to recover from.
    func undo(in file: String, where isLost: () -> Bool = { true }) throws {
        let handle = try FileHandle(forUpdating: URL(filePath: file))
        defer { try? handle.close() }
        for entry in entries.reversed() where isLost() {
            try handle.seek(toOffset: entry.offset)
            try handle.write(contentsOf: entry.bytes)
        }
    }
}
