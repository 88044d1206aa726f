import Testing

@testable import ADOSimulator

@Suite("A map of a handful of numbers")
struct SmallMapTests {
    @Test func `says what a dictionary says, in the order in which keys came`() {
        var random = Random(seed: 7)
        var map = SmallMap<[Int]>()
        var dictionary: [UInt64: [Int]] = [:]
        var order: [UInt64] = []
        for step in 0..<2_000 {
            let key = UInt64(random.below(6))
            switch random.below(5) {
            case 0:
                map[key] = nil
                dictionary[key] = nil
            case 1:
                map[key] = [step]
                dictionary[key] = [step]
            case 2:
                map[key]?.append(step)
                dictionary[key]?.append(step)
            default:
                map[key, default: []].append(step)
                dictionary[key, default: []].append(step)
            }
            if dictionary[key] == nil {
                order.removeAll { $0 == key }
            } else if !order.contains(key) {
                order.append(key)
            }
            #expect(map.keys == order)
            #expect((0..<6).allSatisfy { map[$0] == dictionary[$0] })
            #expect(map[9, default: [1]] == [1] && map[9] == nil)
        }
    }

    @Test func `is equal to one that got the same in another order`() {
        var left = SmallMap<Int>()
        var right = SmallMap<Int>()
        for key: UInt64 in [1, 2] { left[key] = 3 }
        for key: UInt64 in [2, 1] { right[key] = 3 }
        #expect(left == right)
        right[2] = 4
        #expect(left != right)
        right[2] = nil
        #expect(left != right)
    }

    @Test func `changes what it holds in place`() {
        var map = SmallMap<[Int]>()
        map[1, default: []].reserveCapacity(100)
        let address = map[1]?.withUnsafeBufferPointer(\.baseAddress)
        map[1]?.append(1)
        map[1, default: []].append(2)
        #expect(map[1]?.withUnsafeBufferPointer(\.baseAddress) == address)
        #expect(map[1] == [1, 2])
    }
}
