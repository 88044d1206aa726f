import Histogram
import Synchronization

/// Parts of a run whose answers are summed on their own.
///
/// A stretch consists of whole windows of 100 ms, from the one in which it begins on.
final class Stretches: Sendable {
    struct Stretch: Sendable {
        /// Windows of the measured time.
        let positions: Range<Int>
        /// Everything that was answered in it.
        var sum: Window
    }

    private let stretches = Mutex<[Stretch]>([])

    /// Begins a stretch of so many windows at a time that is now, or later.
    ///
    /// - Returns: its number.
    func begin(at time: UInt64, windows: Int, _ measured: MeasuredTime) -> Int {
        let first = Window.position(of: time, in: measured)
        return stretches.withLock { stretches in
            stretches.append(
                Stretch(positions: first..<first + windows, sum: Window(position: first)))
            return stretches.count - 1
        }
    }

    /// Adds a window of one client to the stretches that it belongs to.
    func add(_ window: Window) {
        stretches.withLock { stretches in
            // The last ones are those that still run.
            for number in stretches.indices.reversed() {
                if stretches[number].positions.contains(window.position) {
                    stretches[number].sum.merge(window)
                } else if stretches[number].positions.upperBound + 600 < window.position {
                    return
                }
            }
        }
    }

    subscript(_ number: Int) -> Stretch { stretches.withLock { $0[number] } }
}
