/* Applying what is committed, in the order of the log, and answering the calls of the batches that
 * this node made. Frames come from the cache; where it does not reach, from storage or a server. */
#include "node.h"

/* A batch of this node that holds a place of `batch`: was it this one, or was it replaced? */
static bool same(const struct mp_draft *draft, const struct mp_batch *batch) {
    return draft->first == batch->first && draft->checksum == batch->checksum &&
           mp_ballot_equal(draft->ballot, batch->ballot);
}

/* The draft that waits for this batch, or NULL. Those that lost their place are unknown: a retry
 * of the same request may have been committed elsewhere. */
static struct mp_draft *claim(struct mp_uv_node *node, struct mp_object *object,
                              const struct mp_batch *batch) {
    while (object->flights.head != NULL && object->flights.head->first <= batch->last) {
        struct mp_draft *draft = mp_uv__draft_pop(&object->flights);
        if (same(draft, batch)) return draft;
        mp_uv__answer_outcome(node, draft, MP_UV_UNKNOWN);
    }
    return NULL;
}

bool mp_uv__apply_batch(struct mp_uv_node *node, struct mp_object *object,
                        const struct mp_batch *batch) {
    if (batch->first != object->applied + 1 || batch->last > object->commit) return false;
    if (object->restoring) return false;
    struct mp_draft *draft = claim(node, object, batch);
    bool answer = draft != NULL && mp_uv__draft_waited_for(node, draft);
    struct mp_uv_results results = {0};
    node->callbacks.on_apply(node->context, batch, answer, &results);
    object->applied = batch->last;
    node->stats.batches_committed += 1;
    node->stats.entries_committed += batch->count;
    if (answer) {
        mp_uv__answer_all(node, draft, batch->first, 1, &results);
    } else if (draft != NULL) {
        mp_uv__draft_discard(node, draft);
    }
    mp_uv__snapshot_consider(node, object, batch);
    return true;
}

static void read_frames(struct mp_uv_node *node, struct mp_object *object) {
    if (object->reading || object->broken || node->now_us < object->read_retry_us) return;
    if (!node->server) {
        mp_uv__fetch_for_apply(node, object);
        return;
    }
    enum { CHUNK = 1u << 20 };
    struct mp_read_job *job = mp_uv__job_new(node, MP_READ_APPLY, object->group,
                                             object->applied + 1, object->commit, CHUNK);
    if (mp_uv__job_start(job)) object->reading = true;
}

static void apply_object(struct mp_uv_node *node, struct mp_object *object) {
    if (object->restoring) return;
    while (object->applied < object->commit) {
        struct mp_frame *frame = mp_uv__log_find(object, object->applied + 1);
        if (frame == NULL) {
            read_frames(node, object);
            break;
        }
        mp_uv__frame_retain(frame);
        bool applied = mp_uv__apply_batch(node, object, &frame->batch);
        mp_uv__frame_release(&node->frames, frame);
        if (!applied) break;
    }
    mp_uv__log_forget(node, object, 0);
    mp_uv__reads_answer(node, object);
    mp_uv__watches_answer(node, object);
    if (object->proposal != NULL) mp_uv__object_mark(node, object);
}

void mp_uv__apply(struct mp_uv_node *node) {
    struct mp_object *object = node->objects.apply_head;
    node->objects.apply_head = NULL;
    node->objects.apply_tail = NULL;
    while (object != NULL) {
        struct mp_object *next = object->next_apply;
        object->applying = false;
        apply_object(node, object);
        object = next;
    }
}

/* The deadlines of batches in flight do not rise along the list: a preemption shortens some. */
void mp_uv__flights_expire(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_draft_list keep = {0};
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(&object->flights)) != NULL) {
        if (draft->deadline_us > node->now_us) {
            mp_uv__draft_push(&keep, draft);
        } else {
            mp_uv__answer_outcome(node, draft, MP_UV_UNKNOWN);
        }
    }
    object->flights = keep;
}
