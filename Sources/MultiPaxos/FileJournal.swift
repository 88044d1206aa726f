public import ADO
internal import CMultiPaxos
internal import Glibc
internal import Synchronization

/// A journal of external events in a file, which never takes more than twice what it is told.
///
///     options.journal = try FileJournal(path: "/var/log/shop.journal")
///
/// Once the file is full it becomes `PATH.1`, in the place of the one before, and a new one begins.
/// Events are appended with one write each and not flushed: what a machine that loses power forgets
/// is the end of it. What cannot be written is dropped, for the program is more important; several
/// processes may write to one file.
public final class FileJournal: EventJournal {
    /// An event, and when it was written down.
    public struct Entry: Sendable, Hashable {
        /// Milliseconds since 1970, on the clock of the machine that wrote it.
        public let time: UInt64
        /// What happened.
        public let event: ExternalEvent
    }

    /// Bytes that an event may take.
    static let entryMax = 1024

    private let path: String
    private let bytesMax: Int
    private let file: Mutex<Int32>

    /// Opens the journal at a path, or begins it.
    ///
    /// - Throws: ``NodeError`` with code `system` if the file cannot be opened.
    public init(path: String, bytesMax: Int = 1 << 20) throws(NodeError) {
        precondition(bytesMax >= Self.entryMax, "a journal has room for an event")
        self.path = path
        self.bytesMax = bytesMax
        let descriptor = Self.open(path)
        guard descriptor >= 0 else {
            throw NodeError(
                .system,
                "the journal \(path) cannot be opened: \(Self.reason); name a file that can be "
                    + "written")
        }
        file = Mutex(descriptor)
    }

    deinit {
        _ = file.withLock { close($0) }
    }

    /// Appends an event.
    public func record(_ event: ExternalEvent) {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        var writer = Writer()
        writer.u64(UInt64(max(0, now.tv_sec)) * 1000 + UInt64(max(0, now.tv_nsec)) / 1_000_000)
        event.write(to: &writer)
        let bytes = Self.framed(writer.bytes)
        file.withLock { descriptor in
            // Opened again if it could not be at the last turn.
            if descriptor < 0 { descriptor = Self.open(path) }
            guard makeRoom(for: bytes.count, in: &descriptor) else { return }
            _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
    }

    /// The bytes of an entry behind their size and their checksum.
    private static func framed(_ bytes: [UInt8]) -> [UInt8] {
        var writer = Writer()
        writer.u32(UInt32(bytes.count))
        writer.u64(bytes.withUnsafeBytes(checksum))
        writer.raw(bytes)
        return writer.bytes
    }

    private static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
        mp_hash(bytes.baseAddress, bytes.count)
    }

    /// Begins a new file where this one is gone or has no room for so many bytes; false if that
    /// cannot be now.
    ///
    /// Of several processes that find a file full one renames it: who comes later sees that the
    /// path leads to another file by then.
    private func makeRoom(for count: Int, in descriptor: inout Int32) -> Bool {
        guard let file = Self.status(of: descriptor) else { return false }
        let isGone = file.st_nlink == 0
        guard isGone || Int(file.st_size) + count > bytesMax else { return true }
        if leads(to: file) {
            // It is not waited for: another process may have been stopped while it renames. Where
            // files cannot be locked nobody else is asked.
            let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
            guard isLocked || !leads(to: file) else { return false }
            if leads(to: file) { rename(path, path + ".1") }
        }
        let full = descriptor
        descriptor = Self.open(path)
        close(full)
        guard let begun = Self.status(of: descriptor) else { return false }
        return Int(begun.st_size) + count <= bytesMax
    }

    /// Whether the path still leads to this file.
    private func leads(to file: stat) -> Bool {
        var named = stat()
        return stat(path, &named) == 0 && named.st_ino == file.st_ino
            && named.st_dev == file.st_dev
    }

    private static func status(of descriptor: Int32) -> stat? {
        var status = stat()
        return fstat(descriptor, &status) == 0 ? status : nil
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    fileprivate static var reason: String { String(cString: strerror(errno)) }
}

// MARK: - Reading

extension FileJournal {
    /// The events of the journal at a path, the oldest first; what is torn is left out, as on a
    /// disk that was full for a while.
    ///
    /// - Throws: ``NodeError`` with code `system` if there is no such file, or `corrupt` if it is
    ///   no journal.
    public static func entries(at path: String) throws(NodeError) -> [Entry] {
        while true {
            let newer = read(path)
            let older = read(path + ".1")
            // It was renamed in between.
            if let newer, let older, newer.file == older.file { continue }
            guard newer != nil || older != nil else {
                throw NodeError(.system, "the journal \(path) cannot be read: \(reason)")
            }
            let last = try newer.map { newer throws(NodeError) in try entries(newer.bytes, path) }
            return entries(older?.bytes ?? []) + (last ?? [])
        }
    }

    static func entries(_ bytes: [UInt8], _ path: String) throws(NodeError) -> [Entry] {
        let entries = entries(bytes)
        guard !entries.isEmpty || isTornFirst(bytes) else {
            throw NodeError(
                .corrupt,
                "\(path) is no journal of external events; name the file that the program was told "
                    + "to write")
        }
        return entries
    }

    /// Those that are whole.
    private static func entries(_ bytes: [UInt8]) -> [Entry] {
        bytes.withUnsafeBytes { buffer in
            var entries: [Entry] = []
            var place = 0
            while place < buffer.count {
                let found = entry(UnsafeRawBufferPointer(rebasing: buffer[place...]))
                if let found { entries.append(found.entry) }
                place += found?.size ?? 1
            }
            return entries
        }
    }

    /// The entry that these bytes begin with, and how many of them are its own.
    private static func entry(_ bytes: UnsafeRawBufferPointer) -> (entry: Entry, size: Int)? {
        var reader = Reader(bytes)
        guard let size = try? reader.u32(), isSize(size), let sum = try? reader.u64(),
            let raw = try? reader.raw(Int(size)), checksum(raw) == sum
        else { return nil }
        var inner = Reader(raw)
        guard let time = try? inner.u64(), let event = try? ExternalEvent.read(from: &inner),
            inner.remaining == 0
        else { return nil }
        return (Entry(time: time, event: event), headSize + Int(size))
    }

    /// Bytes of the size and the checksum.
    private static var headSize: Int { 12 }

    private static func isSize(_ size: UInt32) -> Bool { (8...UInt32(entryMax)).contains(size) }

    /// Whether these are the first bytes of an entry, or none at all.
    private static func isTornFirst(_ bytes: [UInt8]) -> Bool {
        guard bytes.count >= 4 else { return true }
        return bytes.withUnsafeBytes { buffer in
            var reader = Reader(buffer)
            guard let size = try? reader.u32() else { return false }
            return isSize(size) && buffer.count < headSize + Int(size)
        }
    }

    private static func read(_ path: String) -> (bytes: [UInt8], file: UInt64)? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        guard let file = status(of: descriptor) else { return nil }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            guard count > 0 else { return count == 0 ? (bytes, UInt64(file.st_ino)) : nil }
            bytes += part[..<count]
        }
    }
}
