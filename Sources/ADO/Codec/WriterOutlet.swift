// Writing more than should be in memory at once: a writer holds a piece, and hands on the others.

/// Takes what a ``Writer`` does not hold any more.
///
/// Whatever fails there is for the outlet to remember; the writer goes on.
@usableFromInline
package protocol WriterOutlet: AnyObject, Sendable {
    /// Takes the bytes that follow.
    func append(_ bytes: UnsafeRawBufferPointer)
    /// Overwrites four bytes that were taken.
    func patch(_ value: UInt32, at offset: Int)
    /// What was written is good for nothing.
    func refuse(_ reason: String)
}

extension Writer {
    @usableFromInline static var pieceSize: Int { 1 << 20 }

    /// Makes an empty writer that hands on what was written, a piece at a time, and the last one
    /// with ``handOnRest()``.
    package init(outlet: any WriterOutlet) {
        storage = []
        storage.reserveCapacity(Self.pieceSize + Self.pieceSize / 16)
        self.outlet = outlet
    }

    /// Hands on what is still held.
    package mutating func handOnRest() {
        guard let outlet, !storage.isEmpty else { return }
        storage.withUnsafeBytes { outlet.append($0) }
        handedOn += storage.count
        storage.removeAll(keepingCapacity: true)
    }

    /// After each value: whether that was enough.
    @inlinable
    mutating func pieceEnds() {
        if outlet != nil, storage.count >= Self.pieceSize { handOnPiece() }
    }

    @usableFromInline
    mutating func handOnPiece() { handOnRest() }

    /// Appends bytes, which may be many, without holding more than a piece.
    @usableFromInline
    mutating func handOn(_ bytes: UnsafeRawBufferPointer) {
        if storage.count + bytes.count >= Self.pieceSize { handOnRest() }
        guard bytes.count >= Self.pieceSize else { return storage.append(contentsOf: bytes) }
        outlet?.append(bytes)
        handedOn += bytes.count
    }

    /// The four bytes may lie on both sides of where the piece begins.
    @usableFromInline
    mutating func patchHandedOn(_ value: UInt32, at offset: Int) {
        if offset + 4 > handedOn { handOnRest() }
        outlet?.patch(value, at: offset)
    }

    /// Whether a property of that many bytes can be written; if not, an outlet is told.
    @usableFromInline
    func admits(propertyOf size: Int) -> Bool {
        if size <= UInt32.max { return true }
        let reason = "a property must be encoded in less than 4 GiB; divide the object into several"
        guard let outlet else { preconditionFailure(reason) }
        outlet.refuse(reason)
        return false
    }
}
