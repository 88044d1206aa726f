/// Where two hash chains part.
struct DigestSearch {
    /// The last index at which they are known to be equal.
    private(set) var agreed: UInt64
    /// The first index at which they are known to differ.
    private(set) var index: UInt64
    /// Nothing is to be learned at or below it.
    private var floor: UInt64

    /// Begins with two indices at which the chains were compared.
    init(agreed: UInt64, differing index: UInt64) {
        precondition(agreed < index, "chains that differ never agree again")
        self.agreed = agreed
        self.index = index
        floor = agreed
    }

    /// Where to compare next; nil once nothing more can be learned.
    var next: UInt64? {
        index - floor > 1 ? floor + (index - floor) / 2 : nil
    }

    /// Tells what became of the comparison at ``next``: nil if one of the two does not hold it.
    mutating func compared(_ equal: Bool?) {
        guard let place = next else { return }
        switch equal {
        case true?:
            floor = place
            agreed = place
        case false?: index = place
        case nil: floor = place
        }
    }
}
