internal import CMultiPaxos

/// The functions of one build of the core.
///
/// The simulator calls a replica through this table alone, so that a core with a planted mistake
/// can be judged like the one that ships.
struct CoreLibrary {
    typealias Size = @convention(c) (UnsafePointer<mp_options>?) -> Int
    typealias Init =
        @convention(c) (
            UnsafeMutableRawPointer?, Int, UnsafePointer<mp_options>?,
            UnsafeMutablePointer<OpaquePointer?>?
        ) -> mp_status
    typealias Step =
        @convention(c) (
            OpaquePointer?, UnsafePointer<mp_event>?, UnsafeMutablePointer<mp_effects>?
        ) -> mp_status
    typealias Check = @convention(c) (OpaquePointer?) -> Void
    typealias Number = @convention(c) (OpaquePointer?) -> UInt64
    typealias View =
        @convention(c) (OpaquePointer?, UInt64, UnsafeMutablePointer<mp_group_view>?) -> Bool
    typealias NextView =
        @convention(c) (
            OpaquePointer?, UnsafeMutablePointer<UInt32>?, UnsafeMutablePointer<mp_group_view>?
        ) -> Bool
    typealias Identity =
        @convention(c) (OpaquePointer?, UInt64, UInt64, UnsafeMutablePointer<mp_identity>?) -> Bool
    typealias Encode =
        @convention(c) (UnsafePointer<mp_message>?, UInt64, UnsafeMutablePointer<UInt8>?) -> Void
    typealias Decode =
        @convention(c) (
            UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<mp_message>?,
            UnsafeMutablePointer<Int>?
        ) -> mp_status
    typealias DecodeBatch =
        @convention(c) (UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<mp_batch>?) -> mp_status

    let size: Size
    let initialize: Init
    let step: Step
    var check: Check
    let digest: Number
    let group: View
    let nextGroup: NextView
    let identity: Identity
    let serving: Number
    let encode: Encode
    var decode: Decode
    let decodeBatch: DecodeBatch

    /// The core that is linked in: the one that ships.
    static let linked = CoreLibrary(
        size: mp_replica_size, initialize: mp_replica_init, step: mp_replica_step,
        check: mp_replica_check, digest: mp_replica_digest, group: mp_replica_group,
        nextGroup: mp_replica_next_group, identity: mp_replica_identity,
        serving: mp_replica_serving, encode: mp_message_encode, decode: mp_message_decode,
        decodeBatch: mp_batch_decode)
}
