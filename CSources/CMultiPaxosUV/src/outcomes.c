/* What the core reports to its callers. Nothing here steps the core: it notes what has to be done
 * and marks the object. */
#include "node.h"

static void pulled(struct mp_uv_node *node, struct mp_object *object) {
    if (object->pulling) object->barrier_due = true;
    object->pulling = false;
    object->pull_failures = 0;
    mp_uv__object_mark(node, object);
}

/* The batches of the old ballot may still be adopted by whoever took over: their calls are
 * answered if they are seen committed soon, and unknown otherwise. */
static void preempted(struct mp_uv_node *node, struct mp_object *object, struct mp_ballot by) {
    object->barrier_due = false;
    /* Another server was elected, most likely, and this one will hear of it within T/4: to pull
     * before that would only start a duel. */
    bool server = (by.node & MP_CLIENT_NODE) == 0;
    if (server) object->pull_retry_us = node->now_us + node->options.timeout_us / 2;
    uint64_t deadline_us = node->now_us + node->options.timeout_us;
    for (struct mp_draft *draft = object->flights.head; draft != NULL; draft = draft->next) {
        draft->orphaned = true;
        if (deadline_us < draft->deadline_us) draft->deadline_us = deadline_us;
    }
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->asking)) != NULL) {
        mp_uv__waiting_push(node, &object->reads, draft);
    }
    mp_uv__object_mark(node, object);
}

/* The round that was asked for is over: its reads see everything through `index`. */
static void confirmed(struct mp_uv_node *node, struct mp_object *object, uint64_t index) {
    if (object->confirmed.head == NULL) object->confirmed_through = 0;
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->asking)) != NULL) {
        mp_uv__draft_push(&object->confirmed, draft);
    }
    if (index > object->confirmed_through) object->confirmed_through = index;
    mp_uv__object_mark_apply(node, object);
    mp_uv__object_mark(node, object);
}

/* What the log needs next is in no log that was asked: only a snapshot has it. */
static void behind(struct mp_uv_node *node, struct mp_object *object, uint64_t trimmed) {
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    bool farther = trimmed > view.commit.index;
    mp_uv__transfer_begin(node, object, farther ? trimmed : view.commit.index + 1);
}

static void report(struct mp_uv_node *node, struct mp_object *object,
                   const struct mp_outcome *outcome) {
    switch (outcome->kind) {
        case MP_PULLED:
            pulled(node, object);
            break;
        case MP_PULL_PREEMPTED:
        case MP_PULL_NO_QUORUM:
            if (object->pulling) mp_uv__pull_failed(node, object);
            break;
        case MP_PREEMPTED:
            preempted(node, object, outcome->ballot);
            break;
        case MP_CONFIRMED:
        case MP_TIPPED:
            confirmed(node, object, outcome->point.index);
            return;
        case MP_OWNER_SEEN:
            object->owner_seen_us = node->now_us;
            object->owner_seen = outcome->ballot.node;
            return;
        case MP_BEHIND:
            behind(node, object, outcome->point.index);
            return;
        case MP_SERVING:
            MP_UNREACHABLE();
    }
    mp_uv__proposal_outcome(node, object, outcome);
}

void mp_uv__outcome(struct mp_uv_node *node, const struct mp_outcome *outcome) {
    if (outcome->kind == MP_SERVING) {
        if (node->server) mp_uv__serving_set(node, outcome->node);
        return;
    }
    /* Of an object that is behind, no entry may be here, nor anything else of it. */
    bool found = outcome->kind == MP_BEHIND;
    struct mp_object *object = found ? mp_uv__object_need(node, outcome->group)
                                     : mp_uv__object_find(node, outcome->group);
    if (object != NULL) report(node, object, outcome);
}
