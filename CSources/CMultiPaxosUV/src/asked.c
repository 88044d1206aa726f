/* The table of what other nodes were asked and have not answered: fetches and admin requests. */
#include "node.h"

enum { SLOT_BITS = 10 };

_Static_assert(MP_ASKED_MAX == 1u << SLOT_BITS, "the sequence has room for any slot");

struct mp_asked *mp_uv__asked_new(struct mp_uv_node *node, const struct mp_conn *conn,
                                  uint64_t *sequence) {
    if (node->asked_count == MP_ASKED_MAX) return NULL;
    uint32_t slot = 0;
    while (node->asked[slot].used) slot += 1;
    struct mp_asked *asked = &node->asked[slot];
    uint32_t generation = asked->generation + 1;
    *asked = (struct mp_asked){
        .used = true,
        .generation = generation,
        .slot = conn->slot,
        .conn_generation = conn->generation,
        .deadline_us = node->now_us + node->options.call_timeout_us,
    };
    node->asked_count += 1;
    *sequence = MP_SEQUENCE_DRIVER | (uint64_t)generation << SLOT_BITS | slot;
    return asked;
}

struct mp_asked *mp_uv__asked_find(struct mp_uv_node *node, const struct mp_conn *conn,
                                   uint64_t sequence) {
    struct mp_asked *asked = &node->asked[sequence & (MP_ASKED_MAX - 1)];
    uint32_t generation = (uint32_t)((sequence & ~MP_SEQUENCE_DRIVER) >> SLOT_BITS);
    bool ours = asked->used && asked->generation == generation && asked->slot == conn->slot &&
                asked->conn_generation == conn->generation;
    return ours ? asked : NULL;
}

void mp_uv__asked_over(struct mp_uv_node *node, struct mp_asked *asked, enum mp_status status,
                       uint64_t last, uint64_t commit) {
    struct mp_asked over = *asked;
    asked->used = false;
    node->asked_count -= 1;
    if (over.admin) {
        mp_uv__answer(node, MP_SLOT_LOCAL, 0, over.token, 0, MP_UV_UNKNOWN, NULL, 0);
        return;
    }
    struct mp_object *object = mp_uv__object_find(node, over.group);
    if (over.snapshot) {
        if (object != NULL) mp_uv__transfer_unanswered(node, object);
        return;
    }
    if (!over.for_apply) {
        node->callbacks.on_fetched(node->context, over.token, status, last, commit);
        return;
    }
    if (object == NULL) return;
    object->reading = false;
    if (status == MP_TRIMMED) mp_uv__transfer_begin(node, object, object->applied + 1);
    mp_uv__object_mark_apply(node, object);
}

void mp_uv__asked_tick(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < MP_ASKED_MAX && node->asked_count > 0; i += 1) {
        struct mp_asked *asked = &node->asked[i];
        if (!asked->used || asked->deadline_us > node->now_us) continue;
        mp_uv__asked_over(node, asked, MP_CLOSED, asked->from == 0 ? 0 : asked->from - 1, 0);
    }
}

void mp_uv__asked_lost(struct mp_uv_node *node, const struct mp_conn *conn) {
    for (uint32_t i = 0; i < MP_ASKED_MAX && node->asked_count > 0; i += 1) {
        struct mp_asked *asked = &node->asked[i];
        if (!asked->used || asked->slot != conn->slot) continue;
        if (asked->conn_generation != conn->generation) continue;
        mp_uv__asked_over(node, asked, MP_CLOSED, asked->from == 0 ? 0 : asked->from - 1, 0);
    }
}

/* Split what on_admin answered: one record { size, outcome, payload }. */
static void admin_result(struct mp_uv_node *node, uint64_t from, const uint8_t *payload,
                         uint32_t size, uint32_t *outcome, struct mp_uv_results *answer) {
    struct mp_uv_results results = {0};
    node->callbacks.on_admin(node->context, from, payload, size, &results);
    *outcome = MP_UV_REJECTED;
    *answer = (struct mp_uv_results){0};
    if (results.size < MP_RESULT_RECORD_SIZE) return;
    uint32_t length = mp_uv__get32(results.bytes);
    if (length > results.size - MP_RESULT_RECORD_SIZE || length > MP_PAYLOAD_SIZE_MAX) return;
    *outcome = mp_uv__get32(results.bytes + 4);
    answer->bytes = results.bytes + MP_RESULT_RECORD_SIZE;
    answer->size = length;
}

void mp_uv__admin(struct mp_uv_node *node, const struct mp_request *request,
                  const uint8_t *payload) {
    if (request->node == node->id) {
        uint32_t outcome = 0;
        struct mp_uv_results answer;
        admin_result(node, node->id, payload, request->size, &outcome, &answer);
        mp_uv__answer(node, MP_SLOT_LOCAL, 0, request->token, 0, outcome, answer.bytes,
                      answer.size);
        mp_uv__replies_flush(node);
        return;
    }
    struct mp_conn *conn = mp_uv__conn_to(node, request->node);
    uint64_t sequence = 0;
    struct mp_asked *asked = conn == NULL ? NULL : mp_uv__asked_new(node, conn, &sequence);
    if (asked == NULL) {
        uint32_t outcome = conn == NULL ? MP_UV_NO_QUORUM : MP_UV_BUSY;
        mp_uv__answer(node, MP_SLOT_LOCAL, 0, request->token, 0, outcome, NULL, 0);
        return;
    }
    asked->admin = true;
    asked->token = request->token;
    struct mp_message message = {
        .kind = MP_DRIVER_ADMIN,
        .sequence = sequence,
        .payload = payload,
        .payload_size = request->size,
    };
    if (!mp_uv__conn_send_copy(conn, &message)) mp_uv__asked_over(node, asked, MP_BUSY, 0, 0);
}

void mp_uv__admin_receive(struct mp_conn *conn, const struct mp_message *message) {
    uint32_t outcome = 0;
    struct mp_uv_results answer;
    admin_result(conn->owner, conn->node, message->payload, message->payload_size, &outcome,
                 &answer);
    struct mp_message reply = {
        .kind = MP_DRIVER_ADMIN_REPLY,
        .sequence = message->sequence,
        .value = outcome,
        .payload = answer.bytes,
        .payload_size = answer.size,
    };
    mp_uv__conn_send_copy(conn, &reply);
}

void mp_uv__admin_reply_receive(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_asked *asked = mp_uv__asked_find(node, conn, message->sequence);
    if (asked == NULL || !asked->admin) return;
    uint64_t token = asked->token;
    asked->used = false;
    node->asked_count -= 1;
    mp_uv__answer(node, MP_SLOT_LOCAL, 0, token, 0, (uint32_t)message->value, message->payload,
                  message->payload_size);
    mp_uv__replies_flush(node);
}
