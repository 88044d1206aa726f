/* Asking peers for a damaged batch, and answering those that ask.
 *
 * A batch is asked for by its last index and its checksum: whoever has it can give it, whatever
 * else it has lost, and nobody can give another. So servers whose logs are damaged in different
 * places repair each other. */
#include "node.h"

enum { SLOT_BITS = 8, ROUNDS_SHIFT_MAX = 5, ROUNDS_PATIENT = 3 };

_Static_assert(MP_DAMAGES_MAX == 1u << SLOT_BITS, "the sequence has room for any damage");

static uint64_t sequence_of(const struct mp_uv_node *node, const struct mp_damage *damage) {
    return (uint64_t)damage->generation << SLOT_BITS | (uint64_t)(damage - node->damages);
}

/* The same as the damaged one, bit for bit, as far as checksums can say. */
static bool is_wanted(const struct mp_batch *batch, const struct mp_lmdb_damage *what) {
    bool named = batch->group == what->group && batch->last == what->last &&
                 batch->checksum == what->checksum;
    bool first = what->first == 0 || batch->first == what->first;
    bool unknown = what->ballot.round == 0;
    return named && first && (unknown || mp_ballot_equal(batch->ballot, what->ballot));
}

void mp_uv__mend(struct mp_uv_node *node, struct mp_damage *damage, struct mp_frame *frame) {
    MP_ASSERT(damage->used && !damage->storing);
    struct mp_mending *mending = mp_uv__allocate(sizeof *mending);
    mending->damage = (uint32_t)(damage - node->damages);
    mending->group = damage->what.group;
    if (frame != NULL) mending->frame = mp_uv__frame_retain(frame);
    damage->storing = true;
    damage->asked = false;
    mp_uv__storage_mend(&node->storage, mending);
}

/* A committed batch may still be in memory. */
static bool take_cached(struct mp_uv_node *node, struct mp_damage *damage) {
    struct mp_object *object = mp_uv__object_find(node, damage->what.group);
    struct mp_frame *frame = object == NULL ? NULL : mp_uv__log_find(object, damage->what.last);
    if (frame == NULL || !is_wanted(&frame->batch, &damage->what)) return false;
    mp_uv__mend(node, damage, frame);
    return true;
}

/* Where the others have trimmed it, a snapshot of theirs stands for it, or of what was made of it
 * here. For the vote that is missed a part of the log is given up, so not as long as a peer may
 * have it that is only slow to answer. */
static void get_snapshot(struct mp_uv_node *node, const struct mp_damage *damage) {
    struct mp_object *object = mp_uv__object_find(node, damage->what.group);
    uint64_t last = damage->what.last;
    if (object == NULL || last == 0) return;
    bool gone = damage->gone >= node->peer_count || damage->rounds > ROUNDS_PATIENT;
    if (object->applied < last) {
        mp_uv__transfer_begin(node, object, last);
    } else if (gone) {
        mp_uv__snapshot_stand_in(node, object, last);
    }
}

/* Nobody had it. They may have it later, or somebody may come who has. */
static void rest(struct mp_uv_node *node, struct mp_damage *damage) {
    uint32_t shift = damage->rounds < ROUNDS_SHIFT_MAX ? damage->rounds : ROUNDS_SHIFT_MAX;
    damage->rounds += 1;
    get_snapshot(node, damage);
    damage->gone = 0;
    uint64_t base = node->options.timeout_us / 2 << shift;
    damage->due_us = node->now_us + base / 2 + mp_uv__random(node) % (base + 1);
    if (damage->told || damage->rounds < 3) return;
    damage->told = true;
    mp_uv__log(node, MP_UV_LOG_ERROR,
               "group %016llx: no server that answers has the batch that ends at index %llu, "
               "checksum %016llx. The group stands still here until one does; start the others, or "
               "stop this one and run: adod repair --data DIR --from COPY",
               (unsigned long long)damage->what.group, (unsigned long long)damage->what.last,
               (unsigned long long)damage->what.checksum);
}

