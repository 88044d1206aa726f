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
    /// Copies the replica, or its state alone, and returns what encodes the copy, on any thread;
    /// nil if the replica is not what its log makes.
    @usableFromInline
    typealias Copy = () -> (@Sendable (inout Writer) -> Void)?
    @usableFromInline
    typealias MethodName = (UnsafeRawBufferPointer) -> String

    /// A `ReplicaBox` of the object's type.
    let box: any StoppableReplica
    private let applyBlock: ApplyBlock
    private let readOne: ReadOne
    private let copy: Copy
    private let copyState: Copy
    private let methodName: MethodName
    /// The last index that was applied.
    private(set) var applied: UInt64
    /// Digests of the results so far; nil if the snapshot that it began with has none.
    var results: DigestChain?
    /// Digests of the state.
    var states = StateDigests()
    /// Something is to be compared with other nodes.
    var isDue = false
    /// It was compared, or there was nobody to compare with.
    var wasCompared = false

    /// Hosts the state that the log made through entry `applied`.
    @usableFromInline
    init(
        box: any StoppableReplica, applied: UInt64, applyBlock: @escaping ApplyBlock,
        readOne: @escaping ReadOne, copy: @escaping Copy, copyState: @escaping Copy,
        methodName: @escaping MethodName
    ) {
        self.box = box
        self.applied = applied
        self.applyBlock = applyBlock
        self.readOne = readOne
        self.copy = copy
        self.copyState = copyState
        self.methodName = methodName
        results = applied == 0 ? DigestChain() : nil
    }

    /// Applies the next batch of the log, and appends one result record per entry if somebody waits
    /// for them.
    ///
    /// A small entry may have a large result, such as a `get` that was invoked, and a batch holds
    /// thousands: so few are in memory at once, and beyond a bound answers are unknown.
    func apply(_ batch: mp_batch, answer: Bool, _ results: inout Writer) {
        apply(EntrySlices(of: batch), answer: answer, &results)
    }

    func apply(_ slices: EntrySlices, answer: Bool, _ results: inout Writer) {
        precondition(slices.first == applied + 1, "a batch was left out or applied twice")
        let start = results.count
        for slice in slices {
            let sliceStart = results.count
            applyBlock(slice.bytes, slice.count, slice.first, &results)
            results.withUnsafeBytes { bytes in
                self.results?.append(UnsafeRawBufferPointer(rebasing: bytes[sliceStart...]))
            }
            if !answer {
                results.truncate(to: start)
            } else if results.count - start > Self.resultBytesMax {
                results.truncate(to: sliceStart)
                for _ in 0..<slice.count { results.append(.unknown) }
            }
        }
        applied += UInt64(slices.left)
    }

    /// Bytes of the results of one batch that are answered.
    static let resultBytesMax = 32 << 20

    /// Copies the state as it is now, which costs little, and returns what encodes the copy.
    ///
    /// A replica that stopped, because it cannot follow its log, is nobody's snapshot: nil.
    func encoder() -> (@Sendable (inout Writer) -> Void)? { copy() }

    /// Copies the object's state alone; nil if the replica stopped.
    func stateEncoder() -> (@Sendable (inout Writer) -> Void)? { copyState() }

    /// What an entry calls, in words.
    func name(ofCall payload: UnsafeRawBufferPointer) -> String { methodName(payload) }

    /// Answers a read with one result record.
    func read(_ bytes: UnsafeRawBufferPointer, _ result: inout Writer) {
        readOne(bytes, &result)
    }
}
