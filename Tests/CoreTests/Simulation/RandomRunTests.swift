import CMultiPaxos
import Foundation
import Testing

@testable import ADOSimulator

/// `CORE_SEEDS=5000` runs that many seeds instead of 200.
let seedCount = ProcessInfo.processInfo.environment["CORE_SEEDS"].flatMap(UInt64.init)

/// Seeds in blocks, so that the report stays short.
///
/// `CORE_SEED=12` runs one.
let seedBlocks: [ClosedRange<UInt64>] = {
    let one = ProcessInfo.processInfo.environment["CORE_SEED"].flatMap(UInt64.init)
    if let one { return [one...one] }
    let count = seedCount ?? 200
    let block = max(count / 8, 1)
    return stride(from: 1, through: count, by: Int(block)).map { $0...min($0 + block - 1, count) }
}()

@Suite struct `Random runs` {
    @Test(arguments: seedBlocks)
    func `stay safe in trouble and make progress after it`(seeds: ClosedRange<UInt64>) {
        for seed in seeds {
            RunningSeeds.with(seed) {
                let simulation = Simulation.recorded(Plan(faulty: seed))
                simulation.runThroughTrouble()
            }
        }
    }

    @Test func `give the same digests when the seed is the same`() {
        for seed in [UInt64(7), 8, 9, 10] {
            let first = digests(seed)
            #expect(first == digests(seed), "seed \(seed)")
            #expect(first != digests(seed + 1000), "seed \(seed)")
        }
    }

    private func digests(_ seed: UInt64) -> [UInt64] {
        let simulation = Simulation.recorded(Plan(faulty: seed))
        RunningSeeds.with(seed) { simulation.runThroughTrouble() }
        let cluster = simulation.cluster
        return cluster.members.map { $0.replica?.digest ?? 0 }
            + [cluster.trace.hash, UInt64(cluster.stepCount)]
    }

    @Test func `reach what they are meant to reach`() {
        var reads = 0
        var tipReads = 0
        var changes = 0
        var commits: UInt64 = 0
        var kinds: Set<UInt32> = []
        for seed in UInt64(1)...24 {
            let simulation = Simulation.recorded(Plan(faulty: seed))
            RunningSeeds.with(seed) { simulation.runThroughTrouble() }
            reads += simulation.reads.count
            tipReads += simulation.tipReads.count
            changes += simulation.changes
            commits += simulation.plan.groups.map(simulation.cluster.ledger.committed).reduce(0, +)
            kinds.formUnion(simulation.cluster.trace.records.map(\.kind.rawValue))
        }
        #expect(reads > 20)
        #expect(tipReads > 20)
        #expect(changes > 20)
        #expect(commits > 200)
        let wanted = [
            MP_TRACE_PROMISED, MP_TRACE_REFUSED, MP_TRACE_ACCEPTED, MP_TRACE_TRUNCATED,
            MP_TRACE_COMMITTED, MP_TRACE_PULLED, MP_TRACE_INVOKED, MP_TRACE_PUSHED,
            MP_TRACE_PREEMPTED, MP_TRACE_ADOPTING,
        ]
        for kind in wanted {
            let name = String(cString: mp_trace_name(kind))
            #expect(kinds.contains(kind.rawValue), "no record of: \(name)")
        }
    }
}

extension Simulation {
    /// A run whose violations are issues of the running test.
    static func recorded(_ plan: Plan) -> Simulation {
        Simulation(plan, cluster: CoreCluster(plan.configuration))
    }
}
