public import ADO

/// Buckets of objects, as in S3.
public struct ObjectStoreMachine: TraceMachine {
    /// `objectstore`.
    public static let object = "objectstore"

    /// Its methods.
    ///
    /// A bucket is removed only when it is empty.
    public static let methods = [
        TraceMethod("createbucket", .text), TraceMethod("removebucket", .text),
        TraceMethod("put", .text, .text, .value), TraceMethod("copy", .text, .text, .text, .text),
        TraceMethod("cat", .text, .text), TraceMethod("remove", .text, .text),
        TraceMethod("list", .text),
    ]

    private var buckets: [String: [String: TraceValue]] = [:]

    /// No bucket.
    public init() {}

    /// Runs one call.
    public mutating func step(_ call: TraceCall) -> TraceValue {
        let bucket = call.text(0)
        switch call.method {
        case "cat": return buckets[bucket]?[call.text(1)] ?? .null
        case "list":
            return buckets[bucket].map { .list($0.keys.map(TraceValue.string).sorted()) } ?? .null
        case "createbucket":
            guard buckets[bucket] == nil else { return false }
            buckets[bucket] = [:]
            return true
        case "removebucket":
            guard buckets[bucket]?.isEmpty == true else { return false }
            buckets[bucket] = nil
            return true
        case "put": return put(call.args[2], bucket, call.text(1))
        case "remove": return .bool(buckets[bucket]?.removeValue(forKey: call.text(1)) != nil)
        default:
            guard let value = buckets[bucket]?[call.text(1)] else { return false }
            return put(value, call.text(2), call.text(3))
        }
    }

    private mutating func put(_ value: TraceValue, _ bucket: String, _ name: String) -> TraceValue {
        guard buckets[bucket] != nil else { return false }
        buckets[bucket]?[name] = value
        return true
    }

    /// One cell for each bucket's existence, and one property with a cell for each object in it.
    public static func footprint(of call: TraceCall) -> Footprint {
        let name = call.text(0)
        let bucket = Cell.of("buckets", name)
        let contents = Cell.property("bucket " + name)
        switch call.method {
        case "createbucket": return .sets(bucket)
        case "removebucket": return .derives(bucket, from: bucket, contents)
        case "list": return .reads(bucket, contents)
        default: break
        }
        let object = Cell.of("bucket " + name, call.text(1))
        switch call.method {
        case "cat": return .reads(object)
        case "remove": return .sets(object)
        case "put": return .derives(object, from: bucket)
        default:
            let target = Cell.of("bucket " + call.text(2), call.text(3))
            return .derives(target, from: object, .of("buckets", call.text(2)))
        }
    }
}
