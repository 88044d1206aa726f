import ADO
import ADOObjects
import Foundation
import TestSupport
import Testing

private let digestVariable = "ADO_TEST_DIGESTS"

@Suite struct `Every stock object` {
    @Test(arguments: StockObjects.all, 1...3 as ClosedRange<UInt64>)
    func `passes the conformance suite`(object: StockObjects.Entry, seed: UInt64) {
        #expect(object.complaints(seed) == [])
    }

    @Test func `comes to the same in another process`() async throws {
        let child = try ChildProcess(
            "/proc/self/exe",
            ["--testing-library", "swift-testing", "--filter", "prints what objects come to"],
            environment: [digestVariable: "1"])
        #expect(try await child.exit() == .status(0))
        let lines = child.standardOutput.split(separator: "\n").filter { $0.contains(" comes to ") }
        #expect(lines.map { String($0) }.prefix(StockObjects.all.count) == digests[...])
        // The check can fail: what follows the order of hashes differs between processes.
        #expect(lines.last.map { String($0) } != hashDigest)
        #expect(lines.count == StockObjects.all.count + 1)
    }

    @Test(
        .enabled(
            if: ProcessInfo.processInfo.environment[digestVariable] != nil,
            "is started by the test that compares"))
    func `prints what objects come to`() {
        for line in digests + [hashDigest] { print(line) }
        fflush(nil)
    }

    private var digests: [String] {
        StockObjects.all.map { "\($0.name) comes to \($0.digest(11))" }
    }

    private var hashDigest: String {
        let digest = digest(of: Sloppy<FollowsHashes>.self, seed: 11) { Sloppy.Method.draw(&$0) }
        return "Sloppy comes to \(digest)"
    }

    @Test func `has a name of its own`() {
        #expect(Set(StockObjects.all.map(\.name)).count == StockObjects.all.count)
    }
}

@Suite struct `The conformance suite of objects` {
    private func complaints<Wrong: Mistake>(_ wrong: Wrong.Type) -> String {
        let found = checkObject(Sloppy<Wrong>.self, seed: 5) { Sloppy<Wrong>.Method.draw(&$0) }
        return found.joined(separator: "; ")
    }

    @Test func `has nothing against an object without mistakes`() {
        #expect(complaints(NoMistake.self) == "")
    }

    @Test func `rejects a state that is not written in full`() {
        #expect(complaints(LosesState.self).contains("does not survive its encoding"))
        #expect(complaints(LosesState.self).contains("are not those of a replay"))
    }

    @Test func `rejects a read that writes`() {
        #expect(complaints(ReadsAndWrites.self).contains("is read-only and changed something"))
    }

    @Test func `rejects a failure that leaves a change`() {
        #expect(complaints(ChangesAndThrows.self).contains("threw and changed something"))
    }

    @Test func `rejects an argument that is lost on the way`() {
        #expect(complaints(LosesArgument.self).contains("is another method once encoded"))
    }

    @Test func `rejects a state with two encodings`() {
        #expect(complaints(IsNotCanonical.self).contains("is written otherwise"))
    }

    @Test func `rejects randomness`() {
        #expect(complaints(IsRandom.self).contains("two results after equal logs"))
    }
}
