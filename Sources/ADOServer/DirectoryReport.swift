internal import MultiPaxos

/// What was found in a voting directory that is not in use, as lines for an operator.
public struct DirectoryReport: Sendable, Hashable {
    /// One sentence for each thing that is damaged, and a last line that sums up.
    public let lines: [String]
    /// Whether nothing is damaged.
    public let isWhole: Bool

    private init(_ damages: [String], summary: String) {
        lines = damages + [summary]
        isWhole = damages.isEmpty
    }

    /// Reads the whole directory, and changes nothing.
    ///
    /// - Throws: ``Failure`` where it cannot be read.
    public static func verify(directory: String) throws(Failure) -> DirectoryReport {
        do throws(NodeError) {
            let damages = try Node.verify(directory: directory)
            let count = damages.count
            return DirectoryReport(
                damages,
                summary: damages.isEmpty
                    ? "\(directory): every record and every batch is whole."
                    : "\(directory): \(count) damaged. A server repairs them from its peers when "
                        + "it runs; adod repair takes them from a copy.")
        } catch {
            throw Failure(error)
        }
    }

    /// Repairs the directory from itself, and from the copy at `source` if there is one.
    ///
    /// - Throws: ``Failure`` where a directory cannot be opened, or the disk fails.
    public static func repair(
        directory: String, from source: String?
    ) throws(Failure) -> DirectoryReport {
        do throws(NodeError) {
            let repair = try Node.repair(directory: directory, from: source)
            return DirectoryReport(
                repair.remaining,
                summary: "\(directory): \(repair.repaired) repaired, \(repair.remaining.count) "
                    + "still damaged.")
        } catch {
            throw Failure(error)
        }
    }

    /// Throws if something is damaged.
    public func check() throws(Failure) {
        guard !isWhole else { return }
        throw Failure("the directory is damaged", status: Failure.disk)
    }
}
