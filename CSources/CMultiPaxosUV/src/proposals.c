/* Explicit pull and push: one at a time per object, each answered exactly once. */
#include <stdlib.h>

#include "node.h"

enum stage {
    PULLING = 1, /* The core prepares and adopts. */
    ADOPTED,     /* It owns; what is committed is still being applied. */
    PUSHING,     /* Until `target` is committed. */
};

/* A node that comes new to an object does not know its ballots: the first refusal tells it, and
 * says nothing about who else wants the object now. */
enum { ATTEMPTS_MAX = 2 };

struct mp_proposal {
    enum stage stage;
    uint32_t attempts; /* Of a pull. */
    bool again;        /* The pull is to be tried once more. */
    uint64_t token;
    uint64_t deadline_us;
    uint64_t start_commit;
    uint64_t target; /* 0: not known yet. */
    uint32_t sealed; /* Batches of the push that are in the log. */
    bool has_block;
    struct mp_ballot ballot;
    struct mp_point tip;
};

static void report(struct mp_uv_node *node, uint64_t group, uint64_t token,
                   enum mp_uv_proposal what, struct mp_ballot ballot, struct mp_point point) {
    struct mp_uv_proposed proposed = {
        .token = token, .group = group, .what = what, .ballot = ballot, .point = point};
    node->callbacks.on_proposed(node->context, &proposed);
}

static void refuse(struct mp_uv_node *node, const struct mp_request *request,
                   enum mp_uv_proposal what) {
    report(node, request->group, request->token, what, (struct mp_ballot){0},
           (struct mp_point){0});
}

static void drop_pushes(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->pushes)) != NULL) mp_uv__draft_discard(node, draft);
}

static void finish(struct mp_uv_node *node, struct mp_object *object, enum mp_uv_proposal what,
                   struct mp_ballot ballot, struct mp_point point) {
    uint64_t token = object->proposal->token;
    free(object->proposal);
    object->proposal = NULL;
    drop_pushes(node, object);
    mp_uv__object_mark(node, object); /* Waiting calls may go on. */
    report(node, object->group, token, what, ballot, point);
}

static struct mp_proposal *begin(struct mp_uv_node *node, struct mp_object *object,
                                 const struct mp_request *request, enum stage stage) {
    struct mp_proposal *proposal = mp_uv__allocate(sizeof *proposal);
    proposal->stage = stage;
    proposal->token = request->token;
    proposal->deadline_us = node->now_us + request->amount;
    object->proposal = proposal;
    mp_uv__object_mark(node, object);
    return proposal;
}

static void step_pull(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_proposal *proposal = object->proposal;
    proposal->attempts += 1;
    proposal->again = false;
    struct mp_event event = {
        .kind = MP_EVENT_PULL,
        .now_us = node->now_us,
        .group = object->group,
        .pull = {.deadline_us = proposal->deadline_us},
    };
    enum mp_status status = mp_uv__step(node, &event, NULL);
    if (status == MP_OK) return;
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    bool votes = !view.lost && !view.unnamed;
    if (status == MP_STALE && votes) return; /* One is under way: it serves both. */
    enum mp_uv_proposal what = status == MP_BUSY ? MP_UV_PROPOSAL_BUSY : MP_UV_PULL_FAILED;
    finish(node, object, what, view.promised, (struct mp_point){0});
}

void mp_uv__propose_pull(struct mp_uv_node *node, const struct mp_request *request) {
    struct mp_object *object = mp_uv__object_need(node, request->group);
    if (object == NULL || object->proposal != NULL) {
        refuse(node, request, MP_UV_PROPOSAL_BUSY);
        return;
    }
    (void)begin(node, object, request, PULLING);
    if (node->server && !node->admitted) {
        finish(node, object, MP_UV_PULL_FAILED, (struct mp_ballot){0}, (struct mp_point){0});
        return;
    }
    step_pull(node, object);
}

