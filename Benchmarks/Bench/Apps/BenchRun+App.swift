import ADO
import ADOApps
import ADOObjects
import MultiPaxos

extension BenchRun where Object == KeyValue {
    /// A run of an application, judged by the application's own property.
    func runApp() async throws(BenchError) -> RunReport {
        let name = "bench-\(String(UInt64.random(in: 0...UInt64.max), radix: 16))"
        let control: Control
        do {
            control = Control(
                node: try Node.start(connection()), servers: servers.addresses.map(\.node),
                object: options.watched(name))
        } catch {
            throw BenchError("no connection to the servers: \(error)")
        }
        let result: Result<RunReport, BenchError>
        do throws(BenchError) {
            try await control.waitUntilServing(seconds: 20) { () throws(BenchError) in
                try servers.checkAlive()
            }
            if options.workload.placement != nil { await control.occupy(name) }
            result = .success(try await runApp(control, name))
        } catch {
            result = .failure(error)
        }
        await control.node.shutdown()
        return try result.get()
    }

    private func runApp(
        _ control: Control, _ name: String
    ) async throws(BenchError) -> RunReport {
        let app = try await AppLoad.open(options, connection(), object: name, values: values)
        let result: Result<RunReport, BenchError>
        do throws(BenchError) {
            var report = try await load(app, control).report
            report.mode = RunReport.application
            progress.status("  judging what the application shows")
            report.judgeApp(await app.findings(), options.workload)
            result = .success(report)
        } catch {
            result = .failure(error)
        }
        await app.close()
        return try result.get()
    }
}

extension RunReport {
    mutating func judgeApp(_ findings: [AppFinding], _ workload: Workload) {
        var verification = Verification()
        var verdict = Verdict()
        var holds = Tristate.holds
        for finding in findings {
            switch finding {
            case .offence(let sentence):
                verification.offences.append(sentence)
                holds = .fails
            case .undecided(let sentence):
                verification.not_judged.append(sentence)
                holds = .weakest([holds, .incomplete])
            }
        }
        if workload.placement == nil {
            verdict.linearizable = holds
        } else {
            verdict.atomic = holds
        }
        let incomplete = verification.not_judged.first
        verification.not_judged.append(
            "refines_ado and the logs: an application is judged by what it promises its callers")
        judge(verdict, verification, incomplete)
    }
}

extension RunOptions {
    /// The object whose owner is watched, and killed: one that servers own.
    fileprivate func watched(_ name: String) -> ObjectName {
        if workload.placement != nil {
            return ObjectName(type: ResourceManager.typeName, name: name)
        }
        let name = sharesObjects ? name : name + ".0"
        if workload == .keyValue { return ObjectName(type: KeyValue.typeName, name: name) }
        return workload.policy == nil
            ? ObjectName(type: MetaVector.typeName, name: name + ".meta")
            : ObjectName(type: TimeoutLock.typeName, name: name + ".lock")
    }
}

extension Control {
    /// Has a server own a resource manager that no transaction touches.
    ///
    /// A transaction manager owns those it uses: whoever owns this one is the server that serves,
    /// and holds a replica of each.
    fileprivate func occupy(_ name: String) async {
        let idle = node.object(ResourceManager.self, named: name)
        _ = try? await idle.call(.enroll(Epoch(number: 1, manager: 1)))
    }
}
