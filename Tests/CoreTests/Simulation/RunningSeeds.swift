import Synchronization

#if canImport(Glibc)
import Glibc
#else
import Darwin
#endif

/// The seeds that run now, so that a stopped process names them: an assertion of the core leaves no
/// time to report anything else.
enum RunningSeeds {
    private static let limit = 64
    nonisolated(unsafe) private static let slots: UnsafeMutablePointer<UInt64> = {
        let slots = UnsafeMutablePointer<UInt64>.allocate(capacity: limit)
        slots.initialize(repeating: 0, count: limit)
        signal(SIGABRT) { _ in RunningSeeds.printAll() }
        return slots
    }()
    private static let lock = Mutex(())

    /// Runs `body` with `seed` noted down.
    static func with(_ seed: UInt64, _ body: () -> Void) {
        let slot = lock.withLock { _ in
            let free = (0..<limit).first { slots[$0] == 0 } ?? 0
            slots[free] = seed
            return free
        }
        body()
        lock.withLock { _ in slots[slot] = 0 }
    }

    /// Only what a signal handler may do: format digits and write.
    private static func printAll() {
        for slot in 0..<limit where slots[slot] != 0 {
            write("stopped in a run that repeats with CORE_SEED=")
            writeNumber(slots[slot])
            write("\n")
        }
        signal(SIGABRT, SIG_DFL)
        raise(SIGABRT)
    }

    private static func write(_ text: StaticString) {
        #if canImport(Glibc)
        _ = Glibc.write(2, text.utf8Start, text.utf8CodeUnitCount)
        #else
        _ = Darwin.write(2, text.utf8Start, text.utf8CodeUnitCount)
        #endif
    }

    private static func writeNumber(_ number: UInt64) {
        var divisor: UInt64 = 1
        while number / divisor >= 10 { divisor *= 10 }
        while divisor > 0 {
            switch number / divisor % 10 {
            case 0: write("0")
            case 1: write("1")
            case 2: write("2")
            case 3: write("3")
            case 4: write("4")
            case 5: write("5")
            case 6: write("6")
            case 7: write("7")
            case 8: write("8")
            default: write("9")
            }
            divisor /= 10
        }
    }
}
