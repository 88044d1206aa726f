/* The serving node takes an object when calls wait for it, and leaves an application that owns it
 * by an explicit pull alone for as long as that is fair to the calls. */
#include "node.h"

enum { BACKOFF_SHIFT_MAX = 5 };

static uint64_t oldest_us(const struct mp_object *object) {
    uint64_t oldest = UINT64_MAX;
    if (object->calls.head != NULL) oldest = object->calls.head->born_us;
    if (object->reads.head != NULL && object->reads.head->born_us < oldest) {
        oldest = object->reads.head->born_us;
    }
    return oldest;
}

/* An explicit owner keeps the object until it was silent for T/4 or calls waited for 2T. */
static bool must_yield(const struct mp_uv_node *node, const struct mp_object *object,
                       const struct mp_group_view *view) {
    bool explicit = (view->promised.node & MP_CLIENT_NODE) != 0 && object->owner_seen_us != 0;
    if (!explicit) return false;
    bool silent = node->now_us - object->owner_seen_us >= node->options.timeout_us / 4;
    uint64_t oldest = oldest_us(object);
    bool waited = oldest < node->now_us && node->now_us - oldest >= 2 * node->options.timeout_us;
    return !silent && !waited;
}

void mp_uv__pull_consider(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_group_view *view) {
    if (object->proposal != NULL || view->lost || view->unnamed) return;
    if (node->now_us < object->pull_retry_us || must_yield(node, object, view)) return;
    struct mp_event event = {
        .kind = MP_EVENT_PULL,
        .now_us = node->now_us,
        .group = object->group,
        .pull = {.deadline_us = node->now_us + 2 * node->options.timeout_us},
    };
    object->pulling = true;
    if (mp_uv__step(node, &event, NULL) == MP_OK) return;
    mp_uv__pull_failed(node, object);
}

void mp_uv__pull_failed(struct mp_uv_node *node, struct mp_object *object) {
    object->pulling = false;
    uint32_t shift = object->pull_failures;
    if (shift > BACKOFF_SHIFT_MAX) shift = BACKOFF_SHIFT_MAX;
    object->pull_failures += 1;
    uint64_t base = node->options.timeout_us / 32 << shift;
    object->pull_retry_us = node->now_us + base / 2 + mp_uv__random(node) % (base + 1);
}
