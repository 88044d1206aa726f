import ADO
import ADOObjects
import TestSupport
import Testing

/// Every stock object with a way to draw its methods.
enum StockObjects {
    /// A stock object, as what may be done with it here.
    struct Entry: Sendable, CustomTestStringConvertible {
        let name: String
        let complaints: @Sendable (UInt64) -> [String]
        let digest: @Sendable (UInt64) -> UInt64

        var testDescription: String { name }

        init<Object: AtomicObject & Equatable>(
            _ type: Object.Type,
            _ draw: @escaping @Sendable (inout SeededGenerator) -> Object.Method
        ) where Object.Method: Equatable {
            name = Object.typeName
            complaints = { checkObject(type, seed: $0, method: draw) }
            digest = { TestSupport.digest(of: type, seed: $0, method: draw) }
        }
    }

    static let all = [
        Entry(KeyValue.self, keyValue), Entry(Counter.self, counter),
        Entry(DVector<String>.self) { vector(&$0) { "é\($0)" } },
        Entry(DVector<Int>.self) { vector(&$0) { $0 - 4 } },
        Entry(DVector<[UInt8]>.self) { vector(&$0) { Array(repeating: 7, count: $0) } },
        Entry(Queue<String>.self, queue), Entry(BankAccount.self, account),
        Entry(Lock.self, lock), Entry(TicketLock.self, ticketLock),
        Entry(TimeoutLock.self, timeoutLock), Entry(ResourceManager.self, resources),
    ]

    private static func keyValue(_ random: inout SeededGenerator) -> KeyValue.Method {
        let key = "key \(random.below(40)) äöü"
        switch random.below(9) {
        case 0: return .get(key)
        case 1: return .count
        case 2: return .remove(key)
        case 3: return .meta(key)
        default: return .set(key, to: String(random.next()))
        }
    }

    private static func counter(_ random: inout SeededGenerator) -> Counter.Method {
        switch random.below(8) {
        case 0: return .value
        case 1: return .add(.max)
        case 2: return .add(.min)
        default: return .add(random.below(2000) - 1000)
        }
    }

    private static func vector<Element>(
        _ random: inout SeededGenerator, _ element: (Int) -> Element
    ) -> DVector<Element>.Method {
        let index = UInt64(random.below(60))
        // Tokens mostly rise, so that some writes are refused.
        let fence = UInt64(random.below(8) == 0 ? random.below(20) : 20)
        switch random.below(18) {
        case 0: return .insert(element(random.below(9)), at: index, fence: fence)
        case 1: return .insert(element(1), at: .max - UInt64(random.below(2)), fence: fence)
        case 2: return .pop(fence: fence)
        case 3: return .remove([index, index + 1, index], fence: fence)
        case 4: return .raise(fence: fence)
        case 5: return .get(index)
        case 6: return .count
        case 7: return .occupied(from: index, limit: UInt64(random.below(40)))
        case 8: return .append(element(random.below(9)), freeing: [index], fence: fence)
        case 9:
            let elements = (0..<random.below(4)).map { _ in element(random.below(9)) }
            return .extend(elements, freeing: [index, index + 1], fence: fence)
        case 10, 11:
            return .fill(
                [element(1), element(2)], at: [index, index + 2], freeing: [index + 1],
                reserving: UInt64(random.below(20)), fence: fence)
        case 12: return .look([index, index + 1])
        case 13 where random.below(4) == 0: return .seal(fence: fence)
        default: return .append(element(random.below(9)), freeing: [], fence: fence)
        }
    }

    private static func queue(_ random: inout SeededGenerator) -> Queue<String>.Method {
        switch random.below(8) {
        case 0: return .first
        case 1: return .count
        case 2, 3, 4: return .dequeue
        default: return .enqueue("job \(random.next())")
        }
    }

    private static func account(_ random: inout SeededGenerator) -> BankAccount.Method {
        switch random.below(8) {
        case 0: return .balance
        case 1: return .deposit(.max)
        case 2: return .withdraw(-random.below(2))
        case 3, 4: return .withdraw(random.below(500))
        default: return .deposit(random.below(300))
        }
    }

    private static func lock(_ random: inout SeededGenerator) -> Lock.Method {
        switch random.below(5) {
        case 0: return .holder
        case 1, 2: return .release(UInt64(random.below(40)))
        default: return .tryAcquire(owner: UInt64(random.below(4)))
        }
    }

    private static func ticketLock(_ random: inout SeededGenerator) -> TicketLock.Method {
        switch random.below(6) {
        case 0: return .holder
        case 1, 2: return .release(UInt64(random.below(60)))
        case 3: return .cancel(owner: UInt64(random.below(9)))
        default: return .acquire(owner: UInt64(random.below(9)))
        }
    }

    private static func timeoutLock(_ random: inout SeededGenerator) -> TimeoutLock.Method {
        let token = UInt64(random.below(30))
        switch random.below(8) {
        case 0: return .grant
        case 1: return .release(token)
        case 2: return .checkIn(token)
        case 3, 4, 5: return .tick(token, seen: UInt64(random.below(2)))
        default:
            return .tryAcquire(
                owner: UInt64(random.below(3)), patience: UInt64(random.below(3)))
        }
    }

    private static func resources(_ random: inout SeededGenerator) -> ResourceManager.Method {
        let epoch = Epoch(number: 1, manager: UInt64(random.below(30) == 0 ? 2 : 1))
        let id = TransactionID(epoch: epoch, number: UInt64(random.below(200)))
        let name = "resource \(random.below(5))"
        switch random.below(10) {
        case 0: return .enroll(epoch)
        case 1: return .quantity(name)
        case 2: return .outcome(id)
        case 3, 4, 5: return .decide(id, random.below(3) == 0 ? .abort : .commit, by: epoch)
        case 6:
            return .prepare(id, [ResourceChange(name, by: .max), ResourceChange(name, by: .max)])
        default: return .prepare(id, [ResourceChange(name, by: random.below(200) - 70)])
        }
    }
}

extension SeededGenerator {
    mutating func below(_ bound: Int) -> Int { Int(next(upperBound: UInt64(bound))) }
}
