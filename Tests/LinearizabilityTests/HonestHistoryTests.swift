import Linearizability
import TestSupport
import Testing

@Suite struct `A history of a correct object` {
    static let seeds = Array(UInt64(1)...10)

    private func history(
        _ count: Int, clients: UInt64, keys: Int, seed: UInt64, lostOneIn: UInt64? = nil
    ) throws -> History<KeyValueModel<String, Int>.Input, Int?> {
        let model = KeyValueModel<String, Int>()
        var histories = RandomHistories(model, seed: seed)
        let inputs = (0..<keys).flatMap { key in
            let name = "k\(key)"
            return [
                .set(name, 1), .set(name, 2), .set(name, 3), .get(name), .get(name), .remove(name),
            ] as [KeyValueModel<String, Int>.Input]
        }
        return try histories.honest(
            count, clients: clients, inputs: inputs, lostOneIn: lostOneIn, answer: answer)
    }

    @Test(arguments: seeds) func `passes, and fails with one impossible output`(
        seed: UInt64
    ) throws {
        let honest = try history(300, clients: 8, keys: 5, seed: seed)
        #expect(KeyValueModel().check(honest).isLinearizable)
        let position = Int(seed) * 13 % 300
        let explanation = KeyValueModel().check(try honest.changing(position, to: 99)).explanation
        #expect(explanation?.window.contains(position) == true)
    }

    @Test(arguments: seeds) func `passes although outcomes are unknown`(seed: UInt64) throws {
        let honest = try history(300, clients: 8, keys: 3, seed: seed, lostOneIn: 5)
        #expect(KeyValueModel().check(honest).isLinearizable)
        let position = honest.operations.firstIndex { $0.returned != nil && $0.call > 100 }
        let wrong = try honest.changing(try #require(position), to: 99)
        #expect(KeyValueModel().check(wrong).explanation?.unplaceable.first == position)
    }

    @Test(arguments: seeds) func `of one client fails with any other output`(seed: UInt64) throws {
        let honest = try history(25, clients: 1, keys: 1, seed: seed)
        #expect(KeyValueModel().check(honest).isLinearizable)
        for position in honest.operations.indices {
            let output = try #require(honest.operations[position].returned).output
            for other in [nil, 1, 2, 3] as [Int?] where other != output {
                let wrong = try honest.changing(position, to: other)
                #expect(KeyValueModel().check(wrong).explanation != nil)
            }
        }
    }

    @Test func `of ten thousand calls on a hundred keys costs few steps for each`() throws {
        let honest = try history(10_000, clients: 20, keys: 100, seed: 7)
        let verdict = KeyValueModel().check(honest, stepsPerKey: 1000)
        #expect(verdict.isLinearizable, "\(verdict)")
    }

    @Test func `of one client and one key costs two steps for each call`() throws {
        let honest = try history(20_000, clients: 1, keys: 1, seed: 8)
        #expect(KeyValueModel().check(honest, stepsPerKey: 40_000).isLinearizable)
    }

    @Test func `of twenty clients on one key is decided`() throws {
        let honest = try history(10_000, clients: 20, keys: 1, seed: 9)
        let verdict = KeyValueModel().check(honest)
        #expect(verdict.isLinearizable, "\(verdict)")
    }

    @Test func `of a register without return values is decided`() throws {
        let model = RegisterModel(initial: 0)
        var histories = RandomHistories(model, seed: 10)
        let inputs = [RegisterModel<Int>.Input.read, .read] + (1...50).map { .write($0) }
        let honest = try histories.honest(3000, clients: 10, inputs: inputs) { states, input in
            let state = states[.whole] ?? 0
            guard case .write(let value) = input else { return .value(state) }
            states[.whole] = value
            return .written
        }
        let verdict = model.check(honest)
        #expect(verdict.isLinearizable, "\(verdict)")
    }
}
