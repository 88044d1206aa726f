/// The part of the report for a reader that is another one where another system was loaded.
extension TextReport {
    func lines(of peer: PeerFacts) -> [String] {
        about(peer) + [""] + processes(peer) + [""] + judgement(peer)
    }

    private func about(_ peer: PeerFacts) -> [String] {
        var lines = ["  peer         \(peer.version)"]
        if let timeout = peer.election_timeout, let time = peer.election_timeout_ms {
            let whose = timeout == "equal" ? "equal to ours" : "as it is shipped"
            lines.append("  elections    time out after \(time) ms, \(whose)")
        }
        return lines
    }

    private func processes(_ peer: PeerFacts) -> [String] {
        let head = ["  process      role        CPU s  CPU us/op"]
        let client = row("client", "", report.client.cpu_s, report.client.cpu_us_op)
        return head + [client]
            + peer.processes.map { process in
                let name = process.node == 0 ? "gRPC" : "node \(process.node)"
                return row(name, process.role, process.cpu_s, process.cpu_us_op)
                    + (process.restarted ? "  restarted" : "")
            }
    }

    private func row(
        _ name: String, _ role: String, _ cpu: Double, _ perOperation: Double
    ) -> String {
        "  " + padRight(name, 13) + padRight(role, 9) + pad(tenths(cpu), 7)
            + pad(hundredths(perOperation), 11)
    }

    private func judgement(_ peer: PeerFacts) -> [String] {
        let verification = report.verification
        var lines = [
            "  acknowledged \(grouped(verification.acknowledged)) writes over the whole run",
            "  verdict      acknowledged and lost: \(report.verdict.acked_lost), by "
                + "\(grouped(UInt64(peer.keys_read))) keys read back, and by what each write "
                + "replaced",
        ]
        lines += searched(verification.searched)
        for reason in verification.not_judged { lines.append("  not judged   \(reason)") }
        for offence in verification.offences { lines.append("  OFFENCE      \(offence)") }
        return lines + ["  " + conclusion]
    }

    private var conclusion: String {
        switch report.status {
        case .proved: "READ BACK    nothing acknowledged is lost; nothing else is claimed"
        case .refuted: "REFUTED      \(report.reason ?? "")"
        default: "INVALID      \(report.reason ?? "")"
        }
    }
}
