internal import ADO
internal import CMultiPaxos
internal import CMultiPaxosUV

extension mp_uv_callbacks {
    /// Plain C functions that find the Swift object again through `context`.
    static func trampolines(handlesFatal: Bool) -> mp_uv_callbacks {
        var callbacks = mp_uv_callbacks()
        callbacks.on_apply = { context, batch, answer, results in
            core(context).apply(batch!.pointee, answer, results!)
        }
        callbacks.on_read = { context, group, payload, size, results in
            core(context).read(group, bytes(payload, size), results!)
        }
        callbacks.on_snapshot = { context, group in core(context).snapshot(group) }
        callbacks.on_restore = { context, group, index, digest, spool in
            let snapshot = StateSnapshot(spool!, index: index, digest: digest)
            core(context).restore(group, snapshot)
        }
        callbacks.on_offered = { _, group, start, size in
            StateSnapshot.name(in: bytes(start, size))?.group == group
        }
        callbacks.on_replies = { context, replies, count in
            core(context).settle(UnsafeBufferPointer(start: replies, count: Int(count)))
        }
        callbacks.on_inherit = { context, batch in
            core(context).loop.inherit(batch!.pointee)
        }
        callbacks.on_proposed = { context, proposed in
            core(context).proposed(proposed!.pointee)
        }
        callbacks.on_frame = { context, token, batch in
            core(context).waiting.fetch(token)?.onFrame(LogFrame(batch!.pointee))
        }
        callbacks.on_chunk = { context, token, start, size in
            core(context).waiting.fetch(token)?.onChunk(bytes(start, size))
        }
        callbacks.on_fetched = { context, token, status, last, commit in
            let isTrimmed = status == MP_TRIMMED
            let end = FetchEnd(last: last, commit: commit, isTrimmed: isTrimmed)
            core(context).fetched(token, isTrimmed ? MP_OK : status, end)
        }
        callbacks.on_admin = { context, from, payload, size, results in
            core(context).administer(bytes(payload, size), from: from, results!)
        }
        callbacks.on_log = { context, level, text in
            core(context).options.onLog?(.init(level), String(cString: text!))
        }
        if handlesFatal {
            callbacks.on_fatal = { context, status, text in
                let code: NodeError.Code = status == MP_CONFLICT ? .inUse : .system
                core(context).failed(NodeError(code, String(cString: text!)))
            }
        }
        callbacks.on_closed = { context in
            Unmanaged<NodeCore>.fromOpaque(context!).takeRetainedValue().closed()
        }
        return callbacks
    }
}

private func core(_ context: UnsafeMutableRawPointer?) -> NodeCore {
    Unmanaged<NodeCore>.fromOpaque(context!).takeUnretainedValue()
}

private func bytes(_ start: UnsafePointer<UInt8>?, _ size: UInt32) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: start, count: Int(size))
}

extension NodeCore {
    fileprivate func apply(
        _ batch: mp_batch, _ answer: Bool, _ results: UnsafeMutablePointer<mp_uv_results>
    ) {
        loop.apply(batch, answer: answer)
        if let group = loop.comparisons.takeHashDue() { hashState(group) }
        if answer { results.pointee = loop.results.lend() }
    }

    fileprivate func read(
        _ group: UInt64, _ payload: UnsafeRawBufferPointer,
        _ results: UnsafeMutablePointer<mp_uv_results>
    ) {
        loop.read(group, payload)
        results.pointee = loop.results.lend()
    }

    fileprivate func administer(
        _ request: UnsafeRawBufferPointer, from: UInt64,
        _ results: UnsafeMutablePointer<mp_uv_results>
    ) {
        loop.results.removeAll()
        answer(request, from: from)
        results.pointee = loop.results.lend()
    }

    /// Hands runs of replies with the same route to whoever waits for them.
    fileprivate func settle(_ replies: UnsafeBufferPointer<mp_uv_reply>) {
        var start = 0
        while start < replies.count {
            let route = RouteTable.route(of: replies[start].token)
            var end = start + 1
            while end < replies.count, RouteTable.route(of: replies[end].token) == route {
                end += 1
            }
            let run = UnsafeBufferPointer(rebasing: replies[start..<end])
            if route == 0 { waiting.settle(run) } else { routes.find(route)?.onReplies(run) }
            start = end
        }
    }

    fileprivate func proposed(_ proposed: mp_uv_proposed) {
        waiting.takeProposal(proposed.token)?(proposed)
        _ = loop.takeInherited(proposed.group)
    }

    fileprivate func fetched(_ token: UInt64, _ status: mp_status, _ end: FetchEnd) {
        let fetch = waiting.takeFetch(token)
        fetch?.onEnd(status == MP_OK ? .success(end) : .failure(NodeError(status)))
    }
}
