import CMultiPaxos
import CMultiPaxosLMDB

/// What storage answered instead of success.
struct Failure: Error, CustomStringConvertible {
    let status: mp_status
    let text: String

    var description: String { "\(String(cString: mp_status_name(status))): \(text)" }

    init(_ status: mp_status, _ error: mp_lmdb_error) {
        self.status = status
        text = withUnsafeBytes(of: error.text) { bytes in
            String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
    }

    /// Runs `body` and throws unless it returns MP_OK.
    static func check(
        _ body: (inout mp_lmdb_error) -> mp_status
    ) throws(Failure) {
        var error = mp_lmdb_error()
        let status = body(&error)
        if status != MP_OK { throw Failure(status, error) }
    }
}

/// A group as load reported it.
struct LoadedGroup {
    let hard: mp_hard_state
    let suffix: [mp_identity]
    let health: mp_lmdb_health
    let text: String
}

/// One damage as storage reported it.
struct Damage {
    let what: mp_lmdb_damage
    let text: String
}

/// Gathers what storage finds damaged.
private final class Found {
    private(set) var damages: [Damage] = []
    /// How many it has room for: it says so with the last.
    private let room: Int

    init(room: Int = .max) { self.room = room }

    var context: UnsafeMutableRawPointer { Unmanaged.passUnretained(self).toOpaque() }

    static let add: mp_lmdb_on_damage = { context, damage, error in
        let found = Unmanaged<Found>.fromOpaque(context!).takeUnretainedValue()
        found.damages.append(
            Damage(what: damage!.pointee, text: Failure(MP_CORRUPT, error!.pointee).text))
        return found.damages.count < found.room
    }
}

/// How a test opens a directory.
///
/// The reserve is small, to keep the files small.
struct Options {
    var path: String
    var cluster = "prod"
    var node: UInt64 = 1
    var map: UInt64 = 0
    var reserve: UInt64 = 1 << 20

    func with<Result>(_ body: (UnsafePointer<mp_lmdb_options>) -> Result) -> Result {
        path.withCString { path in
            cluster.withCString { cluster in
                var options = mp_lmdb_options()
                options.path = path
                options.cluster = cluster
                options.node = node
                options.map_bytes = map
                options.reserve_bytes = reserve
                return body(&options)
            }
        }
    }

    func format() throws(Failure) {
        try Failure.check { error in self.with { mp_lmdb_format($0, &error) } }
    }
}

/// An open environment; closed when the last reference to it goes.
final class Storage {
    private let raw: OpaquePointer

    init(_ options: Options) throws(Failure) {
        var opened: OpaquePointer?
        try Failure.check { error in options.with { mp_lmdb_open($0, &opened, &error) } }
        raw = opened!
    }

    deinit {
        mp_lmdb_close(raw)
    }

    var flags: UInt32 { mp_lmdb_flags(raw) }

    var stats: mp_lmdb_stats {
        var stats = mp_lmdb_stats()
        mp_lmdb_get_stats(raw, &stats)
        return stats
    }

    var identity: mp_lmdb_identity_record {
        var record = mp_lmdb_identity_record()
        mp_lmdb_identity(raw, &record)
        return record
    }

    func commit(_ writes: [Write]) throws(Failure) {
        let frames = writes.map { write in
            write.frame.map { frame in
                let bytes = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: frame.count)
                _ = bytes.initialize(from: frame)
                return bytes
            }
        }
        defer { frames.forEach { $0?.deallocate() } }
        let all = zip(writes, frames).map { write, frame in
            mp_lmdb_write(
                write: write.write, identity: write.identity,
                frame: frame.map { UnsafePointer($0.baseAddress!) })
        }
        try Failure.check { mp_lmdb_commit(raw, all, UInt32(all.count), &$0) }
    }

