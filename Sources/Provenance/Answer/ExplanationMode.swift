/// Which answer is wanted.
public enum ExplanationMode: String, Sendable, Hashable, CaseIterable {
    /// All witnesses, where the relevant calls are few enough; else as `latest`.
    case exact
    /// One witness, of the latest calls that do.
    case latest
    /// All witnesses whose calls, replayed alone, also give the replies that they really gave:
    /// fuller stories, without calls that came too late to be the cause.
    case faithful
}
