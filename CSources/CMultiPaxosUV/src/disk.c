/* How the disk is: stalled, full, failed; and how far it is, which the peers are told. */
#include "node.h"

static void step_disk(struct mp_uv_node *node) {
    struct mp_event event = {
        .kind = MP_EVENT_DISK,
        .now_us = node->now_us,
        .disk = {.stall_us = node->disk_stall_us, .full = node->disk_full},
    };
    enum mp_status status = mp_uv__step(node, &event, NULL);
    MP_ASSERT(status == MP_OK);
}

static void log_full(struct mp_uv_node *node, bool full, const char *text) {
    if (full) {
        mp_uv__log(node, MP_UV_LOG_ERROR, "the disk is full, no write is taken: %s", text);
    } else {
        mp_uv__log(node, MP_UV_LOG_INFO, "the disk has space again");
    }
}

void mp_uv__disk_check(struct mp_uv_node *node) {
    struct mp_storage *storage = &node->storage;
    uv_mutex_lock(&storage->lock);
    bool failed = storage->failed;
    bool full = storage->full;
    struct mp_lmdb_error error = {0};
    if (failed || full) error = storage->error;
    uv_mutex_unlock(&storage->lock);
    if (failed) {
        mp_uv__node_fatal(node, MP_SYSTEM, error.text);
        return;
    }
    node->disk_stall_us = mp_uv__storage_stall_us(storage, node->now_us);
    bool stalled = node->disk_stall_us >= node->options.timeout_us / 2;
    bool changed = full != node->disk_full || stalled != node->disk_stalled;
    if (full != node->disk_full) log_full(node, full, error.text);
    node->disk_full = full;
    node->disk_stalled = stalled;
    /* While it is stalled the core hears how long, every time. */
    if (changed || stalled) step_disk(node);
}

/* At most once a second: a peer remembers it, to know a directory that was rolled back. */
void mp_uv__disk_announce(struct mp_uv_node *node) {
    if (node->now_us - node->durable_sent_us < 1000000) return;
    struct mp_lmdb_stats stats;
    mp_lmdb_get_stats(node->env, &stats);
    if (stats.sequence == node->durable_sent) return;
    node->durable_sent = stats.sequence;
    node->durable_sent_us = node->now_us;
    struct mp_message message = {.kind = MP_DRIVER_DURABLE, .commit = stats.sequence};
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        struct mp_conn *conn = mp_uv__conn_to(node, node->peers[i].node);
        if (conn != NULL) mp_uv__conn_send(conn, &message, 0, NULL);
    }
}
