import CMultiPaxos

@testable import ADOSimulator

/// A cluster driven by the commands of a transcript.
///
///     start 3                     nodes 1 to 3 start with empty disks
///     client                      a proposer without a vote joins, as c1
///     pull 1 / push 1 / confirm 1 / tips 1 / release 1
///     timeout 1 / timeout 1 9     its deadline passes, so many times
///     invoke 1 a b                one batch with two entries
///     flush 1 / flush all         what these disks were asked to write is durable
///     deliver accept 1->3         hand over what matches; kind and link may be left out
///     drop accept 1->3 @4         lose what matches, here accepts of the batch that starts at 4
///     settle / settle 1 2         flush and deliver until nothing is left; others hear nothing
///     crash 1 / restart 1
///     show                        what every node holds
///
/// The answer is what happened: protocol transitions, outcomes, and the messages that left.
final class ScriptedCluster {
    private var cluster = CoreCluster(voters: 3)
    private var seen = 0
    private var flying: [Packet] = []

    struct Misunderstood: Error {
        let command: String
    }

    func run(_ command: String) throws -> String {
        let words = command.split(separator: " ").map(String.init)
        guard let verb = words.first else { throw Misunderstood(command: command) }
        let arguments = Array(words.dropFirst())
        var lines = try perform(verb, arguments, command)
        if verb == "show" { return lines.joined(separator: "\n") }
        lines += news()
        lines += departures().map(\.description)
        return lines.isEmpty ? "nothing" : lines.joined(separator: "\n")
    }

    private func perform(_ verb: String, _ arguments: [String], _ command: String) throws
        -> [String]
    {
        switch verb {
        case "start":
            let count = arguments.first.flatMap(UInt64.init) ?? 3
            cluster = CoreCluster(voters: count, clients: 1)
            (seen, flying) = (0, [])
            for voter in cluster.voters { cluster.start(voter) }
            cluster.take()
            return []
        case "show": return show()
        case "settle":
            let nodes = try arguments.map(node)
            let all = Set(cluster.members.map(\.id))
            cluster.settle(among: nodes.isEmpty ? all : Set(nodes))
            return []
        case "deliver", "drop":
            let matches = try filter(arguments)
            if verb == "deliver" {
                cluster.deliver(where: matches)
            } else {
                cluster.take(where: matches)
            }
            return []
        case "flush" where arguments == ["all"]:
            for voter in cluster.voters where cluster[voter].isUp { cluster.flush(voter) }
            return []
        default:
            guard let name = arguments.first else { throw Misunderstood(command: command) }
            return try act(verb, try node(name), Array(arguments.dropFirst()), command)
        }
    }

    private func act(
        _ verb: String, _ node: UInt64, _ rest: [String], _ command: String
    ) throws -> [String] {
        var status = MP_OK
        switch verb {
        case "pull": status = cluster.pull(node)
        case "push": status = cluster.push(node)
        case "confirm": status = cluster.confirm(node)
        case "tips": status = cluster.askTips(node)
        case "release": status = cluster.release(node)
        case "flush": cluster.flush(node)
        case "crash": cluster.crash(node)
        case "restart": cluster.restart(node)
        case "timeout":
            for _ in 0..<(rest.first.flatMap(Int.init) ?? 1) { cluster.timeOut(node) }
            cluster.take { $0.isBeat }
        case "invoke":
            status = cluster.invoke(node, Draft(rest.map { Array($0.utf8) }), group: 1)
        default: throw Misunderstood(command: command)
        }
        return status == MP_OK ? [] : [String(cString: mp_status_text(status))]
    }

    private func node(_ name: String) throws -> UInt64 {
        if name == "c1" {
            let client = cluster.client(1)
            if !cluster[client].isUp { cluster.start(client) }
            return client
        }
        guard let node = UInt64(name), cluster.voters.contains(node) else {
            throw Misunderstood(command: name)
        }
        return node
    }

    /// A filter such as `accept 1->3 @4`.
    private func filter(_ words: [String]) throws -> (Packet) -> Bool {
        var kind: String?
        var link: [UInt64] = []
        var first: UInt64?
        for word in words {
            let ends = word.split(separator: ">").map { $0.drop { $0 == "-" } }
            if word.contains("->"), ends.count == 2 {
                link = try [String(ends[0].dropLast()), String(ends[1])].map(node)
            } else if word.hasPrefix("@") {
                first = UInt64(word.dropFirst())
            } else {
                kind = word
            }
        }
        return { packet in
            (kind == nil || nameOfKind(packet.message.kind) == kind)
                && (first == nil || packet.frame?.batch.first == first)
                && (link.isEmpty || (packet.from == link[0] && packet.to == link[1]))
        }
    }

    /// What has left since the last command and is still in flight.
    private func departures() -> [Packet] {
        let before = flying
        flying = cluster.inFlight.filter { !$0.isBeat }
        return flying.filter { packet in !before.contains { $0 === packet } }
    }

    /// Transitions and outcomes since the last command.
    private func news() -> [String] {
        var lines: [String] = []
        for record in cluster.trace.records.dropFirst(seen) where record.group != 0 {
            lines.append(line(record))
        }
        seen = cluster.trace.records.count
        for member in cluster.members {
            for outcome in member.takeOutcomes() {
                if let text = text(outcome) {
                    lines.append("\(nodeName(member.id)) is told: \(text)")
                }
            }
        }
        return lines + cluster.violations.map(\.explanation)
    }

    private func line(_ record: mp_trace) -> String {
        let name = String(cString: mp_trace_name(record.kind))
        var line = "\(nodeName(record.node)) \(name)"
        switch record.kind {
        case MP_TRACE_REFUSED, MP_TRACE_PREEMPTED: line += " \(record.ballot) by \(record.by)"
        case MP_TRACE_ACCEPTED, MP_TRACE_COMMITTED, MP_TRACE_INVOKED, MP_TRACE_PUSHED:
            line += " \(record.point)"
        case MP_TRACE_TRUNCATED: line += " after \(record.point)"
        case MP_TRACE_ADOPTING: line += " \(record.point) of \(record.peer) for \(record.ballot)"
        default: line += " \(record.ballot), tip \(record.point)"
        }
        return line
    }

    private func text(_ outcome: mp_outcome) -> String? {
        switch outcome.kind {
        case MP_PULLED: return "pulled \(outcome.point)"
        case MP_PULL_PREEMPTED: return "preempted before it owned, by \(outcome.ballot)"
        case MP_PULL_NO_QUORUM: return "no quorum"
        case MP_PREEMPTED: return "preempted by \(outcome.ballot)"
        case MP_CONFIRMED: return "confirmed, reads see \(outcome.point)"
        case MP_TIPPED: return "reads wait for \(outcome.point)"
        default: return nil
        }
    }

    private func show() -> [String] {
        cluster.members.filter { $0.votes || $0.isUp }.map { member in
            guard member.isUp else { return "\(nodeName(member.id)) is down" }
            let view = member.view()
            let roles = ["follows", "prepares", "adopts", "owns"]
            let log = member.log().joined(separator: " ")
            return "\(nodeName(member.id)) \(roles[Int(view.role.rawValue)]) "
                + "promised \(view.promised) commit \(view.commit) log [\(log)]"
        }
    }
}
