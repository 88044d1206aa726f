#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The address sanitizer, which keeps memory for a while that was freed.
public enum Sanitizer {
    /// Whether this process, and so what it starts, runs under it.
    public static let isOn = dlsym(nil, "__asan_init") != nil
}
