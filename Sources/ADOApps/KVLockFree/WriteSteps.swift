internal import ADO
internal import ADOObjects

/// The two steps of writes, for a group of them.
///
/// Both are under way at once: where the value will be is known before, because its place was
/// reserved.
struct WriteSteps: Sendable {
    let data: Handle<DVector<String>>
    let meta: Handle<MetaVector>
    let hash: @Sendable (String) -> UInt64
    let reserved = ReservedPlaces()
    /// Places to free.
    let freed = Leftovers()
    /// Places of which the meta vector does not know yet that they are filled.
    private let filled = Leftovers()

    /// To how many older places a key may lead before whoever wrote it settles it at once: where
    /// clients write once and never again.
    private static let olderMax = 16

    /// Writes of no more bytes than this fit into an entry, whatever else it says.
    private static let smallMax = 256 * 1024

    /// Does a group of writes.
    ///
    /// It has as long as the one that may wait longest: whoever may not has given up by then. Of
    /// several to one key only the last is done, right after the others.
    func write(_ writes: [Gathering.Write]) async -> [Gathering.Outcome] {
        let deadline = writes.map(\.deadline).max() ?? .zero
        let (lasts, places) = Self.lasts(of: writes)
        var outcomes: [Gathering.Outcome] = Array(
            repeating: .failure(.notDone(.busy)), count: lasts.count)
        var left = Array(lasts.indices)
        repeat {
            let results = await attempt(left.map { lasts[$0] }, deadline)
            for (place, result) in zip(left, results) {
                if let result { outcomes[place] = result }
            }
            left = zip(left, results).filter { $0.1 == nil }.map(\.0)
        } while !left.isEmpty && data.surroundings.now < deadline
        return places.map { outcomes[$0] }
    }

    /// The last write of each key, and for each write which of these that is.
    private static func lasts(
        of writes: [Gathering.Write]
    ) -> (lasts: [Gathering.Write], places: [Int]) {
        var lasts: [Gathering.Write] = []
        // Keys that only look the same are equal here; they are then written as they come.
        var known: [String: Int] = [:]
        let places = writes.map { write in
            if let place = known[write.key], lasts[place].key.utf8.elementsEqual(write.key.utf8) {
                lasts[place] = write
                return place
            }
            known[write.key] = lasts.count
            lasts.append(write)
            return lasts.count - 1
        }
        return (lasts, places)
    }

    /// Does writes once; nil for what must be done again, with another place.
    private func attempt(
        _ writes: [Gathering.Write], _ deadline: Duration
    ) async -> [Gathering.Outcome?] {
        let places: [UInt64]
        do throws(CallFailure) {
            places = try await reserve(writes.count, deadline)
        } catch {
            return Array(
                repeating: .failure(.notDone(Obstacle(error))), count: writes.count)
        }
        let pointers = zip(writes, places).map { write, index in
            MetaPointer(
                write.key, Meta(size: write.value.utf8.count, index: index), hash: hash(write.key))
        }
        guard fits(pointers, with: writes.map(\.value)) else {
            reserved.add(places)
            return writes.map { _ in .failure(.notDone(.tooLarge)) }
        }
        let (filled, pointed) = await withTaskGroup(of: Result<Filled, CallFailure>.self) { group in
            group.addImmediateTask { await fill(places, with: writes.map(\.value), deadline) }
            let pointed = await point(pointers, deadline)
            return (await group.next() ?? .failure(.closed), pointed)
        }
        return outcomes(at: places, filled, pointed, deadline)
    }

    private func outcomes(
        at places: [UInt64], _ filled: Result<Filled, CallFailure>,
        _ pointed: Result<Pointed, CallFailure>, _ deadline: Duration
    ) -> [Gathering.Outcome?] {
        var refused: Set<UInt64> = []
        if case .success(let filled) = filled, !filled.refused.isEmpty {
            refused = Set(filled.refused)
            reserved.remove(below: filled.reserved)
        }
        switch (filled, pointed) {
        case (.success, .success(let pointed)):
            settle(zip(places, pointed.older).filter { !refused.contains($0.0) }, deadline)
            return places.map { refused.contains($0) ? nil : .success(()) }
        case (_, .failure(.thrown(let thrown))):
            // A collection came between, and sealed what was reserved.
            let floor = (try? thrown.error(as: Reclaimed.self))?.floor
            reserved.remove(below: floor ?? .max)
            freed.add(places.filter { !refused.contains($0) })
            return places.map { _ in nil }
        default:
            // What was refused never takes effect, whatever becomes of its pointer.
            let left = places.filter { !refused.contains($0) }
            let failure = fail(left, [filled.failure, pointed.failure].compactMap { $0 })
            return places.map { refused.contains($0) ? nil : .failure(failure) }
        }
    }

