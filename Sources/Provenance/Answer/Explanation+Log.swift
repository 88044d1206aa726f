extension Explanation {
    /// The same with positions replaced by the indices that a log gives its entries: `indices`
    /// holds, for each position from 1 on, its index.
    ///
    /// `count` is the number of calls in the log, if the trace was only a part of them.
    public func renumbered(_ indices: [UInt64], of count: Int? = nil) -> Explanation {
        let number = { (position: Int) in Int(indices[position - 1]) }
        return Explanation(
            output: output, verdict: verdict, witnesses: witnesses.map { $0.map(number) },
            necessary: necessary?.map(number), considered: considered.map(number),
            count: count ?? self.count)
    }
}
