#include "conn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

enum { READ_ROOM = 64 * 1024, CONNS_FIRST = 16 };

static uint32_t find_slot(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->conn_capacity; i += 1) {
        if (node->conns[i] == NULL) return i;
    }
    if (node->conn_capacity == MP_CONNS_MAX) return MP_CONNS_MAX;
    uint32_t slot = node->conn_capacity;
    uint32_t capacity = slot == 0 ? CONNS_FIRST : slot * 2;
    node->conns = mp_uv__grow(node->conns, capacity * sizeof(struct mp_conn *));
    memset(node->conns + slot, 0, (capacity - slot) * sizeof(struct mp_conn *));
    node->conn_capacity = capacity;
    return slot;
}

struct mp_conn *mp_uv__conn_new(struct mp_uv_node *node) {
    uint32_t slot = find_slot(node);
    if (slot == MP_CONNS_MAX) return NULL;
    struct mp_conn *conn = mp_uv__allocate(sizeof *conn);
    if (uv_tcp_init(&node->loop, &conn->tcp) != 0) {
        free(conn);
        return NULL;
    }
    node->conn_generation += 1;
    conn->tcp.data = conn;
    conn->connect.data = conn;
    conn->write.data = conn;
    conn->owner = node;
    conn->slot = slot;
    conn->generation = node->conn_generation;
    conn->state = MP_CONN_DIALLING;
    conn->opened_us = node->now_us;
    conn->heard_us = node->now_us;
    snprintf(conn->name, sizeof conn->name, "an unknown node");
    node->conns[slot] = conn;
    node->conn_count += 1;
    return conn;
}

struct mp_conn *mp_uv__conn_at(const struct mp_uv_node *node, uint32_t slot, uint32_t generation) {
    if (slot >= node->conn_capacity) return NULL;
    struct mp_conn *conn = node->conns[slot];
    if (conn == NULL || conn->generation != generation) return NULL;
    return conn->state == MP_CONN_READY ? conn : NULL;
}

static struct mp_conn **bucket_of(const struct mp_uv_node *node, uint64_t id) {
    uint64_t spread = id * 0x9e3779b97f4a7c15u;
    return (struct mp_conn **)&node->by_node[spread >> 32 & (MP_NODE_BUCKETS - 1)];
}

struct mp_conn *mp_uv__conn_to(const struct mp_uv_node *node, uint64_t id) {
    struct mp_conn *conn = *bucket_of(node, id);
    while (conn != NULL && conn->node != id) conn = conn->next_by_node;
    return conn;
}

void mp_uv__conn_ready(struct mp_conn *conn) {
    MP_ASSERT(conn->state == MP_CONN_GREETING);
    struct mp_conn **bucket = bucket_of(conn->owner, conn->node);
    conn->next_by_node = *bucket;
    *bucket = conn;
    conn->state = MP_CONN_READY;
}

static void leave_bucket(struct mp_conn *conn) {
    struct mp_conn **at = bucket_of(conn->owner, conn->node);
    while (*at != NULL && *at != conn) at = &(*at)->next_by_node;
    MP_ASSERT(*at == conn);
    *at = conn->next_by_node;
}

/* Parse whole messages; the rest stays. Returns the bytes used. */
static size_t take_messages(struct mp_conn *conn, const uint8_t *bytes, size_t size,
                            size_t *needed) {
    size_t offset = 0;
    *needed = 0;
    while (offset < size && conn->state != MP_CONN_CLOSING) {
        struct mp_message message;
        size_t consumed = 0;
        enum mp_status status =
            mp_message_decode(bytes + offset, size - offset, &message, &consumed);
        bool greeted = conn->state == MP_CONN_READY;
        if (!greeted && consumed > MP_GREETING_SIZE_MAX) status = MP_MALFORMED;
        if (status == MP_PARTIAL) {
            *needed = consumed;
            break;
        }
        if (status != MP_OK) {
            mp_uv__conn_fail(conn, "it sent bytes that are not a message of this protocol");
            break;
        }
        offset += consumed;
        conn->owner->stats.messages_received += 1;
        mp_uv__receive(conn, &message);
    }
    return offset;
}

static void reserve_in(struct mp_conn *conn, size_t capacity) {
    if (capacity <= conn->in_capacity) return;
    conn->in = mp_uv__grow(conn->in, capacity);
    conn->in_capacity = (uint32_t)capacity;
}

static void drop_in(struct mp_conn *conn) {
    free(conn->in);
    conn->in = NULL;
    conn->in_size = 0;
    conn->in_capacity = 0;
}

