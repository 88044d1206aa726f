/* The public functions of a node. Each copies its request into the inbox and returns. */
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "failpoint.h"
#include "node.h"

enum { LOG_LINE_SIZE = 1024 };

/* Of a server's disk; a spool must not be why the log has no room: two steps of its data file. */
static const uint64_t SPOOL_KEEPS_FREE = (uint64_t)128 << 20;

uint64_t mp_uv__clock_us(void) {
    return uv_hrtime() / 1000;
}

/* For jitter only: xorshift. */
uint64_t mp_uv__random(struct mp_uv_node *node) {
    uint64_t x = node->random;
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    node->random = x;
    return x;
}

void mp_uv__log(struct mp_uv_node *node, enum mp_uv_log_level level, const char *format, ...) {
    char text[LOG_LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    node->callbacks.on_log(node->context, level, text);
}

static void run(void *argument) {
    struct mp_uv_node *node = argument;
    /* Nobody joins this thread: on_closed says when it is done. */
    pthread_detach(pthread_self());
    node->thread = uv_thread_self();
    atomic_store_explicit(&node->thread_known, true, memory_order_release);
    uv_run(&node->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&node->loop);
    MP_ASSERT(rc == 0); /* Else a handle leaked. */

    struct mp_uv_callbacks callbacks = node->callbacks;
    void *context = node->context;
    mp_uv__node_free(node);
    callbacks.on_closed(context);
}

enum mp_status mp_uv_node_start(const struct mp_uv_options *options,
                                const struct mp_uv_callbacks *callbacks, void *context,
                                struct mp_uv_node **node, struct mp_lmdb_error *error) {
    *node = NULL;
    error->text[0] = '\0';
    signal(SIGPIPE, SIG_IGN); /* A closed peer is an error of write(), not the end of us. */
    struct mp_uv_node *made = mp_uv__allocate(sizeof *made);
    made->options = *options;
    made->callbacks = *callbacks;
    made->context = context;
    enum mp_status status = mp_uv__node_open(made, error);
    if (status == MP_OK) {
        int fd = options->listen_fd; /* The loop has a descriptor of its own by now. */
        uv_thread_t thread;
        if (uv_thread_create(&thread, run, made) == 0) {
            if (fd >= 0) close(fd);
            *node = made;
            return MP_OK;
        }
        snprintf(error->text, sizeof error->text, "the system refused a thread");
        status = MP_SYSTEM;
    }
    if (made->loop_ready) mp_uv__close_loop(made);
    mp_uv__node_free(made);
    return status;
}

uint64_t mp_uv_node_id(const struct mp_uv_node *node) {
    return node->id;
}

const char *mp_uv_node_cluster(const struct mp_uv_node *node) {
    return node->options.cluster;
}

enum mp_status mp_uv_node_open(struct mp_uv_node *node, uint64_t group,
                               const uint8_t *description, uint32_t size) {
    if (size == 0 || size > MP_UV_OBJECT_SIZE_MAX) return MP_TOO_BIG;
    struct mp_request request = {.kind = MP_REQUEST_OPEN, .group = group, .size = size};
    return mp_uv__inbox_put(node, &request, description);
}

enum mp_status mp_uv_node_submit(struct mp_uv_node *node, uint64_t group,
                                 enum mp_uv_call_kind kind, uint64_t first_token, uint32_t count,
                                 const uint8_t *block, uint32_t size) {
    if (count == 0) return MP_MALFORMED;
    bool read = kind == MP_UV_READ;
    enum mp_status status =
        mp_uv__block_check(block, size, count, read ? MP_BLOCK_READS : MP_BLOCK_CALLS);
    if (status != MP_OK) return status;
    struct mp_request request = {
        .kind = read ? MP_REQUEST_READ : MP_REQUEST_CALL,
        .group = group,
        .token = first_token,
        .count = count,
        .size = size,
    };
    return mp_uv__inbox_put(node, &request, block);
}

enum mp_status mp_uv_node_pull(struct mp_uv_node *node, uint64_t group, uint64_t token,
                               uint64_t timeout_us) {
    struct mp_request request = {
        .kind = MP_REQUEST_PULL, .group = group, .token = token, .amount = timeout_us};
    return mp_uv__inbox_put(node, &request, NULL);
}

enum mp_status mp_uv_node_push(struct mp_uv_node *node, uint64_t group, uint64_t token,
                               uint64_t round, uint64_t given, uint32_t count,
                               const uint8_t *block, uint32_t size, uint64_t timeout_us) {
    enum mp_status status = mp_uv__block_check(block, size, count, MP_BLOCK_ANY);
    if (status != MP_OK) return status;
    struct mp_request request = {
        .kind = MP_REQUEST_PUSH,
        .group = group,
        .token = token,
        .node = round,
        .from = given,
        .count = count,
        .size = size,
        .amount = timeout_us,
    };
    return mp_uv__inbox_put(node, &request, block);
}

enum mp_status mp_uv_node_fetch(struct mp_uv_node *node, uint64_t from_node, uint64_t group,
                                uint64_t from, uint64_t bytes, bool waits, uint64_t token) {
    struct mp_request request = {
        .kind = MP_REQUEST_FETCH,
        .waits = waits,
        .group = group,
        .node = from_node,
        .from = from,
        .amount = bytes,
        .token = token,
    };
    return mp_uv__inbox_put(node, &request, NULL);
}

enum mp_status mp_uv_node_fetch_snapshot(struct mp_uv_node *node, uint64_t from_node,
                                         uint64_t group, uint64_t index, uint64_t size,
                                         uint32_t chunk, uint64_t token) {
    struct mp_request request = {
        .kind = MP_REQUEST_FETCH_SNAPSHOT,
        .count = chunk,
        .group = group,
        .node = from_node,
        .from = index,
        .amount = size,
        .token = token,
    };
    return mp_uv__inbox_put(node, &request, NULL);
}

enum mp_status mp_uv_node_admin(struct mp_uv_node *node, uint64_t to, uint64_t token,
                                const uint8_t *payload, uint32_t size) {
    if (size > MP_PAYLOAD_SIZE_MAX) return MP_TOO_BIG;
    struct mp_request request = {
        .kind = MP_REQUEST_ADMIN, .node = to, .token = token, .count = 1, .size = size};
    return mp_uv__inbox_put(node, &request, payload);
}

enum mp_status mp_uv_node_run(struct mp_uv_node *node, void (*job)(void *argument),
                              void *argument) {
    struct mp_request request = {.kind = MP_REQUEST_RUN, .job = job, .argument = argument};
    return mp_uv__inbox_put(node, &request, NULL);
}

struct mp_uv_spool *mp_uv_node_spool_new(const struct mp_uv_node *node) {
    return mp_uv_spool_new(node->spool_directory, node->server ? SPOOL_KEEPS_FREE : 0);
}

enum mp_status mp_uv_node_snapshot(struct mp_uv_node *node, uint64_t group, uint64_t index,
                                   uint64_t digest, struct mp_uv_spool *spool) {
    struct mp_request request = {
        .kind = MP_REQUEST_SNAPSHOT,
        .group = group,
        .token = digest,
        .from = index,
        .argument = spool,
    };
    return mp_uv__inbox_put(node, &request, NULL);
}

enum mp_status mp_uv_node_restored(struct mp_uv_node *node, uint64_t group, uint64_t index,
                                   bool restored) {
    struct mp_request request = {
        .kind = MP_REQUEST_RESTORED, .group = group, .from = index, .amount = restored};
    return mp_uv__inbox_put(node, &request, NULL);
}

bool mp_uv_node_on_loop(const struct mp_uv_node *node) {
    if (!atomic_load_explicit(&node->thread_known, memory_order_acquire)) return false;
    uv_thread_t self = uv_thread_self();
    return uv_thread_equal(&self, &node->thread) != 0;
}

void mp_uv_node_close(struct mp_uv_node *node) {
    uv_mutex_lock(&node->inbox.lock);
    node->inbox.closing = true;
    uv_async_send(&node->wakeup); /* Under the lock: after it the node may be gone. */
    uv_mutex_unlock(&node->inbox.lock);
}
