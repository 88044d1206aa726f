import Foundation
import Testing

/// The house style, as tests: a rule that no test checks is a wish.
@Suite struct `The source tree` {
    @Test(arguments: Rule.all) func `keeps the rule`(rule: Rule) {
        for file in Tree.files {
            for finding in rule.findings(in: file) {
                Issue.record("\(finding)")
            }
        }
    }

    @Test func `keeps its executables small`() {
        #expect(oversizedExecutables(in: Tree.files) == [])
        let planted = (1...5).map { SourceFile("Sources/adod/\($0).swift", "\n") }
        #expect(oversizedExecutables(in: planted) == [])
        let crowd = planted + [SourceFile("Sources/adod/6.swift", "\n")]
        #expect(oversizedExecutables(in: crowd) == ["Sources/adod/"])
        let length = String(repeating: "\n", count: 451)
        let long = [SourceFile("Benchmarks/adobench/A.swift", length)]
        #expect(oversizedExecutables(in: long) == ["Benchmarks/adobench/"])
    }

    /// The executables that are too large to parse arguments and wire, and do nothing else.
    private func oversizedExecutables(in files: [SourceFile]) -> [String] {
        Rule.executables.filter { folder in
            let own = files.filter { $0.path.hasPrefix(folder) }
            return own.count > 5 || own.map(\.length).reduce(0, +) > 450
        }
    }

    @Test func `is where the rules look for it`() {
        #expect(Tree.files.contains { $0.path == "Package.swift" })
        #expect(Tree.files.contains { $0.path == "CSources/CMultiPaxos/include/mp.h" })
        #expect(Tree.files.contains { $0.path.hasPrefix("Sources/MultiPaxos/") })
        #expect(Tree.files.contains { $0.path == "Tests/TidyTests/SourceTreeTests.swift" })
    }
}

@Suite struct `A rule` {
    @Test(arguments: Rule.all) func `rejects each text planted for it`(rule: Rule) {
        #expect(!rule.mustReject.isEmpty, "a rule that was never seen to fail proves nothing")
        for planted in rule.mustReject {
            #expect(
                !rule.findings(in: planted).isEmpty, "accepted \(planted.path): \(planted.text)")
        }
    }

    @Test(arguments: Rule.all) func `leaves good texts alone`(rule: Rule) {
        for good in rule.mustAccept {
            #expect(rule.findings(in: good).isEmpty, "rejected \(good.path): \(good.text)")
        }
    }
}
