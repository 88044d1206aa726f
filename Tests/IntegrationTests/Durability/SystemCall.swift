import Foundation

/// One call that the `durable` shim saw a server make.
struct SystemCall {
    enum Kind: UInt32 {
        /// A write to the data file.
        case write = 1
        /// A flush of the data file.
        case flush
        /// A write to a socket.
        case send
    }

    var kind: Kind
    /// Names the file or the socket.
    var inode: UInt64
    /// When the call began and ended, in nanoseconds of one clock for all processes.
    var begin: UInt64
    var end: UInt64
    /// True if the call returned only when what it wrote was durable.
    var isSynchronous = false
    /// What was written.
    var bytes: ArraySlice<UInt8> = []
}

/// The log has a record that the shim cannot have written.
struct MalformedLog: Error {
    let offset: Int
}

extension SystemCall {
    private static let headerSize = 48

    /// Reads a log, in the order in which the calls ended.
    ///
    /// A process that was killed may have left half a record at the end; it is dropped.
    static func readLog(at path: String) throws -> [SystemCall] {
        try readLog([UInt8](Data(contentsOf: URL(filePath: path))))
    }

    static func readLog(_ log: [UInt8]) throws -> [SystemCall] {
        var calls: [SystemCall] = []
        var rest = log[...]
        while rest.count >= headerSize {
            let size = Int(rest.uint32(at: 0))
            guard size >= headerSize, let kind = Kind(rawValue: rest.uint32(at: 4)) else {
                throw MalformedLog(offset: rest.startIndex)
            }
            guard rest.count >= size else { break }
            calls.append(
                SystemCall(
                    kind: kind, inode: rest.uint64(at: 8), begin: rest.uint64(at: 16),
                    end: rest.uint64(at: 24), isSynchronous: rest.uint32(at: 40) != 0,
                    bytes: rest.dropFirst(headerSize).prefix(size - headerSize)))
            rest = rest.dropFirst(size)
        }
        return calls
    }
}

extension ArraySlice<UInt8> {
    /// The little-endian number at `offset` from the start of the slice.
    func uint32(at offset: Int) -> UInt32 {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self) }.littleEndian
    }

    /// The little-endian number at `offset` from the start of the slice.
    func uint64(at offset: Int) -> UInt64 {
        withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self) }.littleEndian
    }
}
