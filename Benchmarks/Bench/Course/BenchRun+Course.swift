import ADOSpec
import Foundation

extension BenchRun {
    /// Reads from the traces of the servers how the run went inside the cluster.
    func readCourse(_ loaded: inout Loaded) {
        guard case .own = servers, options.traces, let group = loaded.group else { return }
        let paths = servers.addresses.compactMap { servers.trace("node-\($0.node)") }
        let files = paths.map {
            TraceFile(Array(FileManager.default.contents(atPath: $0) ?? Data()))
        }
        var reader = CourseReader(
            group: group, nodes: servers.addresses.map(\.node), measured: loaded.measured,
            fault: loaded.strike.map(CourseReader.Fault.init))
        for record in TraceMerge(files, until: .max) { reader.add(record) }
        loaded.report.course = reader.finish()
    }
}

extension CourseReader.Fault {
    init(_ strike: FaultInjector.Strike) {
        self.init(
            injected: strike.times.at, healed: strike.times.recoveredAt,
            victims: Set(strike.victims),
            served: strike.ownerBefore.node)
    }
}
