import Foundation
import Glibc

/// A file system that a test mounts, and that goes with the last reference to it.
public final class Mount {
    struct Refused: Error { let status: Int32 }

    /// Where it is mounted.
    public let path: String

    /// Whether this process may mount at all.
    public static let isPermitted: Bool = {
        let path = NSTemporaryDirectory() + "ado-mount-\(UUID().uuidString)"
        try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: path) }
        return (try? Mount(memory: path, bytes: 1 << 20)) != nil
    }()

    /// A small file system in memory.
    public init(memory path: String, bytes: Int) throws {
        self.path = path
        try Mount.run(mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)"))
    }

    /// The directory itself, without the right to write.
    public init(readOnly path: String) throws {
        self.path = path
        try Mount.run(mount(path, path, nil, UInt(MS_BIND), nil))
        let flags = UInt(MS_BIND | MS_REMOUNT | MS_RDONLY)
        try Mount.run(mount(nil, path, nil, flags, nil))
    }

    /// Changes the size of a file system in memory.
    public func resize(to bytes: Int) throws {
        try Mount.run(mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT), "size=\(bytes)"))
    }

    deinit {
        umount2(path, Int32(MNT_DETACH))
    }

    private static func run(_ status: Int32) throws {
        if status != 0 { throw Refused(status: errno) }
    }
}
