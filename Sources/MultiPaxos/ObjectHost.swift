public import ADO
internal import CMultiPaxos

/// The committed state of one object on one node, without its type.
///
/// Only the loop thread touches it. It holds closures instead of being a generic class: a closure
/// that is made where the type is known is specialised for it, a virtual method is not.
@usableFromInline
final class ObjectHost {
    @usableFromInline
    typealias ApplyBlock = (UnsafeRawBufferPointer, Int, UInt64, inout Writer) -> Void
    @usableFromInline
    typealias ReadOne = (UnsafeRawBufferPointer, inout Writer) -> Void
    /// Copies the state, and returns what encodes the copy, on any thread; nil if the replica is
    /// not what its log makes.
    @usableFromInline
    typealias Copy = () -> (@Sendable (inout Writer) -> Void)?

    /// A `ReplicaBox` of the object's type.
    let box: AnyObject
    private let applyBlock: ApplyBlock
    private let readOne: ReadOne
    private let copy: Copy
    /// The last index that was applied.
    private(set) var applied: UInt64
    /// A hash chain over the result records of every batch so far.
    ///
    /// It goes on from a snapshot as it would have from the log.
    var digest: UInt64 = 0

    /// Hosts the state that the log made through entry `applied`.
    @usableFromInline
    init(
        box: AnyObject, applied: UInt64, applyBlock: @escaping ApplyBlock,
        readOne: @escaping ReadOne, copy: @escaping Copy
    ) {
        self.box = box
        self.applied = applied
        self.applyBlock = applyBlock
        self.readOne = readOne
        self.copy = copy
    }

    /// Applies the next batch of the log and appends one result record per entry.
    ///
    /// Batches are cut once for all replicas, so a digest per batch is the same everywhere.
    func apply(_ batch: mp_batch, _ results: inout Writer) {
        precondition(batch.first == applied + 1, "a batch was left out or applied twice")
        let start = results.count
        applyBlock(batch.block, Int(batch.count), batch.first, &results)
        applied = batch.last
        digest = results.withUnsafeBytes { bytes in
            let records = UnsafeRawBufferPointer(rebasing: bytes[start...])
            return mp_hash_seeded(records.baseAddress, records.count, digest)
        }
    }

    /// Copies the state as it is now, which costs little, and returns what encodes the copy.
    ///
    /// A replica that stopped, because it cannot follow its log, is nobody's snapshot: nil.
    func encoder() -> (@Sendable (inout Writer) -> Void)? { copy() }

    /// Answers a read with one result record.
    func read(_ bytes: UnsafeRawBufferPointer, _ result: inout Writer) {
        readOne(bytes, &result)
    }
}
