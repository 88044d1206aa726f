public import ADO

/// The logical time of the model: the same ballots that handles and logs speak of.
public typealias Ballot = ADO.Ballot

extension ADO.Ballot {
    /// No ballot at all: it comes before every other.
    public static let none = ADO.Ballot(round: 0, node: 0)
}
