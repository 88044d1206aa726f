/* Sending: the queue of a connection, and its writes. */
#include <string.h>

#include "node.h"

enum { REPLIES_FIRST = 4096 };

static struct mp_out *take_out(struct mp_uv_node *node) {
    struct mp_out *out = node->free_outs;
    if (out == NULL) return mp_uv__allocate(sizeof *out);
    node->free_outs = out->next;
    return out;
}

static void release_out(struct mp_uv_node *node, struct mp_out *out) {
    mp_uv__frame_release(&node->frames, out->frame);
    out->next = node->free_outs;
    node->free_outs = out;
}

struct mp_out *mp_uv__out_new(struct mp_uv_node *node, const struct mp_message *message,
                              uint64_t payload_checksum, struct mp_frame *frame) {
    struct mp_out *out = take_out(node);
    out->next = NULL;
    out->frame = frame == NULL ? NULL : mp_uv__frame_retain(frame);
    out->payload = message->payload;
    out->payload_size = message->payload_size;
    mp_message_encode(message, payload_checksum, out->header);
    return out;
}

void mp_uv__out_drop(struct mp_uv_node *node, struct mp_out *out) {
    release_out(node, out);
}

static void mark_dirty(struct mp_conn *conn) {
    if (conn->dirty) return;
    conn->dirty = true;
    conn->next_dirty = conn->owner->dirty_conns;
    conn->owner->dirty_conns = conn;
}

bool mp_uv__out_queue(struct mp_conn *conn, struct mp_out *out) {
    struct mp_uv_node *node = conn->owner;
    uint64_t size = MP_MESSAGE_HEADER_SIZE + out->payload_size;
    bool full = conn->queued == MP_CONN_QUEUE_MAX ||
                conn->queued_bytes + size > MP_CONN_QUEUE_BYTES_MAX;
    if (full || conn->state == MP_CONN_CLOSING || conn->linger) {
        node->stats.messages_dropped += 1;
        release_out(node, out);
        return false;
    }
    if (conn->tail != NULL) {
        conn->tail->next = out;
    } else {
        conn->head = out;
    }
    conn->tail = out;
    conn->queued += 1;
    conn->queued_bytes += size;
    node->stats.messages_sent += 1;
    mark_dirty(conn);
    return true;
}

bool mp_uv__conn_send(struct mp_conn *conn, const struct mp_message *message,
                      uint64_t payload_checksum, struct mp_frame *frame) {
    return mp_uv__out_queue(conn, mp_uv__out_new(conn->owner, message, payload_checksum, frame));
}

bool mp_uv__conn_send_copy(struct mp_conn *conn, const struct mp_message *message) {
    if (message->payload_size == 0) return mp_uv__conn_send(conn, message, 0, NULL);
    struct mp_frames *frames = &conn->owner->frames;
    struct mp_frame *frame = mp_uv__frame_take(frames, message->payload_size);
    memcpy(frame->bytes, message->payload, message->payload_size);
    struct mp_message copy = *message;
    copy.payload = frame->bytes;
    bool queued = mp_uv__conn_send(conn, &copy, 0, frame);
    mp_uv__frame_release(frames, frame);
    return queued;
}

/* Describe the front of the queue; `skip` bytes of its first message are gone already. */
static unsigned gather(const struct mp_conn *conn, uv_buf_t *buffers, size_t *bytes) {
    unsigned count = 0;
    size_t skip = conn->head_sent;
    *bytes = 0;
    for (struct mp_out *out = conn->head; out != NULL && count + 2 <= MP_CONN_BUFFERS;
         out = out->next) {
        if (skip < MP_MESSAGE_HEADER_SIZE) {
            uint32_t size = MP_MESSAGE_HEADER_SIZE - (uint32_t)skip;
            buffers[count] = uv_buf_init((char *)out->header + skip, size);
            count += 1;
            *bytes += size;
            skip = 0;
        } else {
            skip -= MP_MESSAGE_HEADER_SIZE;
        }
        if (out->payload_size == 0) continue;
        uint32_t size = out->payload_size - (uint32_t)skip;
        buffers[count] = uv_buf_init((char *)(uintptr_t)(out->payload + skip), size);
        count += 1;
        *bytes += size;
        skip = 0;
    }
    return count;
}

