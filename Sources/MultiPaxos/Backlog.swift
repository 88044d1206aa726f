internal import CMultiPaxos

/// Committed batches of an object whose type is not registered yet.
///
/// They are kept in memory, within a bound for all objects of a node, so that a type registered
/// late starts with the whole log. Over the bound the object stays unhosted until a restart, which
/// applies its log from the disk.
struct Backlog {
    static let bytesMax = 16 << 20

    /// A batch with bytes of its own.
    struct Frame {
        var batch: mp_batch
        let bytes: [UInt8]

        init(_ batch: mp_batch) {
            self.batch = batch
            bytes = Array(UnsafeBufferPointer(start: batch.bytes, count: Int(batch.size)))
        }

        func withBatch(_ body: (mp_batch) -> Void) {
            bytes.withUnsafeBufferPointer { bytes in
                var lent = batch
                lent.bytes = bytes.baseAddress
                body(lent)
            }
        }
    }

    /// What the batches come after; `nil`: the start of the log.
    private(set) var snapshot: StateSnapshot?
    private(set) var frames: [Frame] = []
    private(set) var bytes = 0
    /// Whether nothing was left out.
    private(set) var isComplete = true

    init() {}

    /// Begins with a snapshot, or keeps nothing if it does not fit into `room`.
    init(_ snapshot: StateSnapshot, room: Int) {
        isComplete = snapshot.count <= room
        guard isComplete else { return }
        self.snapshot = snapshot
        bytes = snapshot.count
    }

    /// Adds a batch, or forgets everything if it does not fit into `room` with the others.
    mutating func add(_ batch: mp_batch, room: Int) {
        guard isComplete else { return }
        guard bytes + Int(batch.size) <= room else {
            frames = []
            snapshot = nil
            bytes = 0
            isComplete = false
            return
        }
        frames.append(Frame(batch))
        bytes += Int(batch.size)
    }
}
