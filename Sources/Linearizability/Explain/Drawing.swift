/// What a drawing of a violation shows, whatever it is drawn with.
struct Drawing: Sendable {
    /// The part that an operation plays.
    enum Role: Sendable {
        /// It has a place in the longest order.
        case placed(Int)
        /// Its outcome is unknown, and the longest order does without it.
        case unused
        /// It is left over, because something else has no place.
        case waiting
        /// It has no place.
        case unplaceable
    }

    struct Bar: Sendable {
        /// Its number in the drawing, from 1.
        let number: Int
        let client: UInt64
        let label: String
        let call: UInt64
        /// When it returned; nil if the outcome is unknown.
        let end: UInt64?
        let role: Role
        /// The column in which it begins.
        let first: Int
        /// The column in which it ends; nil if it does not.
        let last: Int?
    }

    /// The bars of one client that do not overlap.
    struct Lane: Sendable {
        let client: UInt64
        var bars: [Bar]
    }

    /// Each bar is drawn, and so numbered, by call.
    static let barsMax = 24

    /// The key and the sentence.
    let title: String
    /// How far the longest order goes.
    let summary: String
    let bars: [Bar]
    let lanes: [Lane]
    /// The number of columns, from left to right; what they show is the order, not the duration.
    let columns: Int
}

extension Drawing.Bar {
    /// What became of it, in words.
    var fate: String {
        switch role {
        case .placed(let place):
            "\(end == nil ? "unknown, as if it took effect: " : "")place \(place)"
        case .unused: "unknown, and of no help"
        case .waiting: "not reached"
        case .unplaceable: "NO PLACE"
        }
    }

    /// When it ran.
    var times: String { "\(call)..\(end.map(String.init) ?? "?")" }

    var isUnplaceable: Bool {
        if case .unplaceable = role { return true }
        return false
    }

    var isPlaced: Bool {
        if case .placed = role { return true }
        return false
    }
}

extension Drawing {
    /// A line for each bar, in columns.
    var legend: [String] {
        let rows = bars.map { bar in
            ["\(bar.number)", "client \(bar.client)", bar.times, bar.label, bar.fate]
        }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.indices.map { column in
                padded(row[column], to: widths[column], leading: column == 0)
            }
            return trimmed(cells.joined(separator: "  "))
        }
    }
}

extension NumberedModel {
    /// Draws the window, and a little of what came before it.
    func drawing(of deadEnd: DeadEnd, unplaceable: [Int], title: String) -> Drawing {
        let shown = DrawnItems(deadEnd, unplaceable: unplaceable)
        let columns = Columns(deadEnd.part, shown.items)
        let order = deadEnd.order
        let places = Dictionary(uniqueKeysWithValues: zip(order, 1...))
        let bars = zip(shown.items, 1...).map { item, number in
            let operation = deadEnd.part.items[item]
            return Drawing.Bar(
                number: number, client: operation.client,
                label: clean(describe(label: operation.label), limit: 60),
                call: operation.call, end: operation.end,
                role: role(
                    of: item, unplaceable.contains(item), places[item], operation.end == nil),
                first: columns.first[number - 1], last: columns.last[number - 1])
        }
        let summary =
            "The longest order has a place for \(order.count) of \(deadEnd.part.items.count) "
            + "operations."
        return Drawing(
            title: title, summary: summary + shown.remark, bars: bars,
            lanes: lanes(bars), columns: columns.count)
    }

    private func role(
        of item: Int, _ isUnplaceable: Bool, _ place: Int?, _ isUnknown: Bool
    ) -> Drawing.Role {
        if isUnplaceable { return .unplaceable }
        if let place { return .placed(place) }
        return isUnknown ? .unused : .waiting
    }

    /// Puts each bar into the first lane of its client that is free by then.
    private func lanes(_ bars: [Drawing.Bar]) -> [Drawing.Lane] {
        var lanes: [Drawing.Lane] = []
        for bar in bars {
            let free = lanes.firstIndex { lane in
                guard lane.client == bar.client, let last = lane.bars.last else { return false }
                return last.last.map { $0 < bar.first } ?? false
            }
            if let free {
                lanes[free].bars.append(bar)
            } else {
                lanes.append(Drawing.Lane(client: bar.client, bars: [bar]))
            }
        }
        return lanes.enumerated()
            .sorted { ($0.element.client, $0.offset) < ($1.element.client, $1.offset) }
            .map(\.element)
    }
}

/// The items worth drawing, by call.
private struct DrawnItems {
    let items: [Int]
    /// A sentence on those that are left out; empty if none is.
    let remark: String

    init(_ deadEnd: DeadEnd, unplaceable: [Int]) {
        let part = deadEnd.part
        let window = deadEnd.window.sorted { part.calls[$0] > part.calls[$1] }
        let overlapping = window.filter { part.items[$0].end != nil }
        let unknown = window.filter { part.items[$0].end == nil }
        let order = deadEnd.order
        let used = unknown.filter(Set(order).contains)
        let before = order.reversed().filter { part.returns[$0] < part.calls[deadEnd.item] }
        var chosen = unplaceable
        for item in before.prefix(3) + used.prefix(6) + overlapping + unknown {
            if chosen.count == Drawing.barsMax { break }
            if !chosen.contains(item) { chosen.append(item) }
        }
        items = chosen.sorted { part.calls[$0] < part.calls[$1] }
        let left = Set(window).subtracting(chosen).count
        remark = left == 0 ? "" : " \(left) more that overlap it are not drawn."
    }
}

/// The columns in which bars begin and end: a new one where a return is followed by a call, since
/// nothing else orders operations.
private struct Columns {
    private(set) var first: [Int]
    private(set) var last: [Int?]
    private(set) var count = 0

    init(_ part: Part, _ items: [Int]) {
        first = Array(repeating: 0, count: items.count)
        last = Array(repeating: nil, count: items.count)
        let calls = items.indices.map { (part.calls[items[$0]], $0, false) }
        let returns = items.indices.filter { part.returns[items[$0]] < .max }
            .map { (part.returns[items[$0]], $0, true) }
        var wasReturn = true
        for (_, index, isReturn) in (calls + returns).sorted(by: { $0.0 < $1.0 }) {
            if isReturn != wasReturn || count == 0 { count += 1 }
            if isReturn { last[index] = count - 1 } else { first[index] = count - 1 }
            wasReturn = isReturn
        }
        count += 1
    }
}
