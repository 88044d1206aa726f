#if canImport(Glibc)
internal import Glibc
#else
internal import Darwin
#endif

/// A picture that somebody asked for in a file.
enum PictureFile {
    /// Writes the file; says what is wrong if it cannot be written.
    static func write(_ text: String, to path: String) -> String? {
        guard let file = fopen(path, "w") else { return String(cString: strerror(errno)) }
        let isWritten = fputs(text, file) >= 0
        let reason = String(cString: strerror(errno))
        // What was kept back may not fit either.
        guard fclose(file) == 0 else { return String(cString: strerror(errno)) }
        return isWritten ? nil : reason
    }
}