/* The common case reads into memory that all connections share; only the start of a message that
 * is not complete is kept for this one. */
static void on_alloc(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer) {
    struct mp_conn *conn = handle->data;
    (void)suggested;
    if (conn->in_size == 0) {
        *buffer = uv_buf_init((char *)conn->owner->scratch, MP_SCRATCH_SIZE);
        return;
    }
    *buffer = uv_buf_init((char *)conn->in + conn->in_size, conn->in_capacity - conn->in_size);
}

static void on_bytes(struct mp_conn *conn, const uint8_t *bytes, size_t size) {
    bool shared = conn->in_size == 0;
    if (!shared) {
        conn->in_size += (uint32_t)size;
        bytes = conn->in;
        size = conn->in_size;
    }
    size_t needed = 0;
    size_t used = take_messages(conn, bytes, size, &needed);
    if (conn->state == MP_CONN_CLOSING) return;
    size_t rest = size - used;
    if (rest == 0) {
        conn->in_size = 0;
        if (conn->in_capacity > 4 * READ_ROOM) drop_in(conn);
        return;
    }
    if (shared) {
        reserve_in(conn, needed + READ_ROOM);
        memcpy(conn->in, bytes + used, rest);
    } else {
        if (used > 0) memmove(conn->in, conn->in + used, rest);
        reserve_in(conn, needed + READ_ROOM);
    }
    conn->in_size = (uint32_t)rest;
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    struct mp_conn *conn = stream->data;
    struct mp_uv_node *node = conn->owner;
    if (count == 0 || conn->state == MP_CONN_CLOSING) return;
    if (count < 0) {
        if (conn->in_size > 0) mp_uv__conn_fail(conn, "it ended in the middle of a message");
        mp_uv__conn_close(conn);
        return;
    }
    node->now_us = mp_uv__clock_us();
    conn->heard_us = node->now_us;
    on_bytes(conn, (const uint8_t *)buffer->base, (size_t)count);
}

void mp_uv__conn_opened(struct mp_conn *conn) {
    conn->state = MP_CONN_GREETING;
    uv_tcp_nodelay(&conn->tcp, 1);
    if (uv_read_start((uv_stream_t *)&conn->tcp, on_alloc, on_read) != 0) {
        mp_uv__conn_close(conn);
        return;
    }
    mp_uv__hello_send(conn);
}

static void on_closed(uv_handle_t *handle) {
    struct mp_conn *conn = handle->data;
    struct mp_uv_node *node = conn->owner;
    while (conn->head != NULL) {
        struct mp_out *out = conn->head;
        conn->head = out->next;
        mp_uv__frame_release(&node->frames, out->frame);
        out->next = node->free_outs;
        node->free_outs = out;
    }
    mp_uv__frame_release(&node->frames, conn->replies);
    MP_ASSERT(node->conns[conn->slot] == conn);
    node->conns[conn->slot] = NULL;
    node->conn_count -= 1;
    free(conn->in);
    free(conn);
}

static void leave_dirty(struct mp_conn *conn) {
    if (!conn->dirty) return;
    struct mp_conn **at = &conn->owner->dirty_conns;
    while (*at != NULL && *at != conn) at = &(*at)->next_dirty;
    /* While all are flushed they are in no list. */
    if (*at != NULL) *at = conn->next_dirty;
    conn->dirty = false;
}

void mp_uv__conn_close(struct mp_conn *conn) {
    if (conn->state == MP_CONN_CLOSING) return;
    struct mp_uv_node *node = conn->owner;
    bool was_ready = conn->state == MP_CONN_READY;
    if (was_ready) leave_bucket(conn);
    conn->state = MP_CONN_CLOSING;
    leave_dirty(conn);
    uv_close((uv_handle_t *)&conn->tcp, on_closed);
    if (conn->peer != NULL) mp_uv__peer_lost(conn->peer, conn);
    if (!was_ready) return;
    mp_uv__sent_lost(node, conn);
    mp_uv__asked_lost(node, conn);
    if (!node->server && node->serving == conn->node) mp_uv__serving_set(node, 0);
    node->rerouted = true;
}

void mp_uv__conn_fail(struct mp_conn *conn, const char *reason) {
    if (conn->state == MP_CONN_CLOSING) return;
    mp_uv__log(conn->owner, MP_UV_LOG_WARNING, "closed the connection to %s: %s", conn->name,
               reason);
    mp_uv__conn_close(conn);
}
