import ADO
import ADOApps
import ADOObjects
import TestSupport
import Testing

@Suite struct `The objects of the stores` {
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func `pass the conformance suite`(seed: UInt64) {
        let places = checkObject(MetaVector.self, seed: seed) { random in
            let key = "key \(random.next(upperBound: 9 as UInt64))"
            let hash = random.next(upperBound: 4 as UInt64)
            let index = random.next(upperBound: 60 as UInt64)
            let pointers = [index, index + 1].map {
                MetaPointer(key + "\($0 % 3)", Meta(size: 3, index: $0), hash: hash)
            }
            switch random.next(upperBound: 9 as UInt64) {
            case 0: return .seal(index / 4)
            case 8: return .sort(from: index / 4, to: index, filled: [index / 2, index / 2 + 1])
            case 1: return .leads(key, hash: hash)
            case 2: return .drop(key, hash: hash)
            case 3: return .point([], filled: [index, index + 1])
            case 4: return .point(pointers, filled: [])
            default:
                let pointer = MetaPointer(key, Meta(size: 3, index: index), hash: hash)
                return .point([pointer], filled: [index / 2])
            }
        }
        #expect(places == [])
        let buckets = checkObject(DVector<MetaBucket>.self, seed: seed) { random in
            var bucket = MetaBucket()
            for _ in 0..<random.next(upperBound: 4 as UInt64) {
                bucket["\(random.next())"] = Meta(size: 1, index: random.next())
            }
            return .insert(bucket, at: random.next(upperBound: 4 as UInt64), fence: 0)
        }
        #expect(buckets == [])
    }

    @Test func `hold keys of one hash side by side`() {
        var bucket = MetaBucket()
        for key in ["b", "c", "a"] {
            bucket[key] = Meta(size: 1, index: UInt64(key.utf8.first ?? 0))
        }
        #expect(bucket.keys == ["a", "b", "c"])
        bucket["b"] = Meta(size: 2, index: 7)
        bucket["a"] = nil
        #expect(bucket.keys == ["b", "c"])
        #expect(bucket["b"]?.index == 7)
        #expect(bucket["a"] == nil)
    }

    @Test func `tell keys apart that only look the same`() {
        var bucket = MetaBucket()
        bucket["\u{e9}"] = Meta(size: 1, index: 1)
        bucket["e\u{301}"] = Meta(size: 2, index: 2)
        #expect(bucket.keys.count == 2)
        #expect(bucket["\u{e9}"]?.index == 1)
        #expect(bucket["e\u{301}"]?.index == 2)
        bucket["\u{e9}"] = nil
        #expect(bucket["\u{e9}"] == nil && bucket["e\u{301}"] != nil)
    }

    @Test func `hash keys alike for ever`() {
        #expect(KeyHash.fnv1a("") == 0xcbf2_9ce4_8422_2325)
        #expect(KeyHash.fnv1a("foobar") == 0x8594_4171_f739_67e8)
    }
}
