/* Reading another node's snapshot for the process, one question at a time: what it is, then chunks
 * of it. Nothing is kept or changed here; a transfer, which catches a log up, is something else. */
#include "node.h"

void mp_uv__snapshot_fetch(struct mp_uv_node *node, const struct mp_request *request) {
    uint64_t chunks = mp_lmdb_chunk_count(request->amount);
    if (request->from != 0 && request->count >= chunks) {
        mp_uv__fetch_refuse(node, request, MP_MALFORMED);
        return;
    }
    struct mp_conn *conn = mp_uv__conn_to(node, request->node);
    uint64_t sequence = 0;
    struct mp_asked *asked =
        conn == NULL || !conn->server ? NULL : mp_uv__asked_new(node, conn, &sequence);
    if (asked == NULL) {
        mp_uv__fetch_refuse(node, request, MP_CLOSED);
        return;
    }
    asked->lent = true;
    asked->token = request->token;
    asked->group = request->group;
    asked->size = request->from == 0 ? 0 : request->amount;
    asked->next = request->count;
    asked->end = asked->next + MP_CHUNKS_ASKED;
    if (asked->end > chunks) asked->end = chunks;
    struct mp_message message = {
        .kind = MP_DRIVER_SNAPSHOT,
        .group = request->group,
        .point = {.index = 1},
        .commit = request->from,
        .sequence = sequence,
        .value = asked->next,
    };
    if (!mp_uv__conn_send(conn, &message, 0, NULL)) mp_uv__asked_over(node, asked, MP_BUSY, 0, 0);
}

/* A part of a snapshot that answers a question of the process: true if it does. */
static struct mp_asked *question(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_asked *asked = mp_uv__asked_find(conn->owner, conn, message->sequence);
    bool ours = asked != NULL && asked->lent && asked->group == message->group;
    return ours ? asked : NULL;
}

bool mp_uv__manifest_lent(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_asked *asked = question(conn, message);
    if (asked == NULL) return false;
    if (message->outcome != MP_OUTCOME_OK) {
        mp_uv__asked_over(conn->owner, asked, MP_UNKNOWN_GROUP, 0, 0);
        return true;
    }
    bool possible = asked->size == 0 && message->payload_size == MP_MANIFEST_SIZE &&
                    message->point.index != 0 && message->point.index <= MP_INDEX_MAX &&
                    message->commit != 0 && message->commit < MP_UV_SNAPSHOT_SIZE_MAX;
    if (!possible) {
        mp_uv__conn_fail(conn, "it described a snapshot that cannot be");
        return true;
    }
    struct mp_uv_node *node = conn->owner;
    node->callbacks.on_chunk(node->context, asked->token, message->payload, message->payload_size);
    mp_uv__asked_over(node, asked, MP_OK, message->point.index, message->commit);
    return true;
}

bool mp_uv__chunk_lent(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_asked *asked = question(conn, message);
    if (asked == NULL) return false;
    if (message->outcome != MP_OUTCOME_OK) {
        mp_uv__asked_over(node, asked, MP_UNKNOWN_GROUP, 0, 0);
        return true;
    }
    if (asked->size == 0 || message->value != asked->next ||
        message->payload_size != mp_lmdb_chunk_size(asked->size, asked->next)) {
        mp_uv__conn_fail(conn, "it sent another chunk of a snapshot than it was asked for");
        return true;
    }
    node->callbacks.on_chunk(node->context, asked->token, message->payload, message->payload_size);
    asked->next += 1;
    if (asked->next < asked->end) return true;
    mp_uv__asked_over(node, asked, MP_OK, asked->next, mp_lmdb_chunk_count(asked->size));
    return true;
}
