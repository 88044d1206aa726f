/* Linearizable reads at the owner: all that wait share one confirmation round, and are answered
 * from the state once everything committed by the end of the round is applied. */
#include <string.h>

#include "node.h"

/* Bytes of the results of one draft: thousands of small reads may have large results. What comes
 * after is not read, and its callers are told to ask again. */
enum { RESULTS_MAX = 32 << 20 };

static void give_back(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->asking)) != NULL) {
        mp_uv__waiting_push(node, &object->reads, draft);
    }
}

static void take(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__waiting_pop(node, &object->reads)) != NULL) {
        mp_uv__draft_push(&object->asking, draft);
    }
    object->confirm_us = node->now_us;
}

/* An application owns the object, and a read must not depose it: what a quorum holds says how far
 * the own copy must be applied. The pull that was just considered was not made. */
void mp_uv__reads_ask_tips(struct mp_uv_node *node, struct mp_object *object) {
    bool wanted = object->reads.head != NULL && object->asking.head == NULL;
    if (!wanted || object->pulling || object->owner_seen_us == 0) return;
    take(node, object);
    struct mp_event event = {
        .kind = MP_EVENT_TIPS, .now_us = node->now_us, .group = object->group};
    if (mp_uv__step(node, &event, NULL) != MP_OK) give_back(node, object);
}

/* A tip that nobody commits, or a round that nobody answers: after T the reads wait again, and
 * are old enough then to be worth a pull. */
void mp_uv__reads_tick(struct mp_uv_node *node, struct mp_object *object, bool owns) {
    if (owns || node->now_us - object->confirm_us < node->options.timeout_us) return;
    give_back(node, object);
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->confirmed)) != NULL) {
        mp_uv__waiting_push(node, &object->reads, draft);
    }
}

void mp_uv__reads_confirm(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_group_view *view) {
    bool asking = object->asking.head != NULL;
    bool stuck = asking && node->now_us - object->confirm_us > 2 * node->options.timeout_us;
    if (asking && !stuck) return;
    if (!asking && object->reads.head == NULL) return;
    if (!view->ready) {
        /* Own nothing yet: the reads need a barrier of this ballot. */
        bool idle = view->in_flight == 0 && view->window_free > 0 && !node->disk_full;
        if (idle && !object->barrier_due) {
            object->barrier_due = true;
            mp_uv__object_mark(node, object);
        }
        return;
    }
    take(node, object);
    struct mp_event event = {
        .kind = MP_EVENT_CONFIRM, .now_us = node->now_us, .group = object->group};
    if (mp_uv__step(node, &event, NULL) != MP_OK) give_back(node, object);
}

static void append_bytes(struct mp_uv_node *node, size_t *size, const uint8_t *bytes,
                         uint32_t count) {
    if (*size + count > node->read_results_capacity) {
        node->read_results_capacity = 2 * (*size + count);
        node->read_results = mp_uv__grow(node->read_results, node->read_results_capacity);
    }
    memcpy(node->read_results + *size, bytes, count);
    *size += count;
}

static void append_outcome(struct mp_uv_node *node, size_t *size, enum mp_uv_outcome outcome) {
    uint8_t record[MP_RESULT_RECORD_SIZE];
    mp_uv__put32(record, 0);
    mp_uv__put32(record + 4, outcome);
    append_bytes(node, size, record, MP_RESULT_RECORD_SIZE);
}

static void append_record(struct mp_uv_node *node, size_t *size, const struct mp_uv_results *one) {
    bool whole = one->size >= MP_RESULT_RECORD_SIZE &&
                 one->size - MP_RESULT_RECORD_SIZE == mp_uv__get32(one->bytes);
    if (whole) {
        append_bytes(node, size, one->bytes, one->size);
    } else {
        append_outcome(node, size, MP_UV_REJECTED);
    }
}

static void answer_draft(struct mp_uv_node *node, struct mp_object *object,
                         struct mp_draft *draft) {
    const uint8_t *block = draft->frame->bytes + MP_BATCH_HEADER_SIZE;
    uint32_t size = draft->builder.size - MP_BATCH_HEADER_SIZE;
    uint32_t offset = 0;
    size_t used = 0;
    while (offset < size) {
        uint32_t length = mp_uv__get32(block + offset);
        struct mp_uv_results one = {0};
        if (used < RESULTS_MAX) {
            node->callbacks.on_read(node->context, object->group,
                                    block + offset + MP_ENTRY_HEADER_SIZE, length, &one);
            append_record(node, &used, &one);
        } else {
            append_outcome(node, &used, MP_UV_BUSY);
        }
        offset += MP_ENTRY_HEADER_SIZE + length;
    }
    MP_ASSERT(used <= UINT32_MAX);
    struct mp_uv_results results = {.bytes = node->read_results, .size = (uint32_t)used};
    mp_uv__answer_all(node, draft, object->applied, 0, &results);
}

void mp_uv__reads_answer(struct mp_uv_node *node, struct mp_object *object) {
    if (object->applied < object->confirmed_through) return;
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->confirmed)) != NULL) {
        answer_draft(node, object, draft);
    }
}
