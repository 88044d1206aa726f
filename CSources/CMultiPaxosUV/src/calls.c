/* Gathering calls in drafts, within bounds. */
#include "node.h"

/* Calls of a draft stop here though a batch may be larger: while one batch is on the disks the next
 * is on the wire and a third is applied, which one batch of everything in flight would prevent. */
enum { CAPACITY_FIRST = 400, CALLS_BYTES = 64 * 1024 };

void mp_uv__draft_discard(struct mp_uv_node *node, struct mp_draft *draft) {
    mp_uv__draft_release(&node->drafts, &node->frames, draft);
}

struct mp_draft *mp_uv__waiting_pop(struct mp_uv_node *node, struct mp_draft_list *list) {
    struct mp_draft *draft = mp_uv__draft_pop(list);
    if (draft == NULL) return NULL;
    MP_ASSERT(node->objects.waiting_bytes >= draft->builder.size);
    node->objects.waiting_bytes -= draft->builder.size;
    return draft;
}

void mp_uv__waiting_push(struct mp_uv_node *node, struct mp_draft_list *list,
                         struct mp_draft *draft) {
    mp_uv__draft_push(list, draft);
    node->objects.waiting_bytes += draft->builder.size;
}

void mp_uv__waiting_fail(struct mp_uv_node *node, struct mp_draft_list *list, uint32_t outcome) {
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__waiting_pop(node, list)) != NULL) {
        node->stats.calls_refused += draft->builder.count;
        mp_uv__answer_outcome(node, draft, outcome);
    }
}

void mp_uv__calls_refuse(struct mp_uv_node *node, struct mp_origin origin, uint32_t outcome) {
    node->stats.calls_refused += origin.count;
    for (uint32_t i = 0; i < origin.count; i += 1) {
        mp_uv__answer(node, origin.slot, origin.generation, origin.tag + i, 0, outcome, NULL, 0);
    }
}

/* A draft grows while it is young: what came late must not expire with what came first. */
static bool takes_more(const struct mp_uv_node *node, const struct mp_draft *draft, bool relayed) {
    if (draft == NULL || draft->relayed != relayed) return false;
    return node->now_us - draft->born_us < node->options.timeout_us / 4;
}

static struct mp_draft *start(struct mp_uv_node *node, struct mp_object *object,
                              struct mp_draft_list *list, bool read, bool relayed) {
    uint32_t capacity = read || object->capacity_hint == 0 ? CAPACITY_FIRST
                                                           : object->capacity_hint;
    struct mp_draft *draft =
        mp_uv__draft_take(&node->drafts, &node->frames, object->group, capacity);
    draft->born_us = node->now_us;
    draft->read = read;
    draft->relayed = relayed;
    mp_uv__waiting_push(node, list, draft);
    return draft;
}

static void gather(struct mp_uv_node *node, struct mp_object *object, struct mp_origin origin,
                   bool read, bool relayed, const uint8_t *block, uint32_t size) {
    struct mp_draft_list *list = read ? &object->reads : &object->calls;
    uint32_t bytes_max = read ? MP_BATCH_SIZE_MAX : CALLS_BYTES;
    while (size > 0) {
        struct mp_draft *draft = list->tail;
        if (!takes_more(node, draft, relayed)) draft = start(node, object, list, read, relayed);
        uint32_t taken = 0;
        uint32_t used = mp_uv__draft_append(draft, &node->frames, block, size, bytes_max, origin,
                                            &taken);
        if (taken == 0) {
            draft = start(node, object, list, read, relayed);
            used = mp_uv__draft_append(draft, &node->frames, block, size, bytes_max, origin,
                                       &taken);
            MP_ASSERT(taken > 0); /* An empty draft has room for any entry. */
        }
        list->bytes += used;
        node->objects.waiting_bytes += used;
        block += used;
        size -= used;
        origin.tag += taken;
        origin.count -= taken;
    }
}

void mp_uv__calls_take(struct mp_uv_node *node, struct mp_object *object, struct mp_origin origin,
                       bool read, bool relayed, const uint8_t *block, uint32_t size) {
    const struct mp_draft_list *list = read ? &object->reads : &object->calls;
    /* With nobody else to send them to, full disks are the answer. */
    bool stays = node->server && (node->serving == node->id || node->serving == 0);
    if (!read && stays && mp_replica_disks_full(node->replica)) {
        mp_uv__calls_refuse(node, origin, MP_UV_STORAGE_FULL);
        return;
    }
    if (list->bytes + size > MP_WAITING_BYTES_MAX ||
        node->objects.waiting_bytes + size > MP_WAITING_BYTES_TOTAL_MAX) {
        mp_uv__calls_refuse(node, origin, MP_UV_BUSY);
        return;
    }
    node->stats.calls_accepted += origin.count;
    gather(node, object, origin, read, relayed, block, size);
    mp_uv__object_mark(node, object);
}