    /// Writes that lack a step, or both, are not done if one of the steps never will be.
    private func fail(_ places: [UInt64], _ failures: [CallFailure]) -> StoreFailure {
        let failures = failures.map { StoreFailure(last: $0) }
        let definite = failures.first {
            if case .notDone = $0 { true } else { false }
        }
        if failures.contains(where: \.isOfRemoved) {
            // These places may be others' in a new object of the same name.
            reserved.remove(below: .max)
        } else if definite != nil {
            freed.add(places)
        }
        return definite ?? failures.first ?? .unknown(.unreachable)
    }
}

// MARK: - Steps

extension WriteSteps {
    /// Whether the steps of writes are not too large, with all that may go with them.
    private func fits(_ pointers: [MetaPointer], with values: [String]) -> Bool {
        let bytes = zip(pointers, values).map { $0.key.utf8.count + $1.utf8.count }
        // What goes in groups is small; large writes go alone.
        guard bytes.contains(where: { $0 > Self.smallMax }) else { return true }
        let most = [UInt64](repeating: .max, count: Leftovers.batchMax)
        let places = pointers.map(\.meta.index)
        return meta.fits(.point(pointers, filled: most))
            && data.fits(.fill(values, at: places, freeing: most, reserving: .max))
    }

    /// Reserves places that are not, with a round trip of its own.
    private func reserve(_ count: Int, _ deadline: Duration) async throws(CallFailure) -> [UInt64] {
        let places = reserved.take(count)
        let lacking = UInt64(count - places.count)
        guard lacking > 0 else { return places }
        let more = lacking + reserved.lacking(after: count)
        do throws(CallFailure) {
            let first = try await data.call(.fill(reserving: more), policy: policy(deadline))
                .reserved
            reserved.add(first + lacking..<first + more)
            return places + (first..<first + lacking)
        } catch {
            if error == .removed { reserved.remove(below: .max) } else { reserved.add(places) }
            throw error
        }
    }

    private func fill(
        _ places: [UInt64], with values: [String], _ deadline: Duration
    ) async -> Result<Filled, CallFailure> {
        let (freeing, reserving) = (freed.take(), reserved.lacking(after: places.count))
        do throws(CallFailure) {
            let filled = try await data.call(
                .fill(values, at: places, freeing: freeing, reserving: reserving),
                policy: policy(deadline))
            reserved.add(filled.reserved..<filled.reserved + reserving)
            return .success(filled)
        } catch {
            freed.add(freeing)
            return .failure(error)
        }
    }

    private func point(
        _ pointers: [MetaPointer], _ deadline: Duration
    ) async -> Result<Pointed, CallFailure> {
        let filled = filled.take()
        do throws(CallFailure) {
            let pointed = try await meta.call(
                .point(pointers, filled: filled), policy: policy(deadline))
            freed.add(pointed.freed)
            return .success(pointed)
        } catch {
            self.filled.add(filled)
            return .failure(error)
        }
    }

    /// Has the next write say that places are filled, so that older ones are freed; where a key
    /// leads to many of them, at once, and nobody waits for it.
    private func settle(_ places: [(UInt64, older: Int)], _ deadline: Duration) {
        filled.add(places.map(\.0))
        guard places.contains(where: { $0.older > Self.olderMax }) else { return }
        data.surroundings.start { _ = await point([], deadline) }
    }

    private func policy(_ deadline: Duration) -> CallPolicy {
        .exactlyOnce(deadline: max(.zero, deadline - data.surroundings.now))
    }
}

extension Result {
    fileprivate var failure: Failure? {
        if case .failure(let failure) = self { return failure }
        return nil
    }
}

extension StoreFailure {
    fileprivate var isOfRemoved: Bool {
        self == .notDone(.removed) || self == .unknown(.removed)
    }

    /// What a failure of a step without which nothing takes effect means.
    init(last failure: CallFailure) {
        switch failure {
        case .unknown, .unhosted, .unreadable, .quarantined: self = .unknown(Obstacle(failure))
        case .thrown: self = .notDone(.busy)
        default: self = .notDone(Obstacle(failure))
        }
    }
}