/* Cut the block in batches, which leave as the window allows. */
static void gather(struct mp_uv_node *node, struct mp_object *object, const uint8_t *block,
                   uint32_t size) {
    struct mp_origin nobody = {.slot = MP_SLOT_NONE};
    while (size > 0) {
        uint32_t capacity = size < MP_BATCH_SIZE_MAX / 2 ? size : MP_BATCH_SIZE_MAX / 2;
        struct mp_draft *draft =
            mp_uv__draft_take(&node->drafts, &node->frames, object->group, capacity);
        draft->proposal = true;
        uint32_t taken = 0;
        uint32_t used = mp_uv__draft_append(draft, &node->frames, block, size, MP_BATCH_SIZE_MAX,
                                            nobody, &taken);
        MP_ASSERT(taken > 0);
        mp_uv__draft_push(&object->pushes, draft);
        block += used;
        size -= used;
    }
}

/* Push without new entries: settle what is pending, with a barrier if none of it is ours. */
static void push_again(struct mp_uv_node *node, struct mp_object *object,
                       const struct mp_group_view *view) {
    if (view->tip.index == view->commit.index) {
        finish(node, object, MP_UV_COMMITTED, view->owner, view->commit);
        return;
    }
    if (!mp_ballot_equal(view->tip.ballot, view->owner)) {
        object->barrier_due = true;
        object->proposal->target = view->tip.index + 1;
        return;
    }
    object->proposal->target = view->tip.index;
    struct mp_event event = {
        .kind = MP_EVENT_PUSH, .now_us = node->now_us, .group = object->group};
    enum mp_status status = mp_uv__step(node, &event, NULL);
    MP_ASSERT(status == MP_OK);
}

/* Whether the log ends with what whoever pushes stands on: of its ballot, with all that it pushed
 * before, and with nothing from others that changes the object. */
static bool stands(const struct mp_uv_node *node, const struct mp_object *object,
                   const struct mp_group_view *view, const struct mp_request *request) {
    struct mp_ballot ballot = {.round = request->node, .node = node->id};
    return object->branched && mp_ballot_equal(view->owner, ballot) &&
           object->branch_count == request->from;
}

void mp_uv__propose_push(struct mp_uv_node *node, const struct mp_request *request,
                         const uint8_t *block) {
    struct mp_object *object = mp_uv__object_find(node, request->group);
    struct mp_group_view view;
    mp_replica_group(node->replica, request->group, &view);
    if (view.role != MP_OWNING || object == NULL) {
        refuse(node, request, MP_UV_PUSH_STALE);
        return;
    }
    if (object->proposal != NULL) {
        refuse(node, request, MP_UV_PROPOSAL_BUSY);
        return;
    }
    if (!stands(node, object, &view, request)) {
        refuse(node, request, MP_UV_PUSH_STALE);
        return;
    }
    if (mp_replica_disks_full(node->replica)) {
        refuse(node, request, MP_UV_PROPOSAL_FULL);
        return;
    }
    struct mp_proposal *proposal = begin(node, object, request, PUSHING);
    proposal->start_commit = view.commit.index;
    proposal->ballot = view.owner;
    if (request->count == 0) {
        push_again(node, object, &view);
        return;
    }
    proposal->has_block = true;
    gather(node, object, block, request->size);
}

bool mp_uv__proposal_adopts(const struct mp_object *object) {
    return object->proposal != NULL && object->proposal->stage == ADOPTED;
}

void mp_uv__proposal_sealed(struct mp_object *object, uint64_t last) {
    if (object->proposal == NULL) return;
    object->proposal->sealed += 1;
    if (object->pushes.head == NULL) object->proposal->target = last;
}

void mp_uv__proposal_refused(struct mp_uv_node *node, struct mp_object *object,
                             enum mp_status status) {
    if (object->proposal == NULL) return;
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    enum mp_uv_proposal what = status == MP_FULL ? MP_UV_PROPOSAL_FULL : MP_UV_PROPOSAL_BUSY;
    bool part_sent = object->proposal->sealed > 0;
    finish(node, object, part_sent ? MP_UV_PUSH_UNKNOWN : what, view.owner, view.commit);
}

