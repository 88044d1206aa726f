#include "inbox.h"

#include <stdlib.h>
#include <string.h>

#include "node.h"

_Static_assert(sizeof(struct mp_request) % 8 == 0, "requests stay aligned in the buffer");

enum { INBOX_KEEP = 4u << 20 };

bool mp_uv__inbox_init(struct mp_inbox *inbox) {
    atomic_init(&inbox->outstanding, 0);
    return uv_mutex_init(&inbox->lock) == 0;
}

void mp_uv__inbox_free(struct mp_inbox *inbox) {
    free(inbox->filling);
    free(inbox->draining);
    uv_mutex_destroy(&inbox->lock);
}

static size_t padded(uint32_t size) {
    return ((size_t)size + 7u) & ~(size_t)7u;
}

static bool is_call(const struct mp_request *request) {
    return request->kind == MP_REQUEST_CALL || request->kind == MP_REQUEST_READ ||
           request->kind == MP_REQUEST_ADMIN; /* All are answered through on_replies. */
}

static enum mp_status admit(const struct mp_inbox *inbox, const struct mp_request *request,
                            size_t bytes) {
    if (inbox->closing) return MP_CLOSED;
    if (inbox->filling_size + bytes > MP_INBOX_BYTES_MAX) return MP_BUSY;
    if (inbox->filling_count == MP_INBOX_COUNT_MAX) return MP_BUSY;
    if (!is_call(request)) return MP_OK;
    uint64_t outstanding = atomic_load_explicit(&inbox->outstanding, memory_order_relaxed);
    return outstanding + request->count > MP_OUTSTANDING_MAX ? MP_BUSY : MP_OK;
}

static void reserve(struct mp_inbox *inbox, size_t bytes) {
    if (inbox->filling_capacity - inbox->filling_size >= bytes) return;
    size_t capacity = inbox->filling_capacity == 0 ? 4096 : inbox->filling_capacity;
    while (capacity - inbox->filling_size < bytes) capacity *= 2;
    inbox->filling = mp_uv__grow(inbox->filling, capacity);
    inbox->filling_capacity = capacity;
}

enum mp_status mp_uv__inbox_put(struct mp_uv_node *node, const struct mp_request *request,
                                const uint8_t *bytes) {
    struct mp_inbox *inbox = &node->inbox;
    size_t needed = sizeof *request + padded(request->size);
    uv_mutex_lock(&inbox->lock);
    enum mp_status status = admit(inbox, request, needed);
    if (status == MP_OK) {
        reserve(inbox, needed);
        uint8_t *at = inbox->filling + inbox->filling_size;
        memcpy(at, request, sizeof *request);
        if (request->size > 0) memcpy(at + sizeof *request, bytes, request->size);
        inbox->filling_size += needed;
        inbox->filling_count += 1;
        if (is_call(request)) {
            atomic_fetch_add_explicit(&inbox->outstanding, request->count, memory_order_relaxed);
        }
        /* Under the lock: once the loop sees `closing` the node may be gone at any time. */
        if (inbox->filling_count == 1 && !mp_uv_node_on_loop(node)) uv_async_send(&node->wakeup);
    }
    uv_mutex_unlock(&inbox->lock);
    return status;
}

static void open_object(struct mp_uv_node *node, const struct mp_request *request,
                        const uint8_t *bytes) {
    struct mp_object *object = mp_uv__object_need(node, request->group);
    if (object == NULL) return; /* The submit that follows says so. */
    mp_uv__object_describe(object, bytes, request->size);
    mp_uv__object_mark(node, object);
}

static void submit(struct mp_uv_node *node, const struct mp_request *request,
                   const uint8_t *bytes) {
    struct mp_origin origin = {
        .slot = MP_SLOT_LOCAL, .tag = request->token, .count = request->count};
    struct mp_object *object = mp_uv__object_need(node, request->group);
    if (object == NULL) {
        mp_uv__calls_refuse(node, origin, MP_UV_BUSY);
        return;
    }
    bool read = request->kind == MP_REQUEST_READ;
    mp_uv__calls_take(node, object, origin, read, false, bytes, request->size);
}

