#include "pipeline.h"
#include "store.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Latencies in microseconds; what takes longer counts as the last. */
enum { SLOWEST = 1 << 20, AT_MASK = (1 << 16) - 1 };

static struct {
    const struct setting *setting;
    struct store store;
    uv_tcp_t peers[FOLLOWERS];
    char partial[FOLLOWERS][sizeof(uint64_t)];
    size_t partial_size[FOLLOWERS];
    uint64_t acknowledged[FOLLOWERS];
    uint64_t sent;
    uint64_t committed;
    uint64_t at[AT_MASK + 1]; /* When each block on its way was sent. */
    uint64_t measured_from;
    uint64_t measured_until;
    uint64_t operations;
    uint64_t commits_before;
    uint32_t latencies[SLOWEST];
} owner;

static uint64_t percentile(double fraction) {
    uint64_t all = 0;
    for (int us = 0; us < SLOWEST; us++) all += owner.latencies[us];
    uint64_t rank = (uint64_t)((double)all * fraction);
    uint64_t seen = 0;
    for (int us = 0; us < SLOWEST; us++) {
        seen += owner.latencies[us];
        if (seen > rank) return (uint64_t)us;
    }
    return SLOWEST;
}

_Noreturn static void finish(void) {
    double seconds = owner.setting->seconds;
    uint64_t commits = atomic_load(&owner.store.commits) - owner.commits_before;
    printf(
        "{\"batch\":%" PRIu64 ",\"window\":%" PRIu64 ",\"value_bytes\":%" PRIu64
        ",\"seconds\":%.3f,\"throughput_ops_s\":%.0f,\"p50_us\":%" PRIu64 ",\"p99_us\":%" PRIu64
        ",\"commits_s\":%.0f}\n",
        owner.setting->batch, owner.setting->window, owner.setting->value_bytes, seconds,
        (double)owner.operations / seconds, percentile(0.5), percentile(0.99),
        (double)commits / seconds);
    fflush(stdout);
    _Exit(0);
}

/* What a majority of three has: the one in the middle. */
static uint64_t durable_at_majority(void) {
    uint64_t own = atomic_load(&owner.store.durable);
    uint64_t one = owner.acknowledged[0];
    uint64_t other = owner.acknowledged[1];
    uint64_t low = one < other ? one : other;
    uint64_t high = one < other ? other : one;
    return own < low ? low : own > high ? high : own;
}

static void sent_to_peer(uv_write_t *request, int status) {
    must(status, "a write to a follower");
    block_release(request->data);
    free(request);
}

static void send_to(uv_tcp_t *peer, struct block *block) {
    uv_write_t *request = malloc(sizeof *request);
    if (request == NULL) must(-1, "malloc");
    request->data = block;
    uv_buf_t parts[] = {
        uv_buf_init((char *)&block->size, sizeof block->size),
        uv_buf_init(block->bytes, (unsigned)block->size),
    };
    must(uv_write(request, (uv_stream_t *)peer, parts, 2, sent_to_peer), "uv_write");
}

/* Sends blocks until the window is full. */
static void fill(void) {
    while (owner.sent - owner.committed < owner.setting->window) {
        size_t size = owner.setting->batch * (owner.setting->value_bytes + OVERHEAD);
        struct block *block = block_new(++owner.sent, size, 1 + FOLLOWERS);
        memset(block->bytes, (int)(owner.sent & 0x7F), size);
        owner.at[owner.sent & AT_MASK] = uv_hrtime();
        for (int peer = 0; peer < FOLLOWERS; peer++) send_to(&owner.peers[peer], block);
        store_append(&owner.store, block);
    }
}

static void advance(void) {
    uint64_t majority = durable_at_majority();
    uint64_t now = uv_hrtime();
    if (now >= owner.measured_until) finish();
    if (now < owner.measured_from) owner.commits_before = atomic_load(&owner.store.commits);
    while (owner.committed < majority) {
        owner.committed++;
        if (now < owner.measured_from) continue;
        uint64_t us = (now - owner.at[owner.committed & AT_MASK]) / 1000;
        owner.latencies[us < SLOWEST ? us : SLOWEST - 1]++;
        owner.operations += owner.setting->batch;
    }
    fill();
}

static void on_durable(uv_async_t *async) {
    (void)async;
    advance();
}

static void provide(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
    static char bytes[64 * 1024];
    (void)handle;
    (void)wanted;
    *buffer = uv_buf_init(bytes, sizeof bytes);
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    must(count < 0 ? (int)count : 0, "reading from a follower");
    int peer = stream == (uv_stream_t *)&owner.peers[0] ? 0 : 1;
    for (ssize_t position = 0; position < count; position++) {
        owner.partial[peer][owner.partial_size[peer]++] = buffer->base[position];
        if (owner.partial_size[peer] < sizeof(uint64_t)) continue;
        memcpy(&owner.acknowledged[peer], owner.partial[peer], sizeof(uint64_t));
        owner.partial_size[peer] = 0;
    }
    advance();
}

_Noreturn void own(const int sockets[FOLLOWERS], const struct setting *setting) {
    uv_loop_t *loop = uv_default_loop();
    owner.setting = setting;
    char path[4096];
    snprintf(path, sizeof path, "%s/owner", setting->folder);
    store_open(&owner.store, path, loop, on_durable);
    for (int peer = 0; peer < FOLLOWERS; peer++) {
        uv_tcp_t *handle = &owner.peers[peer];
        must(uv_tcp_init(loop, handle), "uv_tcp_init");
        must(uv_tcp_open(handle, sockets[peer]), "uv_tcp_open");
        must(uv_tcp_nodelay(handle, 1), "uv_tcp_nodelay");
        must(uv_read_start((uv_stream_t *)handle, provide, on_read), "uv_read_start");
    }
    owner.measured_from = uv_hrtime() + (uint64_t)(setting->warmup * 1e9);
    owner.measured_until = owner.measured_from + (uint64_t)(setting->seconds * 1e9);
    fill();
    uv_run(loop, UV_RUN_DEFAULT);
    exit(70);
}