    /// Every group by its number; reporting one twice is an error of its own.
    func load() throws -> [UInt64: LoadedGroup] {
        struct ReportedTwice: Error { let group: UInt64 }
        final class Collected {
            var groups: [UInt64: LoadedGroup] = [:]
            var twice: UInt64?
        }
        let collected = Collected()
        try Failure.check { error in
            mp_lmdb_load(
                raw,
                { context, group, hard, suffix, count, health, error in
                    let collected = Unmanaged<Collected>.fromOpaque(context!).takeUnretainedValue()
                    if collected.groups[group] != nil { collected.twice = group }
                    collected.groups[group] = LoadedGroup(
                        hard: hard!.pointee,
                        suffix: Array(UnsafeBufferPointer(start: suffix, count: Int(count))),
                        health: health, text: Failure(MP_OK, error!.pointee).text)
                }, Unmanaged.passUnretained(collected).toOpaque(), &error)
        }
        if let group = collected.twice { throw ReportedTwice(group: group) }
        return collected.groups
    }

    /// The frames from the one that holds `from`, at most `limit` of them.
    func read(
        _ group: UInt64, from: UInt64 = 1, through: UInt64 = .max, limit: Int = .max
    ) throws(Failure) -> [[UInt8]] {
        final class Collected {
            var frames: [[UInt8]] = []
            var limit = 0
        }
        let collected = Collected()
        collected.limit = limit
        try Failure.check { error in
            mp_lmdb_read(
                raw, group, from, through,
                { context, batch in
                    let collected = Unmanaged<Collected>.fromOpaque(context!).takeUnretainedValue()
                    let batch = batch!.pointee
                    let bytes = UnsafeBufferPointer(start: batch.bytes, count: Int(batch.size))
                    collected.frames.append(Array(bytes))
                    return collected.frames.count < collected.limit
                }, Unmanaged.passUnretained(collected).toOpaque(), &error)
        }
        return collected.frames
    }

    /// What is damaged of a group, from the batch that holds `from` on; of all groups if nil.
    ///
    /// - Parameter room: For how many there is room.
    func verify(
        _ group: UInt64?, from: UInt64 = 1, room: Int = .max
    ) throws(Failure) -> [Damage] {
        let found = Found(room: room)
        try Failure.check { error in
            guard let group else {
                return mp_lmdb_verify_all(raw, Found.add, found.context, &error)
            }
            return mp_lmdb_verify(raw, group, from, .max, Found.add, found.context, &error)
        }
        return found.damages
    }

    /// One step of a scrub; returns how many bytes it read.
    func scrub(
        _ place: inout mp_lmdb_place, bytes: UInt64, _ damages: inout [Damage]
    ) throws(Failure) -> UInt64 {
        let found = Found()
        var bytes = bytes
        var next = place
        try Failure.check { mp_lmdb_scrub(raw, &next, &bytes, Found.add, found.context, &$0) }
        place = next
        damages += found.damages
        return bytes
    }

    /// Repairs from another directory; returns how much was written, and what is damaged still.
    func restore(from source: Storage) throws(Failure) -> (repaired: UInt64, damages: [Damage]) {
        let found = Found()
        var repaired: UInt64 = 0
        try Failure.check {
            mp_lmdb_restore(raw, source.raw, Found.add, found.context, &repaired, &$0)
        }
        return (repaired, found.damages)
    }

    /// Mends a group; returns how many records were written, and what could not be mended.
    func mend(_ group: UInt64) throws(Failure) -> (records: UInt32, damages: [Damage]) {
        let found = Found()
        var mended: UInt32 = 0
        try Failure.check { mp_lmdb_mend(raw, group, Found.add, found.context, &mended, &$0) }
        return (mended, found.damages)
    }

    func repair(_ frame: [UInt8]) throws(Failure) {
        try Failure.check { error in
            frame.withUnsafeBufferPointer { bytes in
                var batch = mp_batch()
                let status = mp_batch_decode(bytes.baseAddress, bytes.count, &batch)
                return status == MP_OK ? mp_lmdb_repair(raw, &batch, &error) : status
            }
        }
    }

