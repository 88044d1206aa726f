internal import CMultiPaxos
internal import CStepGuard

#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// One replica of the core in memory of its own, with room for the effects of a step.
final class Replica {
    /// How much is checked in each step, and what a failed assertion of the core does.
    struct Care {
        /// Fill the effects with rubbish before each step, and compare digests around refusals.
        var isThorough = true
        /// A failed assertion is a value instead of the end of the process.
        var isGuarded = false
    }

    /// What a step came to.
    enum Verdict {
        case done(mp_status)
        /// An assertion of the core failed; the replica must not be used any more.
        case stopped(String)
    }

    private let library: CoreLibrary
    private let care: Care
    let raw: OpaquePointer
    private let memory: UnsafeMutableRawPointer
    private let buffer: UnsafeMutablePointer<mp_effects>

    init(_ options: mp_options, library: CoreLibrary = .linked, care: Care = Care()) {
        var options = options
        self.library = library
        self.care = care
        let size = library.size(&options)
        memory = .allocate(byteCount: size, alignment: 16)
        // Memory is whatever it was: the replica must not rely on zeros.
        memset(memory, 0xA5, size)
        buffer = .allocate(capacity: 1)
        var replica: OpaquePointer?
        let status = library.initialize(memory, size, &options, &replica)
        guard status == MP_OK, let replica else {
            preconditionFailure("the options of a run must be in range, not \(status)")
        }
        raw = replica
    }

    deinit {
        memory.deallocate()
        buffer.deallocate()
    }

    /// Steps and checks every invariant; the effects stay readable until the next step.
    func step(_ event: inout mp_event) -> Verdict {
        if care.isThorough { memset(buffer, 0xA5, MemoryLayout<mp_effects>.size) }
        guard care.isGuarded else {
            let status = library.step(raw, &event, buffer)
            library.check(raw)
            return .done(status)
        }
        let status = step_guard_run(library.step, library.check, raw, &event, buffer)
        if status == STEP_GUARD_STOPPED {
            return .stopped(String(cString: step_guard_message()))
        }
        return .done(mp_status(rawValue: UInt32(bitPattern: status)))
    }

    var effects: Effects { Effects(raw: UnsafePointer(buffer)) }

    var digest: UInt64 { library.digest(raw) }

    /// The node that this one believes to be elected; 0 if none.
    var serving: UInt64 { library.serving(raw) }

    func view(_ group: UInt64) -> mp_group_view? {
        var view = mp_group_view()
        return library.group(raw, group, &view) ? view : nil
    }

    /// Calls `body` with the view of each group.
    func forEachGroup(_ body: (mp_group_view) -> Void) {
        var cursor: UInt32 = 0
        var view = mp_group_view()
        while library.nextGroup(raw, &cursor, &view) { body(view) }
    }

    func identity(_ group: UInt64, at index: UInt64) -> mp_identity? {
        var identity = mp_identity()
        return library.identity(raw, group, index, &identity) ? identity : nil
    }
}
