/* What happens by time alone: calls that waited too long, connections that never greeted. */
#include "node.h"

uint64_t mp_uv__tick_due_us(const struct mp_uv_node *node) {
    bool sent = node->sent_free_count < node->sent_capacity;
    bool busy = node->objects.active != NULL || node->asked_count > 0 || sent || node->server;
    return node->tick_us + (busy ? node->options.timeout_us / 8 : node->options.timeout_us);
}

static void expire_list(struct mp_uv_node *node, struct mp_draft_list *list, uint64_t age_us) {
    while (list->head != NULL && node->now_us - list->head->born_us >= age_us) {
        struct mp_draft *draft = mp_uv__waiting_pop(node, list);
        node->stats.calls_refused += draft->builder.count;
        bool full = !draft->read && mp_replica_disks_full(node->replica);
        mp_uv__answer_outcome(node, draft, full ? MP_UV_STORAGE_FULL : MP_UV_NO_QUORUM);
    }
}

static void expire_sent_reads(struct mp_uv_node *node, struct mp_draft_list *list) {
    while (list->head != NULL &&
           node->now_us - list->head->born_us >= node->options.call_timeout_us) {
        mp_uv__answer_outcome(node, mp_uv__draft_pop(list), MP_UV_NO_QUORUM);
    }
}

/* How long calls may wait here. An owner works on them; elsewhere somebody must be found to. */
static uint64_t patience_us(const struct mp_uv_node *node, const struct mp_object *object,
                            const struct mp_group_view *view) {
    uint64_t short_us = 2 * node->options.timeout_us;
    bool works = view->role == MP_OWNING && view->ready && mp_uv__peers_quorum(node);
    if (works) return node->options.call_timeout_us;
    /* An explicit owner may keep an object for 2T, and taking it back takes as long. */
    bool shared = object->proposal != NULL || (view->promised.node & MP_CLIENT_NODE) != 0;
    return shared ? 2 * short_us : short_us;
}

static void tick_object(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    mp_uv__reads_tick(node, object, view.role == MP_OWNING);
    uint64_t patience = patience_us(node, object, &view);
    expire_list(node, &object->calls, patience);
    expire_list(node, &object->reads, patience);
    expire_sent_reads(node, &object->asking);
    expire_sent_reads(node, &object->confirmed);
    mp_uv__flights_expire(node, object);
    mp_uv__watches_answer(node, object);
    mp_uv__snapshot_tick(node, object);
    mp_uv__offer_tick(node, object);
    if (object->applied < object->commit) mp_uv__object_mark_apply(node, object);
    mp_uv__object_mark(node, object);
}

static bool is_idle(const struct mp_object *object) {
    return !mp_uv__waiting(object) && object->asking.head == NULL &&
           object->confirmed.head == NULL && object->flights.head == NULL &&
           object->pushes.head == NULL && object->proposal == NULL && !object->barrier_due &&
           !object->dirty && !object->applying && object->watches == NULL &&
           !object->restoring && object->transfer == NULL &&
           object->offer == NULL && !object->snapshot_damaged &&
           (object->applied >= object->commit || object->broken);
}

static void tick_objects(struct mp_uv_node *node) {
    struct mp_object **at = &node->objects.active;
    while (*at != NULL) {
        struct mp_object *object = *at;
        if (is_idle(object)) {
            *at = object->next_active;
            object->active = false;
            continue;
        }
        tick_object(node, object);
        at = &object->next_active;
    }
}

static void tick_conn(struct mp_uv_node *node, struct mp_conn *conn) {
    if (conn->state == MP_CONN_CLOSING) return;
    uint64_t limit_us = 5 * node->options.timeout_us;
    if (conn->state != MP_CONN_READY) {
        if (node->now_us - conn->opened_us < limit_us) return;
        bool told = conn->peer != NULL && conn->peer->warned;
        if (conn->state == MP_CONN_DIALLING || conn->linger || told) {
            mp_uv__conn_close(conn);
        } else {
            mp_uv__conn_fail(conn, "it did not complete the handshake in time");
        }
        return;
    }
    /* Servers hear each other's beats all the time: silence means a dead machine. */
    bool silent = node->server && conn->server && node->now_us - conn->heard_us > 2 * limit_us;
    if (silent) mp_uv__conn_fail(conn, "nothing was heard from it for ten election timeouts");
}

void mp_uv__tick(struct mp_uv_node *node) {
    node->tick_us = node->now_us;
    if (node->server) {
        mp_uv__disk_check(node);
        if (node->stopping) return;
        mp_uv__disk_announce(node);
        mp_uv__scrub(node);
        mp_uv__naming_tick(node);
        mp_uv__snapshots_make_room(node);
        node->repair_wanted = node->repair_wanted || node->objects.damaged != NULL;
    }
    mp_uv__sent_tick(node);
    mp_uv__asked_tick(node);
    tick_objects(node);
    for (uint32_t i = 0; i < node->conn_capacity; i += 1) {
        if (node->conns[i] != NULL) tick_conn(node, node->conns[i]);
    }
}
