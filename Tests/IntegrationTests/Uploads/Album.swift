import ADO

/// A type that no server hosts: pages that are written one after the other, round and round.
///
/// Its state is a function of how many pages were written, so that whoever has one can check it.
struct Album: AtomicObject {
    static let typeName = "Album"
    static let named = ObjectName(type: typeName, name: "album")
    static let pageSize = 4096
    /// Large enough that a snapshot has several chunks, and is asked for more than once.
    static let pageCount = 400

    struct Method: ObjectMethod {
        /// It makes the log as long as what it writes.
        let content: [UInt8]
        var isReadOnly: Bool { false }

        func write(to writer: inout Writer) { writer.bytes(content) }

        static func read(from reader: inout Reader) throws(DecodingFailure) -> Method {
            Method(content: try reader.byteArray())
        }
    }

    private(set) var written: UInt64 = 0
    private(set) var pages: [[UInt8]] = []

    /// What the page holds that is written after `number` others.
    static func page(_ number: UInt64) -> [UInt8] {
        (0..<pageSize).map { UInt8(truncatingIfNeeded: number &* 31 &+ UInt64($0) &* 7) }
    }

    /// Whether the pages are the last that were written.
    var isSound: Bool {
        guard pages.count == min(Int(written), Self.pageCount) else { return false }
        let first = written - UInt64(pages.count)
        return (first..<written).allSatisfy {
            pages[Int($0 % UInt64(Self.pageCount))] == Self.page($0)
        }
    }

    mutating func apply(_ method: Method, result: inout Writer) throws(MethodFailure) {
        let place = Int(written % UInt64(Self.pageCount))
        let page = Self.page(written)
        if place < pages.count { pages[place] = page } else { pages.append(page) }
        written += 1
        written.write(to: &result)
    }

    func writeState(to writer: inout Writer) {
        written.write(to: &writer)
        pages.write(to: &writer)
    }

    static func readState(from reader: inout Reader) throws(DecodingFailure) -> Album {
        var album = Album()
        album.written = try .read(from: &reader)
        album.pages = try .read(from: &reader)
        return album
    }
}

extension Call where Object == Album, Result == UInt64 {
    /// Writes one page more, and returns how many there were.
    static var write: Self { Self(Album.Method(content: Album.page(0))) }
}
