/* Typed records of protocol transitions, for logs, metrics and checkers. */
#ifndef MP_TRACE_H
#define MP_TRACE_H

#include "mp/batch.h"

#define MP_TRACE_MAP(X)                                                \
    X(PROMISED, "promised")          /* ballot; point: own tip */      \
    X(REFUSED, "refused")            /* ballot refused; by */          \
    X(ACCEPTED, "accepted")          /* ballot of the accept; point */ \
    X(TRUNCATED, "truncated")        /* point: last entry kept */      \
    X(COMMITTED, "committed")        /* point */                       \
    X(PREPARING, "preparing")        /* ballot */                      \
    X(ADOPTING, "adopting")          /* ballot; from node */           \
    X(PULLED, "pulled")              /* ballot; point: tip */          \
    X(INVOKED, "invoked")            /* ballot; point */               \
    X(PUSHED, "pushed")              /* ballot; point */               \
    X(PREEMPTED, "preempted")        /* own ballot; by */              \
    X(PULL_FAILED, "pull failed")    /* own ballot */                  \
    X(SERVING, "serving")            /* node */                        \
    X(STALE, "stale")                /* a message that came too late */ \
    X(INSTALLED, "installed")        /* point: the log begins after it */

enum mp_trace_kind {
    MP_TRACE_NONE = 0,
#define X(name, text) MP_TRACE_##name,
    MP_TRACE_MAP(X)
#undef X
};

struct mp_trace {
    enum mp_trace_kind kind;
    uint64_t now_us;
    uint64_t node; /* Whose transition this is. */
    uint64_t group;
    uint64_t peer; /* The other node, where there is one. */
    struct mp_ballot ballot;
    struct mp_ballot by;
    struct mp_point point;
};

/* In lower case, for a log line. */
const char *mp_trace_name(enum mp_trace_kind kind);

#endif /* MP_TRACE_H */
