public import ADO

/// Where a key of a lock-free store leads: to the newest place that holds a value.
///
/// A writer points the key to a place while it fills it. So the newest places are *pending*: each
/// is filled already, or will be, or never will. Older than these is the one that is *settled*,
/// because somebody has seen its value.
public struct MetaLeads: BinaryCodable, Hashable, Sendable {
    /// What may be there, the newest first.
    public private(set) var pending: [Meta] = []
    /// What is there; nil if nothing is known to be.
    public private(set) var settled: Meta?

    /// Makes one that leads nowhere.
    public init() {}

    /// All places, the newest first.
    public var all: [Meta] { pending + (settled.map { [$0] } ?? []) }

    /// Whether the key leads nowhere, whatever is filled.
    public var isEmpty: Bool { pending.isEmpty && settled == nil }

    /// Whether it leads to a place.
    func leads(to index: UInt64) -> Bool {
        settled?.index == index || pending.contains { $0.index == index }
    }

    /// Leads to a newer place as well, and returns to how many older ones it leads.
    mutating func point(to meta: Meta) -> Int {
        pending.insert(meta, at: 0)
        return pending.count - 1 + (settled == nil ? 0 : 1)
    }

    /// Learns that a place is filled; returns the older ones, to which it leads no longer.
    mutating func settle(_ index: UInt64) -> [UInt64] {
        guard let place = pending.firstIndex(where: { $0.index == index }) else { return [] }
        let older = pending[(place + 1)...].map(\.index) + (settled.map { [$0.index] } ?? [])
        settled = pending[place]
        pending.removeSubrange(place...)
        return older
    }

    /// Learns that a place will never be filled; false if it was not pending.
    mutating func close(_ index: UInt64) -> Bool {
        guard let place = pending.firstIndex(where: { $0.index == index }) else { return false }
        pending.remove(at: place)
        return true
    }

    /// Appends what is pending and what is settled.
    public func write(to writer: inout Writer) {
        pending.write(to: &writer)
        settled.write(to: &writer)
    }

    /// Reads what is pending and what is settled.
    public static func read(from reader: inout Reader) throws(DecodingFailure) -> MetaLeads {
        var leads = MetaLeads()
        leads.pending = try .read(from: &reader)
        leads.settled = try .read(from: &reader)
        return leads
    }
}
