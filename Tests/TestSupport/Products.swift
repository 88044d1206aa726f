internal import Foundation

/// The programs that were built together with the tests.
public enum Products {
    /// Returns the path of the executable product `name`.
    public static func path(_ name: String) -> String {
        let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        return tests.deletingLastPathComponent().appending(path: name).path
    }
}
