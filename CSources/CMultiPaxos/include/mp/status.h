/* Result codes. Zero is success; every other code is an outcome the caller must handle. A broken
 * invariant is not a code: it stops the process (see assert.h). */
#ifndef MP_STATUS_H
#define MP_STATUS_H

#define MP_STATUS_MAP(X)                                                                  \
    X(OK, "success")                                                                      \
    X(PARTIAL, "the bytes end before the message does")                                   \
    X(MALFORMED, "the bytes are not a well-formed message")                               \
    X(CORRUPT, "a stored checksum does not match its bytes")                              \
    X(CONFLICT, "the message contradicts what is known to be committed")                  \
    X(TOO_BIG, "the value is over the limit")                                             \
    X(BUSY, "a queue is full; try again later")                                           \
    X(STALE, "this node does not own the object; pull again")                             \
    X(NOT_READY, "the owner has not yet committed an entry of its own ballot")            \
    X(UNKNOWN_GROUP, "the object is not known here")                                      \
    X(FULL, "the disk or the map is full")                                                \
    X(FOREIGN, "the directory belongs to another node, cluster or format")                \
    X(IN_USE, "the directory or address is in use by another process")                    \
    X(CLOSED, "the node is closed")                                                       \
    X(SYSTEM, "the operating system refused a resource")                                  \
    X(DISJOINT, "the quorums of both configurations might not meet; change one voter at a time") \
    X(TRIMMED, "the log begins after these entries; a snapshot stands for them")

enum mp_status {
#define X(name, text) MP_##name,
    MP_STATUS_MAP(X)
#undef X
};

#define MP_MUST_USE __attribute__((warn_unused_result))

/* The enumerator's name, as in the source. */
const char *mp_status_name(enum mp_status status);

/* One sentence without a full stop, for a log line or an error. */
const char *mp_status_text(enum mp_status status);

#endif /* MP_STATUS_H */