    /// The frame of the batch that ends at `last` and has this checksum, if it is here.
    func find(_ group: UInt64, last: UInt64, checksum: UInt64) -> [UInt8]? {
        final class Collected { var frame: [UInt8]? }
        let collected = Collected()
        var error = mp_lmdb_error()
        var damage = mp_lmdb_damage()
        damage.group = group
        damage.last = last
        damage.checksum = checksum
        let status = mp_lmdb_find(
            raw, &damage,
            { context, batch in
                let collected = Unmanaged<Collected>.fromOpaque(context!).takeUnretainedValue()
                let batch = batch!.pointee
                collected.frame = Array(
                    UnsafeBufferPointer(start: batch.bytes, count: Int(batch.size)))
                return true
            }, Unmanaged.passUnretained(collected).toOpaque(), &error)
        return status == MP_OK ? collected.frame : nil
    }

    /// Stores the chunks that `bytes` are cut into, from number `first` on.
    func putChunks(
        _ group: UInt64, _ index: UInt64, first: UInt64 = 0, _ bytes: [UInt8]
    ) throws(Failure) {
        try Failure.check {
            mp_lmdb_put_chunks(raw, group, index, first, bytes, UInt32(bytes.count), &$0)
        }
    }

    func putSnapshot(_ snapshot: mp_lmdb_snapshot) throws(Failure) {
        var snapshot = snapshot
        try Failure.check { mp_lmdb_put_snapshot(raw, &snapshot, &$0) }
    }

    /// The newest snapshot of a group; nil if there is none.
    func snapshot(_ group: UInt64) throws(Failure) -> mp_lmdb_snapshot? {
        var snapshot = mp_lmdb_snapshot()
        var error = mp_lmdb_error()
        let status = mp_lmdb_get_snapshot(raw, group, &snapshot, &error)
        if status == MP_UNKNOWN_GROUP { return nil }
        guard status == MP_OK else { throw Failure(status, error) }
        return snapshot
    }

    /// Whether a batch of the group's log ends at this very point.
    func holds(_ group: UInt64, _ point: mp_point) -> Bool {
        withUnsafePointer(to: point) { mp_lmdb_holds(raw, group, $0) }
    }

    /// The bytes of some chunks.
    func readChunks(
        _ group: UInt64, _ index: UInt64, first: UInt64 = 0, count: UInt64
    ) throws(Failure) -> [UInt8] {
        final class Collected { var bytes: [UInt8] = [] }
        let collected = Collected()
        try Failure.check { error in
            mp_lmdb_read_chunks(
                raw, group, index, first, count,
                { context, _, bytes, size in
                    let collected = Unmanaged<Collected>.fromOpaque(context!).takeUnretainedValue()
                    collected.bytes += UnsafeBufferPointer(start: bytes, count: Int(size))
                    return true
                }, Unmanaged.passUnretained(collected).toOpaque(), &error)
        }
        return collected.bytes
    }

    /// Sweeps once; returns whether something is left.
    func sweepOnce(_ group: UInt64) throws(Failure) -> Bool {
        var more = false
        try Failure.check { mp_lmdb_sweep(raw, group, &more, &$0) }
        return more
    }

    /// Drops the chunks that belong to no snapshot, to the last.
    ///
    /// - Returns: how many steps it took.
    @discardableResult
    func dropChunks(_ group: UInt64) throws(Failure) -> Int {
        var more = true
        var steps = 0
        while more {
            try Failure.check { mp_lmdb_drop_chunks(raw, group, &more, &$0) }
            steps += 1
        }
        return steps
    }

    /// Commits, as a node does that takes in no batch once only the reserve is left.
    func take(_ write: Write) throws(Failure) {
        try Failure.check { mp_lmdb_room(raw, &$0) }
        try commit([write])
    }

    func putPeer(_ peer: mp_lmdb_peer) throws(Failure) {
        var peer = peer
        try Failure.check { mp_lmdb_put_peer(raw, &peer, &$0) }
    }

    func admit(_ standing: mp_lmdb_standing) throws(Failure) {
        var standing = standing
        try Failure.check { mp_lmdb_admit(raw, &standing, &$0) }
    }

    func peer(_ node: UInt64) -> mp_lmdb_peer? {
        var peer = mp_lmdb_peer()
        return mp_lmdb_get_peer(raw, node, &peer) ? peer : nil
    }
}
