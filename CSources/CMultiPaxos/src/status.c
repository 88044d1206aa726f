#include "mp/status.h"

#include "mp/trace.h"

const char *mp_status_name(enum mp_status status) {
    switch (status) {
#define X(name, text) \
    case MP_##name:   \
        return "MP_" #name;
        MP_STATUS_MAP(X)
#undef X
    }
    return "MP_UNKNOWN";
}

const char *mp_status_text(enum mp_status status) {
    switch (status) {
#define X(name, text) \
    case MP_##name:   \
        return text;
        MP_STATUS_MAP(X)
#undef X
    }
    return "unknown status";
}

const char *mp_trace_name(enum mp_trace_kind kind) {
    switch (kind) {
        case MP_TRACE_NONE:
            return "none";
#define X(name, text)     \
    case MP_TRACE_##name: \
        return text;
            MP_TRACE_MAP(X)
#undef X
    }
    return "unknown";
}