/* The node is closing: nothing of this was done. */
static void turn_away(struct mp_uv_node *node, const struct mp_request *request) {
    struct mp_uv_proposed proposed = {
        .token = request->token, .group = request->group, .what = MP_UV_PUSH_STALE};
    switch ((enum mp_request_kind)request->kind) {
        case MP_REQUEST_OPEN:
            return;
        case MP_REQUEST_CALL:
        case MP_REQUEST_READ:
        case MP_REQUEST_ADMIN:
            mp_uv__calls_refuse(node,
                                (struct mp_origin){.slot = MP_SLOT_LOCAL,
                                                   .tag = request->token,
                                                   .count = request->count},
                                MP_UV_CLOSED);
            return;
        case MP_REQUEST_PULL:
            proposed.what = MP_UV_PULL_FAILED;
            node->callbacks.on_proposed(node->context, &proposed);
            return;
        case MP_REQUEST_PUSH:
            node->callbacks.on_proposed(node->context, &proposed);
            return;
        case MP_REQUEST_FETCH:
        case MP_REQUEST_FETCH_SNAPSHOT:
            mp_uv__fetch_refuse(node, request, MP_CLOSED);
            return;
        case MP_REQUEST_RUN:
            request->job(request->argument);
            return;
        case MP_REQUEST_SNAPSHOT:
            mp_uv_spool_free(request->argument);
            return;
        case MP_REQUEST_RESTORED:
            return;
    }
    MP_UNREACHABLE();
}

bool mp_uv__inbox_closing(struct mp_uv_node *node) {
    uv_mutex_lock(&node->inbox.lock);
    bool closing = node->inbox.closing;
    uv_mutex_unlock(&node->inbox.lock);
    return closing;
}

static void carry_out(struct mp_uv_node *node, const struct mp_request *request,
                      const uint8_t *bytes) {
    switch ((enum mp_request_kind)request->kind) {
        case MP_REQUEST_OPEN:
            open_object(node, request, bytes);
            return;
        case MP_REQUEST_CALL:
        case MP_REQUEST_READ:
            submit(node, request, bytes);
            return;
        case MP_REQUEST_PULL:
            mp_uv__propose_pull(node, request);
            return;
        case MP_REQUEST_PUSH:
            mp_uv__propose_push(node, request, bytes);
            return;
        case MP_REQUEST_FETCH:
            mp_uv__fetch(node, request);
            return;
        case MP_REQUEST_FETCH_SNAPSHOT:
            mp_uv__snapshot_fetch(node, request);
            return;
        case MP_REQUEST_ADMIN:
            mp_uv__admin(node, request, bytes);
            return;
        case MP_REQUEST_RUN:
            request->job(request->argument);
            return;
        case MP_REQUEST_SNAPSHOT:
            mp_uv__snapshot_made(node, request);
            return;
        case MP_REQUEST_RESTORED:
            mp_uv__snapshot_restored(node, request);
            return;
    }
    MP_UNREACHABLE();
}

bool mp_uv__inbox_drain(struct mp_uv_node *node) {
    struct mp_inbox *inbox = &node->inbox;
    uv_mutex_lock(&inbox->lock);
    uint8_t *bytes = inbox->filling;
    size_t size = inbox->filling_size;
    size_t capacity = inbox->filling_capacity;
    if (size > 0) {
        inbox->filling = inbox->draining;
        inbox->filling_capacity = inbox->draining_capacity;
        inbox->filling_size = 0;
        inbox->filling_count = 0;
        inbox->draining = bytes;
        inbox->draining_capacity = capacity;
    }
    uv_mutex_unlock(&inbox->lock);
    if (size == 0) return false;

    size_t offset = 0;
    while (offset < size) {
        struct mp_request request;
        memcpy(&request, bytes + offset, sizeof request);
        if (node->stopping) {
            turn_away(node, &request);
        } else {
            carry_out(node, &request, bytes + offset + sizeof request);
        }
        offset += sizeof request + padded(request.size);
    }
    if (capacity > INBOX_KEEP) { /* A burst is over: give its memory back. */
        free(inbox->draining);
        inbox->draining = NULL;
        inbox->draining_capacity = 0;
    }
    return true;
}