void mp_uv__proposal_outcome(struct mp_uv_node *node, struct mp_object *object,
                             const struct mp_outcome *outcome) {
    struct mp_proposal *proposal = object->proposal;
    if (proposal == NULL) return;
    bool pulling = proposal->stage == PULLING;
    if (outcome->kind == MP_PULLED && pulling) {
        proposal->stage = ADOPTED;
        proposal->ballot = outcome->ballot;
        proposal->tip = outcome->point;
        object->branched = true;
        object->branch_padded = false;
        object->branch_count = 0;
        mp_uv__object_mark(node, object);
        mp_uv__object_mark_apply(node, object);
        return;
    }
    if (outcome->kind == MP_PULL_NO_QUORUM && pulling) {
        finish(node, object, MP_UV_PULL_FAILED, outcome->ballot, (struct mp_point){0});
        return;
    }
    if (outcome->kind == MP_PULL_PREEMPTED && pulling && proposal->attempts < ATTEMPTS_MAX) {
        proposal->again = true;
        mp_uv__object_mark(node, object);
        return;
    }
    bool preempted = (outcome->kind == MP_PULL_PREEMPTED && pulling) ||
                     (outcome->kind == MP_PREEMPTED && !pulling);
    if (preempted) {
        finish(node, object, MP_UV_PREEMPTED, outcome->ballot, (struct mp_point){0});
    }
}

/* Everything committed is applied: show what is adopted beyond it, and hand the object over. */
static void attend_adopted(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_proposal *proposal = object->proposal;
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    if (object->applied < view.commit.index) return;
    uint64_t index = object->applied;
    while (index < proposal->tip.index) {
        struct mp_frame *frame = mp_uv__log_find(object, index + 1);
        MP_ASSERT(frame != NULL); /* What is not committed is always cached. */
        index = frame->batch.last;
        node->callbacks.on_inherit(node->context, &frame->batch);
    }
    finish(node, object, MP_UV_PULLED, proposal->ballot, proposal->tip);
}

static void attend_push(struct mp_uv_node *node, struct mp_object *object) {
    const struct mp_proposal *proposal = object->proposal;
    if (proposal->target == 0 || object->applied < proposal->target) return;
    /* What was committed after it may be of others. */
    finish(node, object, MP_UV_COMMITTED, proposal->ballot,
           (struct mp_point){.index = proposal->target});
}

static void attend_deadline(struct mp_uv_node *node, struct mp_object *object) {
    const struct mp_proposal *proposal = object->proposal;
    if (proposal->stage != PUSHING) {
        /* The core fails a pull at its deadline by itself; here the log could not be read. */
        bool overdue = node->now_us > proposal->deadline_us + 2 * node->options.timeout_us;
        if (overdue) {
            finish(node, object, MP_UV_PULL_FAILED, proposal->ballot, (struct mp_point){0});
        }
        return;
    }
    if (node->now_us < proposal->deadline_us) return;
    if (proposal->has_block && proposal->sealed == 0) {
        /* No server could be reached, or the window was full: it never got into the log. */
        finish(node, object, MP_UV_PROPOSAL_BUSY, proposal->ballot, (struct mp_point){0});
        return;
    }
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    /* What the driver added has moved the indices that the handle knows. */
    bool partly = view.commit.index > proposal->start_commit && !object->branch_padded;
    finish(node, object, partly ? MP_UV_PARTIAL : MP_UV_PUSH_UNKNOWN, proposal->ballot,
           view.commit);
}

void mp_uv__proposal_attend(struct mp_uv_node *node, struct mp_object *object) {
    if (object->proposal == NULL) return;
    if (object->proposal->again) step_pull(node, object);
    if (object->proposal == NULL) return;
    if (object->proposal->stage == ADOPTED) attend_adopted(node, object);
    if (object->proposal != NULL && object->proposal->stage == PUSHING) attend_push(node, object);
    if (object->proposal != NULL) attend_deadline(node, object);
}

void mp_uv__proposal_stop(struct mp_uv_node *node, struct mp_object *object) {
    if (object->proposal == NULL) return;
    bool pushing = object->proposal->stage == PUSHING;
    finish(node, object, pushing ? MP_UV_PUSH_UNKNOWN : MP_UV_PULL_FAILED,
           object->proposal->ballot, (struct mp_point){0});
}
