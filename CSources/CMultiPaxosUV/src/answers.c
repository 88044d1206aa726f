/* Answers: results of the state machine, or the driver's own, to whoever asked. */
#include <string.h>

#include "node.h"

void mp_uv__replies_flush(struct mp_uv_node *node) {
    if (node->reply_count == 0) return;
    uint32_t count = node->reply_count;
    node->reply_count = 0;
    node->callbacks.on_replies(node->context, node->replies, count);
}

static void answer_local(struct mp_uv_node *node, uint64_t token, uint64_t index,
                         uint32_t outcome, const uint8_t *payload, uint32_t size) {
    node->replies[node->reply_count] = (struct mp_uv_reply){
        .token = token,
        .index = index,
        .outcome = (enum mp_uv_outcome)outcome,
        .size = size,
        .payload = payload,
    };
    node->reply_count += 1;
    atomic_fetch_sub_explicit(&node->inbox.outstanding, 1, memory_order_relaxed);
    if (node->reply_count == MP_REPLIES_MAX) mp_uv__replies_flush(node);
}

void mp_uv__answer(struct mp_uv_node *node, uint32_t slot, uint32_t generation, uint64_t tag,
                   uint64_t index, uint32_t outcome, const uint8_t *payload, uint32_t size) {
    if (slot == MP_SLOT_NONE) return;
    if (slot == MP_SLOT_LOCAL) {
        answer_local(node, tag, index, outcome, payload, size);
        return;
    }
    /* For another node's caller it is not its own node that closes. */
    if (outcome == MP_UV_CLOSED) outcome = MP_UV_NO_QUORUM;
    struct mp_conn *conn = mp_uv__conn_at(node, slot, generation);
    if (conn != NULL) mp_uv__conn_reply(conn, tag, index, outcome, payload, size);
}

bool mp_uv__draft_waited_for(const struct mp_uv_node *node, const struct mp_draft *draft) {
    for (uint32_t i = 0; i < draft->origin_count; i += 1) {
        const struct mp_origin *origin = &draft->origins[i];
        if (origin->slot == MP_SLOT_NONE) continue;
        if (origin->slot == MP_SLOT_LOCAL) return true;
        if (mp_uv__conn_at(node, origin->slot, origin->generation) != NULL) return true;
    }
    return false;
}

static bool is_answered(const struct mp_draft *draft, uint32_t entry) {
    return draft->sent && (draft->answers[entry / 64] >> (entry % 64) & 1) != 0;
}

/* Read the record at *offset; what the state machine failed to give is unknown. */
static void next_result(const struct mp_uv_results *results, uint32_t *offset, uint32_t *outcome,
                        const uint8_t **payload, uint32_t *size) {
    *outcome = MP_UV_UNKNOWN;
    *payload = NULL;
    *size = 0;
    if (results->size - *offset < MP_RESULT_RECORD_SIZE) return;
    const uint8_t *at = results->bytes + *offset;
    uint32_t claimed = mp_uv__get32(at);
    if (results->size - *offset - MP_RESULT_RECORD_SIZE < claimed) {
        *offset = results->size;
        return;
    }
    *outcome = mp_uv__get32(at + 4);
    *payload = at + MP_RESULT_RECORD_SIZE;
    *size = claimed;
    *offset += MP_RESULT_RECORD_SIZE + claimed;
}

void mp_uv__answer_all(struct mp_uv_node *node, struct mp_draft *draft, uint64_t index,
                       uint64_t stride, const struct mp_uv_results *results) {
    uint32_t offset = 0;
    for (uint32_t i = 0; i < draft->origin_count; i += 1) {
        const struct mp_origin *origin = &draft->origins[i];
        for (uint32_t k = 0; k < origin->count; k += 1) {
            uint32_t outcome = 0;
            const uint8_t *payload = NULL;
            uint32_t size = 0;
            next_result(results, &offset, &outcome, &payload, &size);
            mp_uv__answer(node, origin->slot, origin->generation, origin->tag + k, index, outcome,
                          payload, size);
            index += stride;
        }
    }
    mp_uv__replies_flush(node); /* The payloads are valid until the next callback. */
    mp_uv__draft_discard(node, draft);
}

void mp_uv__answer_outcome(struct mp_uv_node *node, struct mp_draft *draft, uint32_t outcome) {
    uint32_t entry = 0;
    for (uint32_t i = 0; i < draft->origin_count; i += 1) {
        const struct mp_origin *origin = &draft->origins[i];
        for (uint32_t k = 0; k < origin->count; k += 1) {
            if (!is_answered(draft, entry)) {
                mp_uv__answer(node, origin->slot, origin->generation, origin->tag + k, 0, outcome,
                              NULL, 0);
            }
            entry += 1;
        }
    }
    mp_uv__draft_discard(node, draft);
}
