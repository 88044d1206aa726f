import Foundation
import Histogram

/// How long the disk takes to make a little durable: writes of 4 KiB, each flushed, one after the
/// other into a file that was allocated ahead, as the servers' are.
enum FlushProbe {
    private static let bytes = 4096

    /// Flushes so often in a file of this folder, which it removes.
    ///
    /// - Returns: microseconds of a flush.
    static func run(in folder: String, count: Int = 500) throws(BenchError) -> RunReport.Latency {
        let path = folder + "/flush-\(UInt32.random(in: 0...UInt32.max)).probe"
        let file = open(path, O_WRONLY | O_CREAT | O_EXCL, 0o600)
        guard file >= 0 else {
            throw BenchError("cannot write into \(folder): choose another directory with --data.")
        }
        defer {
            close(file)
            unlink(path)
        }
        guard posix_fallocate(file, 0, count * bytes) == 0 else {
            throw BenchError("the disk of \(folder) is full: make room, or choose another.")
        }
        var times = Window.detailedHistogram()
        let block = [UInt8](repeating: 0x5A, count: bytes)
        for _ in 0..<count {
            let start = monotonicNow()
            guard write(file, block, bytes) == bytes, fdatasync(file) == 0 else {
                throw BenchError("cannot flush a file in \(folder): look at that disk.")
            }
            times.record(min(max((monotonicNow() - start) / 1000, 1), Window.highestMicroseconds))
        }
        return RunReport.Latency(times)
    }
}
