/* What an object needs now: seal and push what waits if this node owns it, take it if this node
 * serves, or send the calls on. Called for every marked object before a wake-up ends, so that
 * batches clock themselves: what waits while a window is full leaves together when it opens. */
#include "node.h"

bool mp_uv__waiting(const struct mp_object *object) {
    return object->calls.head != NULL || object->reads.head != NULL;
}

/* Batches of an earlier ballot whose place is taken now can no longer be committed. */
static void replace(struct mp_uv_node *node, struct mp_object *object, uint64_t first) {
    struct mp_draft_list keep = {0};
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->flights)) != NULL) {
        if (draft->last < first) {
            mp_uv__draft_push(&keep, draft);
        } else {
            mp_uv__answer_outcome(node, draft, MP_UV_UNKNOWN);
        }
    }
    object->flights = keep;
}

/* What the log now holds, as seen by the handle that stands on it. */
static void account(struct mp_object *object, const struct mp_draft *draft) {
    if (draft->proposal) {
        object->branch_count += draft->last - draft->first + 1;
    } else if (draft->barrier) {
        /* That an empty log begins with an entry is known to whoever pulled it. */
        if (draft->first > 1) object->branch_padded = true;
    } else {
        object->branched = false; /* A call took the object from it. */
    }
}

/* The sealed draft is the frame of the log now; it remembers who waits for its entries. */
static void launch(struct mp_uv_node *node, struct mp_object *object, struct mp_draft *draft) {
    const struct mp_identity *id = &node->effects.append;
    draft->first = id->first;
    draft->last = id->last;
    draft->ballot = id->ballot;
    draft->checksum = id->checksum;
    draft->deadline_us = node->now_us + node->options.call_timeout_us;
    /* A frame has a header, too. */
    uint32_t most = MP_BATCH_SIZE_MAX - MP_BATCH_HEADER_SIZE;
    object->capacity_hint = id->size < most ? id->size : most;
    account(object, draft);
    if (draft->proposal) mp_uv__proposal_sealed(object, id->last);
    mp_uv__frame_release(&node->frames, draft->frame); /* The log cache holds it. */
    draft->frame = NULL;
    if (object->flights.tail != NULL && object->flights.tail->last >= id->first) {
        replace(node, object, id->first);
    }
    mp_uv__draft_push(&object->flights, draft);
}

/* False if the core would not take it; the draft is then gone, or back where it was. */
static bool invoke(struct mp_uv_node *node, struct mp_object *object, struct mp_draft *draft) {
    struct mp_event event = {
        .kind = MP_EVENT_INVOKE,
        .now_us = node->now_us,
        .group = object->group,
        .invoke = {.batch = &draft->builder},
    };
    enum mp_status status = mp_uv__step(node, &event, draft->frame);
    if (status == MP_OK) {
        launch(node, object, draft);
        return true;
    }
    if (draft->proposal) mp_uv__proposal_refused(node, object, status);
    mp_uv__answer_outcome(node, draft, status == MP_FULL ? MP_UV_STORAGE_FULL : MP_UV_BUSY);
    return false;
}

/* The first entry of an empty log says what the object is; otherwise an own-ballot entry settles
 * what was inherited. NULL if nobody said what the object is. */
static struct mp_draft *make_barrier(struct mp_uv_node *node, struct mp_object *object,
                                     const struct mp_group_view *view) {
    bool create = view->tip.index == 0;
    if (create && object->description == NULL) return NULL;
    struct mp_draft *draft = mp_uv__draft_take(&node->drafts, &node->frames, object->group,
                                               MP_ENTRY_HEADER_SIZE + MP_UV_OBJECT_SIZE_MAX);
    struct mp_origin nobody = {.slot = MP_SLOT_NONE};
    draft->barrier = true;
    mp_uv__draft_append_one(draft, &node->frames, create ? MP_ENTRY_CREATE : MP_ENTRY_BARRIER,
                            create ? object->description : NULL,
                            create ? object->description_size : 0, nobody);
    return draft;
}

static struct mp_draft *next_draft(struct mp_uv_node *node, struct mp_object *object,
                                   const struct mp_group_view *view) {
    bool wanted = mp_uv__waiting(object) || object->pushes.head != NULL;
    if (object->barrier_due || (view->tip.index == 0 && wanted)) {
        object->barrier_due = false;
        struct mp_draft *barrier = make_barrier(node, object, view);
        if (barrier != NULL) return barrier;
        mp_uv__waiting_fail(node, &object->calls, MP_UV_NOT_OPEN);
        mp_uv__waiting_fail(node, &object->reads, MP_UV_NOT_OPEN);
    }
    if (object->pushes.head != NULL) return mp_uv__draft_pop(&object->pushes);
    /* Whoever pulled is shown first what it adopted. */
    if (mp_uv__proposal_adopts(object)) return NULL;
    return mp_uv__waiting_pop(node, &object->calls);
}

static void push(struct mp_uv_node *node, const struct mp_object *object) {
    struct mp_event event = {
        .kind = MP_EVENT_PUSH, .now_us = node->now_us, .group = object->group};
    enum mp_status status = mp_uv__step(node, &event, NULL);
    MP_ASSERT(status == MP_OK);
}

/* Without a quorum calls wait rather than become unknown: most of them can then still be told that
 * nothing was done. */
static void own(struct mp_uv_node *node, struct mp_object *object, struct mp_group_view *view) {
    bool invoked = false;
    bool quorum = mp_uv__peers_quorum(node);
    if (quorum && mp_uv__naming_attend(node, object, view)) {
        invoked = true;
        object->branch_padded = true;
        mp_replica_group(node->replica, object->group, view);
    }
    while (quorum && view->role == MP_OWNING && view->window_free > 0) {
        struct mp_draft *draft = next_draft(node, object, view);
        if (draft == NULL) break;
        if (invoke(node, object, draft)) invoked = true;
        mp_replica_group(node->replica, object->group, view);
    }
    if (invoked) push(node, object);
    mp_uv__reads_confirm(node, object, view);
}

void mp_uv__attend(struct mp_uv_node *node, struct mp_object *object) {
    mp_uv__transfer_attend(node, object);
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    if (view.role == MP_OWNING) {
        own(node, object, &view);
    } else if (mp_uv__waiting(object) && view.role == MP_FOLLOWING) {
        bool serves = node->server && node->serving == node->id;
        if (serves) {
            mp_uv__pull_consider(node, object, &view);
            mp_uv__reads_ask_tips(node, object);
        } else {
            mp_uv__forward(node, object);
        }
    }
    mp_uv__proposal_attend(node, object);
}
