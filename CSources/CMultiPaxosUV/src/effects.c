/* Stepping the core, and carrying out its effects in the order its contract gives. */
#include <stdlib.h>

#include "node.h"

static void drop_frames(struct mp_uv_node *node, const struct mp_effects *effects) {
    if (effects->drop_from == 0 && effects->drop_through == 0) return;
    struct mp_object *object = mp_uv__object_find(node, effects->group);
    if (object == NULL) return;
    if (effects->drop_from != 0) {
        mp_uv__log_truncate(node, object, effects->drop_from);
        mp_uv__repair_dropped(node, object, effects->drop_from);
    }
    if (effects->drop_through != 0) mp_uv__log_forget(node, object, effects->drop_through);
}

/* The frame of the event is now in the log: the invoked one itself, a received one as a copy. */
static void append_frame(struct mp_uv_node *node, const struct mp_event *event,
                         const struct mp_effects *effects, struct mp_frame *frame) {
    const struct mp_identity *append = &effects->append;
    if (append->first == 0) return;
    struct mp_object *object = mp_uv__object_need(node, effects->group);
    MP_ASSERT(object != NULL); /* Nothing is received or proposed for a group without one. */
    if (frame == NULL) {
        MP_ASSERT(event->kind == MP_EVENT_RECEIVE && event->receive.batch != NULL);
        frame = mp_uv__frame_copy(&node->frames, event->receive.batch);
        mp_uv__log_keep(node, object, frame);
        mp_uv__frame_release(&node->frames, frame);
        return;
    }
    frame->size = append->size;
    frame->batch = (struct mp_batch){
        .group = effects->group,
        .first = append->first,
        .last = append->last,
        .ballot = append->ballot,
        .previous = append->previous,
        .checksum = append->checksum,
        .voters = append->voters,
        .admissions = append->admissions,
        .count = append->count,
        .size = append->size,
        .bytes = frame->bytes,
    };
    mp_uv__log_keep(node, object, frame);
}

static void stage_writes(struct mp_uv_node *node, const struct mp_effects *effects) {
    if (effects->write_count == 0) return;
    MP_ASSERT(node->server);
    for (uint32_t i = 0; i < effects->write_count; i += 1) {
        const struct mp_write *write = &effects->writes[i];
        struct mp_frame *frame = NULL;
        if (write->batch_first != 0) {
            struct mp_object *object = mp_uv__object_find(node, write->group);
            MP_ASSERT(object != NULL);
            frame = mp_uv__log_find(object, write->batch_first);
            MP_ASSERT(frame != NULL);
        }
        mp_uv__storage_stage(&node->storage, write, frame, node->now_us);
    }
}

/* Whether an answer may wait for its write: clients may not take all the room. */
static bool may_hold(const struct mp_uv_node *node, const struct mp_conn *conn) {
    return node->held_count < (conn->server ? MP_HELD_MAX : MP_HELD_MAX / 2);
}

static void hold(struct mp_uv_node *node, const struct mp_conn *conn, uint64_t after_write,
                 struct mp_out *out) {
    struct mp_held *held = node->free_held;
    if (held != NULL) {
        node->free_held = held->next;
    } else {
        held = mp_uv__allocate(sizeof *held);
    }
    *held = (struct mp_held){
        .after_write = after_write,
        .slot = conn->slot,
        .generation = conn->generation,
        .out = out,
    };
    if (node->held_tail != NULL) {
        node->held_tail->next = held;
    } else {
        node->held_head = held;
    }
    node->held_tail = held;
    node->held_count += 1;
}

/* A frame that the cache no longer has is not sent: the core asks again, and a peer that far
 * behind fetches. */
static bool attach_frame(struct mp_uv_node *node, const struct mp_send *send,
                         struct mp_message *message, struct mp_frame **frame,
                         uint64_t *checksum) {
    *frame = NULL;
    *checksum = 0;
    if (send->batch_first == 0) return true;
    struct mp_object *object = mp_uv__object_find(node, message->group);
    if (object != NULL) *frame = mp_uv__log_find(object, send->batch_first);
    if (*frame == NULL || (*frame)->batch.first != send->batch_first) return false;
    message->payload = (*frame)->bytes;
    message->payload_size = (*frame)->batch.size;
    *checksum = (*frame)->batch.checksum;
    return true;
}

static void send_messages(struct mp_uv_node *node, const struct mp_effects *effects) {
    bool mute = node->server && !node->admitted;
    for (uint32_t i = 0; i < effects->send_count; i += 1) {
        const struct mp_send *send = &effects->sends[i];
        struct mp_conn *conn = mp_uv__conn_to(node, send->to);
        struct mp_message message = send->message;
        struct mp_frame *frame = NULL;
        uint64_t checksum = 0;
        bool lost = conn != NULL && conn->peer != NULL && conn->peer->lost;
        bool waits = send->after_write > node->storage.durable;
        bool sent = !mute && conn != NULL && !lost && (!waits || may_hold(node, conn)) &&
                    attach_frame(node, send, &message, &frame, &checksum);
        if (!sent) {
            node->stats.messages_dropped += 1;
            continue;
        }
        struct mp_out *out = mp_uv__out_new(node, &message, checksum, frame);
        if (waits) {
            hold(node, conn, send->after_write, out);
        } else {
            mp_uv__out_queue(conn, out);
        }
    }
}

void mp_uv__held_release(struct mp_uv_node *node) {
    while (node->held_head != NULL && node->held_head->after_write <= node->storage.durable) {
        struct mp_held *held = node->held_head;
        node->held_head = held->next;
        if (node->held_head == NULL) node->held_tail = NULL;
        node->held_count -= 1;
        struct mp_conn *conn = mp_uv__conn_at(node, held->slot, held->generation);
        if (conn != NULL) {
            mp_uv__out_queue(conn, held->out);
        } else {
            mp_uv__out_drop(node, held->out);
        }
        held->next = node->free_held;
        node->free_held = held;
    }
}

void mp_uv__held_free(struct mp_uv_node *node) {
    while (node->held_head != NULL) {
        struct mp_held *held = node->held_head;
        node->held_head = held->next;
        mp_uv__out_drop(node, held->out);
        free(held);
    }
    node->held_tail = NULL;
    node->held_count = 0;
    while (node->free_held != NULL) {
        struct mp_held *held = node->free_held;
        node->free_held = held->next;
        free(held);
    }
}

static void note_commit(struct mp_uv_node *node, const struct mp_effects *effects) {
    if (effects->commit_from == 0) return;
    struct mp_object *object = mp_uv__object_need(node, effects->group);
    MP_ASSERT(object != NULL);
    if (effects->commit_through > object->commit) object->commit = effects->commit_through;
    mp_uv__object_mark_apply(node, object);
    mp_uv__object_mark(node, object); /* The window has room again. */
}

enum mp_status mp_uv__step(struct mp_uv_node *node, const struct mp_event *event,
                           struct mp_frame *frame) {
    struct mp_effects *effects = &node->effects;
    enum mp_status status = mp_replica_step(node->replica, event, effects);
    if (status != MP_OK) return status;
    drop_frames(node, effects);
    append_frame(node, event, effects, frame);
    stage_writes(node, effects);
    send_messages(node, effects);
    if (effects->serve.to != 0) mp_uv__serve(node, effects->group, &effects->serve);
    note_commit(node, effects);
    for (uint32_t i = 0; i < effects->outcome_count; i += 1) {
        mp_uv__outcome(node, &effects->outcomes[i]);
    }
    node->core_due_us = effects->deadline_us;
    return MP_OK;
}
