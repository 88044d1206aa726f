/// What the method of a log entry writes.
enum Written: Equatable {
    case set(key: String, value: String)
    case add(Int)
}

/// Reads a method from the bytes of an entry; nil if they are none that a generator writes.
typealias MethodReader = @Sendable (UnsafeRawBufferPointer) -> Written?
