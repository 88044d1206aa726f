/* The trace file of a node: a record of 128 bytes for each transition of the protocol. The format
 * is in docs/internals/trace.md.
 *
 * Loop thread. Records gather in a fixed buffer; whoever owns the file flushes it before anything
 * leaves that a record is the cause of. */
#ifndef MP_UV_TRACE_FILE_H
#define MP_UV_TRACE_FILE_H

#include "mp_uv.h"

#define MP_TRACE_RECORD_SIZE 128u
#define MP_TRACE_LIMIT_DEFAULT (1024u << 20)

enum mp_trace_stop {
    MP_TRACE_GOES_ON = 0,
    MP_TRACE_AT_LIMIT,
    MP_TRACE_FAILED, /* errno of the failed write is in `error`. */
};

struct mp_trace_file {
    bool open;
    int fd;
    int error;
    enum mp_trace_stop stop;
    uint8_t *buffer;
    uint32_t used;
    uint64_t size; /* Of the file, without what is in the buffer. */
    uint64_t limit;
    uint64_t sequence; /* Of the next record. */
};

/* Open the file of `options`, make it if there is none. It must be empty or the trace of the same
 * cluster and, for a server, node; the remains of a last record are cut off.
 * MP_OK; MP_FOREIGN with a sentence and its remedy. */
MP_MUST_USE enum mp_status mp_uv__trace_open(struct mp_trace_file *file,
                                             const struct mp_uv_options *options,
                                             struct mp_lmdb_error *error);

/* A process starts here. The first record. */
void mp_uv__trace_start(struct mp_trace_file *file, const char *cluster, uint64_t node,
                        uint64_t incarnation);

/* Nothing if the file is not open. */
void mp_uv__trace_add(struct mp_trace_file *file, const struct mp_trace *record);

/* Write what has gathered. If the tracing is over with it, the file is closed, and the result says
 * why, once. */
enum mp_trace_stop mp_uv__trace_flush(struct mp_trace_file *file);

/* Close. If the node stopped cleanly, say so and write the rest; else nothing more is written. */
void mp_uv__trace_close(struct mp_trace_file *file, bool clean);

#endif /* MP_UV_TRACE_FILE_H */
