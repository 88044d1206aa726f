/// The events whose operations have no place yet, as a doubly linked list from which an operation
/// can be lifted and put back at a constant cost (Wing and Gong's list, as Lowe uses it).
struct EventList {
    private var following: [Int]
    private var preceding: [Int]
    /// The ring's only node that is not an event.
    private let end: Int

    init(_ part: Part) {
        end = part.events.count
        following = Array(repeating: end, count: end + 1)
        preceding = following
        var last = end
        for (place, event) in part.events.enumerated()
        where part.items[event.item].end != nil {
            following[last] = place
            preceding[place] = last
            last = place
        }
        following[last] = end
        preceding[end] = last
    }

    /// The first event that is left.
    var first: Int? { after(end) }

    /// The event that follows in the list.
    func after(_ place: Int) -> Int? {
        following[place] == end ? nil : following[place]
    }

    /// Takes the call and the return of an operation out.
    mutating func lift(_ call: Int, _ return: Int) {
        for place in [call, `return`] {
            following[preceding[place]] = following[place]
            preceding[following[place]] = preceding[place]
        }
    }

    /// Puts the operation back that was lifted last of those still lifted.
    mutating func putBack(_ call: Int, _ return: Int) {
        for place in [`return`, call] {
            following[preceding[place]] = place
            preceding[following[place]] = place
        }
    }
}