static void consume(struct mp_conn *conn, size_t bytes) {
    conn->owner->stats.bytes_sent += bytes;
    bytes += conn->head_sent;
    while (conn->head != NULL) {
        struct mp_out *out = conn->head;
        size_t size = MP_MESSAGE_HEADER_SIZE + out->payload_size;
        if (bytes < size) break;
        bytes -= size;
        conn->head = out->next;
        if (conn->head == NULL) conn->tail = NULL;
        conn->queued -= 1;
        conn->queued_bytes -= size;
        release_out(conn->owner, out);
    }
    MP_ASSERT(conn->head != NULL || bytes == 0);
    conn->head_sent = (uint32_t)bytes;
}

static void on_written(uv_write_t *request, int status) {
    struct mp_conn *conn = request->data;
    conn->writing = false;
    if (conn->state == MP_CONN_CLOSING) return;
    if (status != 0) {
        mp_uv__conn_close(conn);
        return;
    }
    consume(conn, conn->writing_bytes);
    if (conn->head != NULL || conn->linger) mark_dirty(conn);
}

static void write_queue(struct mp_conn *conn) {
    uv_stream_t *stream = (uv_stream_t *)&conn->tcp;
    while (conn->head != NULL) {
        uv_buf_t buffers[MP_CONN_BUFFERS];
        size_t bytes = 0;
        unsigned count = gather(conn, buffers, &bytes);
        int written = uv_try_write(stream, buffers, count);
        if (written < 0 && written != UV_EAGAIN) {
            mp_uv__conn_close(conn);
            return;
        }
        if (written > 0) consume(conn, (size_t)written);
        if (written == (int)bytes) continue;

        count = gather(conn, buffers, &bytes);
        conn->writing = true;
        conn->writing_bytes = bytes;
        if (uv_write(&conn->write, stream, buffers, count, on_written) == 0) return;
        conn->writing = false;
        mp_uv__conn_close(conn);
        return;
    }
}

static void send_replies(struct mp_conn *conn) {
    struct mp_frame *replies = conn->replies;
    if (replies == NULL) return;
    struct mp_message message = {
        .kind = MP_DRIVER_REPLY,
        .value = conn->reply_count,
        .payload = replies->bytes,
        .payload_size = replies->size,
    };
    conn->replies = NULL;
    conn->reply_count = 0;
    bool queued = mp_uv__conn_send(conn, &message, 0, replies);
    mp_uv__frame_release(&conn->owner->frames, replies);
    if (!queued) mp_uv__conn_fail(conn, "it does not read its answers; let it read faster");
}

void mp_uv__conn_flush(struct mp_conn *conn) {
    if (conn->state == MP_CONN_CLOSING || conn->state == MP_CONN_DIALLING) return;
    send_replies(conn);
    if (conn->state == MP_CONN_CLOSING || conn->writing) return;
    write_queue(conn);
    if (conn->linger && conn->head == NULL) mp_uv__conn_close(conn);
}

void mp_uv__conn_reply(struct mp_conn *conn, uint64_t tag, uint64_t index, uint32_t outcome,
                       const uint8_t *payload, uint32_t size) {
    struct mp_frames *frames = &conn->owner->frames;
    if (size > MP_PAYLOAD_SIZE_MAX - MP_REPLY_RECORD_SIZE) {
        /* Done, but its result cannot travel. */
        outcome = outcome == MP_UV_OK ? (uint32_t)MP_UV_UNKNOWN : outcome;
        size = 0;
    }
    uint32_t needed = MP_REPLY_RECORD_SIZE + size;
    if (conn->replies != NULL && conn->replies->size + needed > MP_PAYLOAD_SIZE_MAX) {
        send_replies(conn);
        if (conn->state == MP_CONN_CLOSING) return;
    }
    if (conn->replies == NULL) {
        conn->replies = mp_uv__frame_take(frames, needed < REPLIES_FIRST ? REPLIES_FIRST : needed);
    }
    if (conn->replies->capacity - conn->replies->size < needed) {
        conn->replies = mp_uv__frame_grow(frames, conn->replies, conn->replies->size + needed);
    }
    uint8_t *at = conn->replies->bytes + conn->replies->size;
    mp_uv__put64(at, tag);
    mp_uv__put64(at + 8, index);
    mp_uv__put32(at + 16, size);
    mp_uv__put32(at + 20, outcome);
    if (size > 0) memcpy(at + MP_REPLY_RECORD_SIZE, payload, size);
    conn->replies->size += needed;
    conn->reply_count += 1;
    mark_dirty(conn);
}
