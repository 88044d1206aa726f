/// What goes wrong; nodes are named by their place, because clients change their ids.
enum Fault {
    /// In thousandths of all messages.
    case loss(UInt64)
    case duplication(UInt64)
    case delay(UInt64)
    case corruption(UInt64)
    /// These links lose everything; noticed, if both ends see their connection break.
    case cut([Line], isNoticed: Bool)
    case clog([Line])
    case crash(Int)
    case pause(Int)
    case slowDisk(Int, UInt64)
    case fullDisk(Int)
    case flushError(Int)
    /// The group at this place of the plan; its hard state, or one of its frames.
    case damage(Int, group: Int, isHard: Bool)
    case wipe(Int)
    case rollback(Int)
    /// In thousandths of the right rate.
    case skew(Int, UInt64)
    case jump(Int, UInt64)
    case replaceClient(Int)
    /// Pulls all groups, and asks for other voters at once.
    case rival(Int)
    /// Pulls all groups, again and again until it owns them.
    case pull(Int)
    /// Invokes and pushes in all groups that it owns, as much as the window allows.
    case push(Int)
    /// The owner of the first group gets so many sessions opened that all others are evicted.
    case crowd
    /// Messages on these links take so much longer, in virtual microseconds.
    case lag([Line], UInt64)
    /// A frame of the first group by its number, or the hard state, rots while the node is down.
    case rot(Int, frame: Int?)
    /// The node stops while it writes; its last record is torn, or was not written at all.
    case tear(Int, isNoticed: Bool)
    /// The member stops; before it starts again, others trim their logs.
    case trim(Int)
    /// The disk is wiped, and an operator approves of the new one.
    case renew(Int)

    /// A link in one direction.
    struct Line: Hashable {
        let from: Int
        let to: Int
    }

    var faultClass: FaultClass {
        switch self {
        case .loss: .loss
        case .duplication: .duplication
        case .delay, .lag: .delay
        case .corruption: .corruption
        case .cut: .partition
        case .clog: .clog
        case .crash: .crash
        case .pause: .pause
        case .slowDisk: .slowDisk
        case .fullDisk: .fullDisk
        case .flushError: .flushError
        case .damage, .rot, .tear: .damage
        case .wipe, .rollback: .wipe
        case .renew: .renew
        case .skew: .skew
        case .jump: .jump
        case .replaceClient, .crowd: .clients
        case .rival: .rivals
        case .pull, .push: .overtaken
        case .trim: .trim
        }
    }
}

/// One fault of a run, drawn before the run begins, so that it can be left out.
struct Injection {
    let id: Int
    /// After the start of the run, in virtual microseconds.
    let at: UInt64
    /// For how long: until the link is healed, the node starts again, and so on.
    let lasts: UInt64
    let fault: Fault
}

extension Injection: CustomStringConvertible {
    var description: String {
        "\(id): \(fault) at \(at / 1000) ms for \(lasts / 1000) ms"
    }
}

extension Fault: CustomStringConvertible {
    var description: String {
        switch self {
        case .loss(let rate): "lose \(rate)/1000 of the messages"
        case .duplication(let rate): "duplicate \(rate)/1000 of the messages"
        case .delay(let rate): "delay \(rate)/1000 of the messages"
        case .corruption(let rate): "damage \(rate)/1000 of the messages"
        case .cut(let lines, let isNoticed):
            "cut \(Self.text(lines))\(isNoticed ? ", which both ends notice" : "")"
        case .clog(let lines): "clog \(Self.text(lines))"
        case .crash(let place): "crash \(Self.name(place))"
        case .pause(let place): "pause \(Self.name(place))"
        case .slowDisk(let place, let by): "slow the disk of \(Self.name(place)) by \(by) us"
        case .fullDisk(let place): "fill the disk of \(Self.name(place))"
        case .flushError(let place): "fail a flush of \(Self.name(place))"
        case .damage(let place, let group, let isHard):
            "damage \(isHard ? "the hard state" : "a frame") of group \(group) of "
                + Self.name(place)
        case .wipe(let place): "wipe the disk of \(Self.name(place))"
        case .rollback(let place): "roll the disk of \(Self.name(place)) back"
        case .skew(let place, let rate): "run the clock of \(Self.name(place)) at \(rate)/1000"
        case .jump(let place, let by): "move the clock of \(Self.name(place)) by \(by / 1000) ms"
        case .replaceClient(let place): "replace the client at \(Self.name(place))"
        case .lag(let lines, let by): "delay \(Self.text(lines)) by \(by) us"
        case .rot(let place, let frame):
            "damage \(frame.map { "frame \($0)" } ?? "the hard state") of \(Self.name(place))"
        case .tear(let place, let isNoticed):
            "tear a write of \(Self.name(place))\(isNoticed ? ", noticed by its checksum" : "")"
        case .rival(let place): "let \(Self.name(place)) pull and change the voters"
        case .crowd: "open as many sessions as there can be"
        case .pull(let place): "let \(Self.name(place)) pull"
        case .push(let place): "let \(Self.name(place)) push"
        case .trim(let place): "trim the logs of all but \(Self.name(place))"
        case .renew(let place): "wipe the disk of \(Self.name(place)) and admit it anew"
        }
    }

    private static func name(_ place: Int) -> String { "member \(place + 1)" }

    private static func text(_ lines: [Line]) -> String {
        lines.map { "\($0.from + 1)>\($0.to + 1)" }.joined(separator: " ")
    }
}
