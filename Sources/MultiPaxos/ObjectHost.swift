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

    /// A `ReplicaBox` of the object's type.
    let box: AnyObject
    private let applyBlock: ApplyBlock
    private let readOne: ReadOne
    /// The last index that was applied.
    private(set) var applied: UInt64 = 0
    /// A hash chain over the result records of every batch so far.
    private(set) var digest: UInt64 = 0

    @usableFromInline
    init(box: AnyObject, applyBlock: @escaping ApplyBlock, readOne: @escaping ReadOne) {
        self.box = box
        self.applyBlock = applyBlock
        self.readOne = readOne
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

    /// Answers a read with one result record.
    func read(_ bytes: UnsafeRawBufferPointer, _ result: inout Writer) {
        readOne(bytes, &result)
    }
}
