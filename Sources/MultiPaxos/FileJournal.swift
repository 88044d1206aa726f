public import ADO
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
        writer.u32(0)
        writer.u64(UInt64(max(0, now.tv_sec)) * 1000 + UInt64(max(0, now.tv_nsec)) / 1_000_000)
        event.write(to: &writer)
        writer.patchU32(UInt32(writer.count - 4), at: 0)
        let bytes = writer.bytes
        file.withLock { descriptor in
            var status = stat()
            if fstat(descriptor, &status) == 0, Int(status.st_size) + bytes.count > bytesMax {
                rename(path, path + ".1")
                close(descriptor)
                descriptor = Self.open(path)
            }
            _ = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
        }
    }

    private static func open(_ path: String) -> Int32 {
        Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
    }

    fileprivate static var reason: String { String(cString: strerror(errno)) }
}

// MARK: - Reading

extension FileJournal {
    /// The events of the journal at a path, the oldest first; an end that is torn is left out.
    ///
    /// - Throws: ``NodeError`` with code `system` if there is no such file, or `corrupt` if it is
    ///   no journal.
    public static func entries(at path: String) throws(NodeError) -> [Entry] {
        guard let bytes = read(path) else {
            throw NodeError(.system, "the journal \(path) cannot be read: \(reason)")
        }
        let older = try read(path + ".1").map { bytes throws(NodeError) in
            try entries(bytes, path + ".1")
        }
        return try (older ?? []) + entries(bytes, path)
    }

    static func entries(_ bytes: [UInt8], _ path: String) throws(NodeError) -> [Entry] {
        var entries: [Entry] = []
        var isJournal = true
        bytes.withUnsafeBytes { buffer in
            var reader = Reader(buffer)
            while reader.remaining >= 4, isJournal {
                guard let size = try? reader.u32() else { return }
                guard (8...UInt32(entryMax)).contains(size) else { return isJournal = false }
                guard let raw = try? reader.raw(Int(size)) else { return }
                guard let entry = entry(raw) else { return isJournal = false }
                entries.append(entry)
            }
        }
        guard isJournal else {
            throw NodeError(
                .corrupt,
                "\(path) is no journal of external events after its first \(entries.count); name "
                    + "the file that the program was told to write")
        }
        return entries
    }

    private static func entry(_ raw: UnsafeRawBufferPointer) -> Entry? {
        var reader = Reader(raw)
        guard let time = try? reader.u64(), let event = try? ExternalEvent.read(from: &reader),
            reader.remaining == 0
        else { return nil }
        return Entry(time: time, event: event)
    }

    private static func read(_ path: String) -> [UInt8]? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var part = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = Glibc.read(descriptor, &part, part.count)
            guard count > 0 else { return count == 0 ? bytes : nil }
            bytes += part[..<count]
        }
    }
}
