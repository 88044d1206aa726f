import Foundation

/// `etcd-load PORT TIMEOUT-MS MEMBER-PORT...`: speaks gRPC to a local etcd for `adobench`.
///
/// It listens on PORT. What it is told there is in `Frames.swift`. Each connection has connections
/// of its own to the members. It runs until it is ended by a signal.
@main
struct Main {
    static func main() async {
        let numbers = CommandLine.arguments.dropFirst().map { Int($0) ?? 0 }
        guard numbers.count >= 3, numbers.allSatisfy({ $0 > 0 }),
            (numbers[2...] + [numbers[0]]).allSatisfy({ $0 < 65_536 })
        else {
            complain("usage: etcd-load PORT TIMEOUT-MS MEMBER-PORT...")
            exit(64)
        }
        guard let listener = Connection.listen(UInt16(numbers[0])) else {
            complain("etcd-load: cannot listen on port \(numbers[0]).")
            exit(69)
        }
        let leadership = Leadership(Members(ports: Array(numbers[2...])))
        let timeout = Duration.milliseconds(numbers[1])
        while let connection = Connection.accept(listener) {
            let speaker = Speaker(connection, Array(numbers[2...]), leadership, timeout)
            Thread.detachNewThread { speaker.serve() }
        }
        complain("etcd-load: no more connections can be accepted.")
        exit(69)
    }
}

func complain(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
