/* Letting logs name the directories that an operator approved. Whoever owns an object does so for
 * its log, right after the first batch of its own ballot. The serving node takes, a few at a time,
 * those that nobody owns: until every log that it has names every directory. It may not have all:
 * of an object that was made while it was down, and is quiet, it has not heard. So what is not
 * named after a while is taken by any server that has it. */
#include "node.h"

enum { PULLS_MAX = 8 };

/* How long the serving node is given to name all, in election timeouts. */
enum { PATIENCE = 5 };

static bool lacks(const struct mp_uv_node *node, const struct mp_peer *peer,
                  const struct mp_group_view *view) {
    uint32_t generation = peer->record.generation;
    bool voter = (view->voters & mp_voters_of(peer->node)) != 0;
    return generation > 0 && !peer->record.lost && voter &&
           mp_replica_generation(node->replica, view->group, peer->node) < generation;
}

static const struct mp_peer *lacking(const struct mp_uv_node *node,
                                     const struct mp_group_view *view) {
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        if (lacks(node, &node->peers[i], view)) return &node->peers[i];
    }
    return NULL;
}

void mp_uv__naming_begin(struct mp_uv_node *node) {
    if (!node->server || node->naming) return;
    node->naming = true;
    node->naming_told = false;
    node->naming_us = node->now_us;
}

bool mp_uv__naming_attend(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_group_view *view) {
    if (!node->server || !view->ready || view->window_free == 0) return false;
    const struct mp_peer *peer = lacking(node, view);
    if (peer == NULL) return false;
    struct mp_frame *frame = mp_uv__frame_take(&node->frames, MP_FRAME_SMALLEST);
    struct mp_batch_builder builder;
    mp_batch_begin(&builder, frame->bytes, frame->capacity);
    struct mp_event event = {
        .kind = MP_EVENT_ADMIT,
        .now_us = node->now_us,
        .group = object->group,
        .admit = {.batch = &builder,
                  .node = peer->node,
                  .generation = peer->record.generation},
    };
    enum mp_status status = mp_uv__step(node, &event, frame);
    mp_uv__frame_release(&node->frames, frame); /* The log cache holds it. */
    return status == MP_OK;
}

/* Begin with one log that lacks a name; true if that takes a pull. */
static bool take(struct mp_uv_node *node, const struct mp_group_view *view) {
    struct mp_object *object = mp_uv__object_need(node, view->group);
    if (object == NULL) return false;
    if (view->role == MP_OWNING) mp_uv__object_mark(node, object);
    if (view->role != MP_FOLLOWING) return true;
    mp_uv__pull_consider(node, object, view);
    return object->pulling;
}

static void tell(struct mp_uv_node *node, uint32_t count) {
    bool long_since = node->now_us - node->naming_us > 20 * node->options.timeout_us;
    if (count == 0 || !long_since || node->naming_told) return;
    node->naming_told = true;
    mp_uv__log(node, MP_UV_LOG_WARNING,
               "%u objects do not name yet a directory that was approved: this takes a majority of "
               "all servers without its own; start those that are down",
               count);
}

void mp_uv__naming_tick(struct mp_uv_node *node) {
    bool late = node->now_us - node->naming_us > PATIENCE * node->options.timeout_us;
    bool takes = node->serving == node->id || late;
    if (!node->naming || !takes || !node->admitted) return;
    uint32_t count = 0, pulls = 0, cursor = 0;
    struct mp_group_view view;
    while (mp_replica_next_group(node->replica, &cursor, &view)) {
        /* An empty log names nobody: whoever appends to it first will. */
        if (view.tip.index == 0 || lacking(node, &view) == NULL) continue;
        count += 1;
        bool votes = !view.lost && !view.unnamed;
        if (votes && pulls < PULLS_MAX && mp_uv__peers_quorum(node)) pulls += take(node, &view);
    }
    tell(node, count);
    node->naming = count > 0;
}