static void next_peer(struct mp_uv_node *node, struct mp_damage *damage) {
    damage->asked = false;
    damage->due_us = 0;
    damage->peer += 1;
    node->repair_wanted = true;
    if (damage->peer < node->peer_count) return;
    damage->peer = 0;
    rest(node, damage);
}

void mp_uv__want(struct mp_uv_node *node, struct mp_damage *damage) {
    MP_ASSERT(damage->used && damage->what.last > 0);
    if (take_cached(node, damage)) return;
    if (damage->asked || node->peer_count == 0) {
        next_peer(node, damage); /* It did not answer in time; or there is none. */
        return;
    }
    struct mp_conn *conn = mp_uv__conn_to(node, node->peers[damage->peer].node);
    const struct mp_lmdb_damage *what = &damage->what;
    struct mp_message message = {
        .kind = MP_DRIVER_WANT,
        .group = what->group,
        .point = {.index = what->last, .ballot = what->ballot, .checksum = what->checksum},
        .sequence = sequence_of(node, damage),
    };
    if (conn == NULL || !mp_uv__conn_send(conn, &message, 0, NULL)) {
        next_peer(node, damage);
        return;
    }
    damage->asked = true;
    damage->due_us = node->now_us + 5 * node->options.timeout_us;
}

static void give(struct mp_conn *conn, uint64_t group, uint64_t sequence, struct mp_frame *frame) {
    struct mp_message message = {.kind = MP_DRIVER_GIVE, .group = group, .sequence = sequence};
    if (frame == NULL) {
        message.outcome = MP_OUTCOME_GONE;
        mp_uv__conn_send(conn, &message, 0, NULL);
        return;
    }
    message.payload = frame->bytes;
    message.payload_size = frame->batch.size;
    mp_uv__conn_send(conn, &message, 0, frame);
}

void mp_uv__want_receive(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    if (!node->server || message->point.index == 0) return;
    struct mp_lmdb_damage wanted = {
        .group = message->group,
        .last = message->point.index,
        .checksum = message->point.checksum,
        .ballot = message->point.ballot,
    };
    struct mp_object *object = mp_uv__object_find(node, message->group);
    struct mp_frame *frame = object == NULL ? NULL : mp_uv__log_find(object, wanted.last);
    if (frame != NULL && is_wanted(&frame->batch, &wanted)) {
        give(conn, message->group, message->sequence, frame);
        return;
    }
    struct mp_read_job *job = mp_uv__job_new(node, MP_READ_GIVE, message->group, wanted.last,
                                             wanted.last, MP_BATCH_SIZE_MAX);
    job->wanted = wanted;
    job->token = message->sequence;
    job->slot = conn->slot;
    job->generation = conn->generation;
    (void)mp_uv__job_start(job); /* Not done if too many wait: the peer asks again. */
}

void mp_uv__give_read(struct mp_uv_node *node, const struct mp_read_job *job) {
    struct mp_conn *conn = mp_uv__conn_at(node, job->slot, job->generation);
    if (conn != NULL) give(conn, job->group, job->token, job->frames);
}

void mp_uv__give_receive(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_damage *damage = &node->damages[message->sequence & (MP_DAMAGES_MAX - 1)];
    bool expected = node->server && damage->used && damage->asked && conn->peer != NULL &&
                    sequence_of(node, damage) == message->sequence &&
                    node->peers[damage->peer].node == conn->node;
    if (!expected) return;
    struct mp_batch batch;
    bool given = message->outcome == MP_OUTCOME_OK && message->payload_size > 0 &&
                 mp_batch_decode(message->payload, message->payload_size, &batch) == MP_OK &&
                 is_wanted(&batch, &damage->what);
    if (!given) {
        damage->gone += message->outcome == MP_OUTCOME_GONE;
        next_peer(node, damage);
        return;
    }
    struct mp_frame *frame = mp_uv__frame_copy(&node->frames, &batch);
    mp_uv__mend(node, damage, frame);
    mp_uv__frame_release(&node->frames, frame);
}
