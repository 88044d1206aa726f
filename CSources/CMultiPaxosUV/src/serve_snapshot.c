/* Giving snapshots to peers and clients: the chunks are read on the pool's threads, and only as
 * many as one question asks for are in memory. */
#include "node.h"

void mp_uv__snapshot_refuse(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_message reply = {
        .kind = message->commit == 0 ? MP_DRIVER_MANIFEST : MP_DRIVER_CHUNK,
        .outcome = MP_OUTCOME_GONE,
        .group = message->group,
        .sequence = message->sequence,
    };
    mp_uv__conn_send(conn, &reply, 0, NULL);
}

void mp_uv__manifest_send(struct mp_conn *conn, const struct mp_message *message,
                          const struct mp_lmdb_snapshot *snapshot) {
    struct mp_group_view view;
    mp_replica_group(conn->owner->replica, message->group, &view);
    uint8_t payload[MP_MANIFEST_SIZE];
    mp_uv__put64(payload, snapshot->digest);
    mp_uv__put64(payload + 8, snapshot->checksum);
    bool later = mp_ballot_compare(view.promised, snapshot->ballot) > 0;
    struct mp_message reply = {
        .kind = MP_DRIVER_MANIFEST,
        .group = message->group,
        .ballot = later ? view.promised : snapshot->ballot,
        .point = snapshot->point,
        .commit = snapshot->size,
        .sequence = message->sequence,
        .value = snapshot->voters,
        .admissions = snapshot->admissions,
        .payload = payload,
        .payload_size = sizeof payload,
    };
    mp_uv__conn_send_copy(conn, &reply);
}

static void read_chunks(struct mp_conn *conn, const struct mp_message *message,
                        const struct mp_lmdb_snapshot *snapshot) {
    uint64_t last = message->value + MP_CHUNKS_ASKED - 1;
    uint64_t count = mp_lmdb_chunk_count(snapshot->size);
    if (last >= count) last = count - 1;
    struct mp_read_job *job = mp_uv__job_new(conn->owner, MP_READ_CHUNKS, message->group,
                                             message->value, last, snapshot->size);
    job->snapshot = *snapshot;
    job->slot = conn->slot;
    job->generation = conn->generation;
    job->frame_message = *message;
    (void)mp_uv__job_start(job); /* Not done if too many wait: the peer asks again. */
}

void mp_uv__chunk_send(struct mp_conn *conn, const struct mp_message *message, uint64_t number,
                       struct mp_frame *frame) {
    struct mp_message chunk = {
        .kind = MP_DRIVER_CHUNK,
        .group = message->group,
        .commit = message->commit,
        .sequence = message->sequence,
        .value = number,
        .payload = frame->bytes,
        .payload_size = frame->size,
    };
    mp_uv__conn_send(conn, &chunk, 0, frame);
}

void mp_uv__snapshot_asked(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_object *object = mp_uv__object_find(node, message->group);
    if (object == NULL) {
        mp_uv__snapshot_refuse(conn, message);
        return;
    }
    if (!node->server) {
        mp_uv__offer_asked(conn, object, message);
        return;
    }
    const struct mp_lmdb_snapshot *snapshot = &object->snapshot;
    uint64_t index = snapshot->point.index;
    if (index != 0 && message->commit == 0 && index >= message->point.index) {
        mp_uv__manifest_send(conn, message, snapshot);
    } else if (index != 0 && index == message->commit &&
               message->value < mp_lmdb_chunk_count(snapshot->size)) {
        read_chunks(conn, message, snapshot);
    } else {
        mp_uv__snapshot_refuse(conn, message);
    }
}

void mp_uv__chunks_read(struct mp_uv_node *node, const struct mp_read_job *job) {
    struct mp_conn *conn = mp_uv__conn_at(node, job->slot, job->generation);
    if (job->status == MP_CORRUPT) {
        mp_uv__log(node, MP_UV_LOG_ERROR, "%s", job->error.text);
    }
    if (conn == NULL) return;
    if (job->status != MP_OK) {
        mp_uv__snapshot_refuse(conn, &job->frame_message);
        return;
    }
    uint64_t number = job->from;
    for (struct mp_frame *frame = job->frames; frame != NULL; frame = frame->next) {
        mp_uv__chunk_send(conn, &job->frame_message, number, frame);
        number += 1;
    }
}
