/* The inbox: requests of other threads, copied into one buffer that the loop swaps for an empty
 * one. The loop is woken once per batch, when the inbox stops being empty; requests made on the
 * loop thread wake nobody. */
#ifndef MP_UV_INBOX_H
#define MP_UV_INBOX_H

#include <stdatomic.h>
#include <uv.h>

#include "mp_uv.h"

#define MP_INBOX_BYTES_MAX (64u << 20)
#define MP_INBOX_COUNT_MAX 262144u
#define MP_OUTSTANDING_MAX (1u << 20) /* Calls of this process without an answer. */

enum mp_request_kind {
    MP_REQUEST_OPEN = 1,
    MP_REQUEST_CALL,
    MP_REQUEST_READ,
    MP_REQUEST_PULL,
    MP_REQUEST_PUSH,
    MP_REQUEST_FETCH,
    MP_REQUEST_FETCH_SNAPSHOT,
    MP_REQUEST_ADMIN,
    MP_REQUEST_RUN,
    MP_REQUEST_SNAPSHOT,
    MP_REQUEST_RESTORED,
};

/* Followed by `size` bytes and padding to a multiple of 8. */
struct mp_request {
    uint32_t kind; /* enum mp_request_kind */
    uint32_t size;
    uint32_t count; /* FETCH_SNAPSHOT: the first chunk. */
    uint32_t waits; /* Of a fetch: 1 if it is to be answered once there is something. */
    uint64_t group;
    uint64_t token;
    uint64_t node;   /* SNAPSHOT: its checksum. PUSH: the round of the ballot. */
    uint64_t from;   /* SNAPSHOT, RESTORED, FETCH_SNAPSHOT: the index. PUSH: entries before. */
    uint64_t amount; /* Bytes of a fetch or snapshot, microseconds of a pull or push. */
    void (*job)(void *argument);
    void *argument;
};

struct mp_inbox {
    uv_mutex_t lock;
    uint8_t *filling; /* Under the lock. */
    size_t filling_size;
    size_t filling_capacity;
    uint32_t filling_count;
    bool closing;
    uint8_t *draining; /* Loop thread. */
    size_t draining_capacity;
    _Atomic uint64_t outstanding;
};

bool mp_uv__inbox_init(struct mp_inbox *inbox);
void mp_uv__inbox_free(struct mp_inbox *inbox);

/* Copy a request in. MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv__inbox_put(struct mp_uv_node *node,
                                            const struct mp_request *request,
                                            const uint8_t *bytes);

/* Carry out all requests that are waiting. True if there were any. */
bool mp_uv__inbox_drain(struct mp_uv_node *node);

/* True once mp_uv_node_close() was called. */
bool mp_uv__inbox_closing(struct mp_uv_node *node);

#endif /* MP_UV_INBOX_H */
