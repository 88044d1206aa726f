import ADO
import Testing

@testable import MultiPaxos

/// What is compared with what, and what that finds.
private typealias Compare = (_ asking: ObjectHost, _ asked: ObjectHost) -> DigestDifference?

/// Replicas that answered so, one number for each entry.
private func host(_ answers: [UInt8], states: [UInt64: UInt64] = [:]) -> ObjectHost {
    let host = HostedType(Odd.self).make()
    var chain = DigestChain()
    var writer = Writer()
    for answer in answers {
        writer.u32(1)
        writer.u32(ReplyOutcome.ok.rawValue)
        writer.u8(answer)
    }
    writer.withUnsafeBytes { chain.append($0) }
    host.results = chain
    for (index, digest) in states.sorted(by: { $0.key < $1.key }) {
        host.states.end(.init(index: index, digest: digest), size: 1, took: .zero)
    }
    return host
}

private struct Scene {
    let name: String
    let asking: ObjectHost
    let asked: ObjectHost
    /// Whether the two differ in what both have.
    let differs: Bool
}

private func scenes() -> [Scene] {
    [
        Scene(name: "equal", asking: host([1, 2, 3]), asked: host([1, 2, 3]), differs: false),
        Scene(name: "asked behind", asking: host([1, 2, 3]), asked: host([1, 2]), differs: false),
        Scene(name: "asking behind", asking: host([1]), asked: host([1, 2]), differs: false),
        Scene(name: "asked at the start", asking: host([1, 2]), asked: host([]), differs: false),
        Scene(
            name: "last differs", asking: host([1, 2, 3]), asked: host([1, 2, 4]), differs: true),
        Scene(name: "long ago", asking: host([1, 2, 3]), asked: host([9, 2, 3]), differs: true),
        Scene(
            name: "behind, differs", asking: host([1, 2, 3]), asked: host([1, 9]), differs: true),
        Scene(
            name: "ahead, differs", asking: host([1, 9]), asked: host([1, 2, 3]), differs: true),
        Scene(
            name: "states equal", asking: host([1, 2], states: [1: 7, 2: 8]),
            asked: host([1, 2], states: [2: 8]), differs: false),
        Scene(
            name: "states elsewhere", asking: host([1, 2], states: [1: 7]),
            asked: host([1, 2], states: [2: 8]), differs: false),
        Scene(
            name: "states differ", asking: host([1, 2], states: [2: 7]),
            asked: host([1, 2], states: [1: 7, 2: 8]), differs: true),
    ]
}

/// The scenes in which a comparison finds what is not there, or does not find what is.
private func mistakes(of compare: Compare) -> [String] {
    scenes().filter { (compare($0.asking, $0.asked) != nil) != $0.differs }.map(\.name)
}

/// As nodes do it: claims, answers, differences.
private func compare(_ asking: ObjectHost, _ asked: ObjectHost) -> DigestDifference? {
    for claim in asking.claims(1) {
        guard case .digest(let index, let theirs) = asked.digest(for: claim) else { continue }
        if let found = asking.difference(claim, from: theirs, at: index) { return found }
    }
    return nil
}

@Suite struct `A comparison of two replicas` {
    @Test func `finds those that differ, and no others`() {
        #expect(mistakes(of: compare) == [])
    }

    @Test func `tells where, and both digests`() throws {
        let (asking, asked) = (host([1, 2, 3]), host([1, 9]))
        let found = try #require(compare(asking, asked))
        #expect(found.index == 2)
        #expect(found.own == asking.results?[2])
        #expect(found.theirs == asked.results?[2])
    }

    @Test func `that is not made is noticed`() {
        #expect(mistakes(of: { _, _ in nil }).contains("last differs"))
    }

    @Test func `of the last digests, wherever they are, is noticed`() {
        let wrong = mistakes { asking, asked in
            guard let one = asking.results, let other = asked.results, one.digest != other.digest
            else { return nil }
            return DigestDifference(index: one.last, own: one.digest, theirs: other.digest)
        }
        #expect(wrong.contains("asked behind"))
        #expect(wrong.contains("asking behind"))
    }

    @Test func `of results alone is noticed`() {
        let wrong = mistakes { asking, asked in
            guard let claim = asking.claims(1).first,
                case .digest(let index, let theirs) = asked.digest(for: claim)
            else { return nil }
            return asking.difference(claim, from: theirs, at: index)
        }
        #expect(wrong == ["states differ"])
    }
}
