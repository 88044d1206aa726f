#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// Why a build of the core cannot be used.
public struct CoreLoadFailure: Error, CustomStringConvertible {
    /// One sentence that names the file.
    public let description: String
}

extension CoreLibrary {
    /// Loads a build of the core from a shared library, which stays loaded.
    ///
    /// It must be built from the same headers, with its own functions bound to itself
    /// (`-Wl,-Bsymbolic`).
    static func load(path: String) throws(CoreLoadFailure) -> CoreLibrary {
        // A path without a slash would be searched for like a system library.
        let place = path.contains("/") ? path : "./" + path
        guard let handle = dlopen(place, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? "no reason is known"
            throw CoreLoadFailure(
                description: "cannot load the core from \(path): \(reason); build it with "
                    + "-shared -fPIC -Wl,-Bsymbolic from the headers of this release")
        }
        let symbols = Symbols(handle: handle, path: path)
        return CoreLibrary(
            size: try symbols.find("mp_replica_size", as: Size.self),
            initialize: try symbols.find("mp_replica_init", as: Init.self),
            step: try symbols.find("mp_replica_step", as: Step.self),
            check: try symbols.find("mp_replica_check", as: Check.self),
            digest: try symbols.find("mp_replica_digest", as: Number.self),
            group: try symbols.find("mp_replica_group", as: View.self),
            nextGroup: try symbols.find("mp_replica_next_group", as: NextView.self),
            identity: try symbols.find("mp_replica_identity", as: Identity.self),
            serving: try symbols.find("mp_replica_serving", as: Number.self),
            encode: try symbols.find("mp_message_encode", as: Encode.self),
            decode: try symbols.find("mp_message_decode", as: Decode.self),
            decodeBatch: try symbols.find("mp_batch_decode", as: DecodeBatch.self))
    }
}

private struct Symbols {
    let handle: UnsafeMutableRawPointer
    let path: String

    /// The address of a function, as a pointer of a type that only the caller knows.
    func find<Function>(_ name: String, as type: Function.Type) throws(CoreLoadFailure) -> Function
    {
        guard let address = dlsym(handle, name) else {
            throw CoreLoadFailure(
                description: "\(path) has no function \(name); build it from the headers of this "
                    + "release")
        }
        return unsafeBitCast(address, to: type)
    }
}
