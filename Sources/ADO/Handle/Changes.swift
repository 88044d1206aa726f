/// The committed entries of an object from an index on, as an asynchronous sequence that goes on as
/// the log grows; see ``Handle/changes(from:)``.
public struct Changes<Object: AtomicObject>: AsyncSequence, Sendable {
    /// What comes next.
    public enum Element: Sendable {
        /// The next entry of the log.
        case change(Change<Object>)
        /// Entries were given up before they could be read: the next is the one at this index.
        ///
        /// Pull, or read the state in another way, before going on.
        case lagged(resumeFrom: UInt64)
    }

    /// Why a sequence of changes ended.
    public enum Failure: Error, Sendable, Hashable {
        /// The backend is closed, or cannot read its logs. Nothing was left out so far.
        case closed
        /// The log holds something else than entries at this index.
        case unreadable(index: UInt64)
    }

    let name: ObjectName
    let backend: any Backend
    let start: UInt64

    /// Begins to read.
    ///
    /// Each iterator reads for itself.
    public func makeAsyncIterator() -> Iterator {
        Iterator(name: name, backend: backend, next: start)
    }

    /// Reads changes, as they are asked for.
    ///
    /// It holds what one answer of a server brought, at most about a megabyte, and asks for more
    /// only once that is used up: who reads slowly costs the servers nothing.
    public struct Iterator: AsyncIteratorProtocol {
        let name: ObjectName
        let backend: any Backend
        /// The index of the next change.
        private(set) var next: UInt64
        private var ready: ArraySlice<Change<Object>> = []
        private var pause = Duration.milliseconds(1)

        /// How long one question may wait for news.
        private static var patience: Duration { .seconds(5) }
        private static var pauseMax: Duration { .milliseconds(200) }

        init(name: ObjectName, backend: any Backend, next: UInt64) {
            self.name = name
            self.backend = backend
            self.next = next
        }

        /// The next change, or nil once the task is cancelled.
        public mutating func next(
            isolation actor: isolated (any Actor)? = #isolation
        ) async throws(Failure) -> Element? {
            while true {
                if let change = ready.popFirst() {
                    next = change.index + 1
                    return .change(change)
                }
                guard !Task.isCancelled else { return nil }
                if let first = try await read(on: actor) {
                    next = first
                    return .lagged(resumeFrom: first)
                }
            }
        }

        /// Asks once for what follows; says where the log begins, if that is later.
        private mutating func read(
            on actor: isolated (any Actor)?
        ) async throws(Failure) -> UInt64? {
            let (backend, name, index) = (backend, name, next)
            let ended = await awaited(for: Self.patience + .seconds(1), in: backend.surroundings) {
                await backend.committed(name, from: index, timeout: Self.patience)
            }
            guard case .finished(let part) = ended else { return nil }
            switch part {
            case .blocks(let blocks):
                ready = try decode(blocks)
                if ready.isEmpty { await rest(on: actor) } else { pause = .milliseconds(1) }
            case .trimmed(let first):
                guard first > next else { throw .unreadable(index: next) }
                return first
            case .unavailable: await rest(on: actor)
            case .closed: throw .closed
            }
            return nil
        }

        private func decode(
            _ blocks: [CommittedBlock]
        ) throws(Failure) -> ArraySlice<Change<Object>> {
            var changes: [Change<Object>] = []
            var expected = next
            for block in blocks {
                guard block.entries.first <= expected, let decoded = Change<Object>.decoded(block)
                else { throw .unreadable(index: expected) }
                changes += decoded.drop { $0.index < expected }
                expected = block.entries.first + UInt64(block.entries.count)
            }
            return changes[...]
        }

        /// A server that knows of nothing new has waited already; this is for those that cannot.
        private mutating func rest(on actor: isolated (any Actor)?) async {
            _ = await backend.surroundings.pause(backend.surroundings.jittered(pause))
            pause = Swift.min(pause * 2, Self.pauseMax)
        }
    }
}

extension Handle {
    /// The committed entries of the object from `index` on, in the order of its log.
    ///
    ///     for try await element in settings.changes(from: 1) {
    ///         guard case .change(let change) = element else { continue }
    ///         print(change.index, change.content)
    ///     }
    ///
    /// Every entry is delivered, none twice: those without a method too, so that a gap would show.
    /// The sequence does not end: where nothing is committed yet, it waits for news; while no
    /// server can be reached, it tries one after the other. It ends with nil once the task is
    /// cancelled, and by throwing where it cannot go on. To go on later, start from the index after
    /// the last one seen.
    ///
    /// Entries are read as they are asked for, so that a slow reader takes no memory. If the log
    /// gave up entries before they were read, `lagged` says from where it goes on.
    ///
    /// This needs no pull and deposes nobody. News costs one message each way and comes within
    /// milliseconds; an idle log costs one round trip in five election timeouts.
    public func changes(from index: UInt64 = 1) -> Changes<Object> {
        precondition(index >= 1, "the first entry of a log has index 1")
        return Changes(name: name, backend: backend, start: index)
    }
}
