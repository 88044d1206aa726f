/* Getting the snapshot of a group from another server, a few chunks at a time.
 *
 * One question is under way, and the next one is asked when the chunks of the last are durable, or
 * in the spool of a client: beside what a spool keeps in memory, a transfer takes MP_CHUNKS_ASKED
 * chunks of it. A server that serves calls is asked last. After a lost connection another server
 * is asked for the same snapshot, and goes on where the first one stopped; if it has another, from
 * its start. */
#include <stdlib.h>
#include <string.h>

#include "transfer.h"

/* Between attempts to get what there is no room for, in election timeouts, and how often that is
 * doubled. */
enum { FULL_PATIENCE = 10, FULL_SHIFT_MAX = 4 };

/* While clients write, after the chunks of a question have come and are durable a server rests so
 * many times as long as that took: it has to leave the disk to them. */
enum { RESTS = 3 };

void mp_uv__transfer_restart(struct mp_transfer *transfer) {
    free(transfer->bytes);
    transfer->bytes = NULL;
    mp_uv_spool_free(transfer->spool);
    transfer->spool = NULL;
    if (transfer->snapshot.point.index != 0) transfer->hurries = true;
    transfer->snapshot = (struct mp_lmdb_snapshot){0};
    transfer->next = 0;
    transfer->end = 0;
    transfer->arrived = 0;
    transfer->hash = 0;
    transfer->hash_arrived = 0;
    transfer->source = 0;
    transfer->misses = 0;
}

void mp_uv__transfer_give_up(struct mp_uv_node *node, struct mp_transfer *transfer) {
    bool stored = node->server && transfer->next > 0;
    if (stored) mp_uv__storage_clear(&node->storage, transfer->snapshot.group);
    mp_uv__transfer_restart(transfer);
}

void mp_uv__transfer_fail(struct mp_uv_node *node, struct mp_transfer *transfer) {
    transfer->failures += 1;
    transfer->arrived = 0;
    transfer->hash_arrived = transfer->hash;
    transfer->retry_us = node->now_us + node->options.timeout_us / 4;
    if (transfer->upload) mp_uv__upload_missed(node, transfer);
}

struct mp_conn *mp_uv__transfer_choose(struct mp_uv_node *node,
                                       const struct mp_transfer *transfer) {
    struct mp_conn *found[MP_VOTERS_MAX];
    uint32_t count = 0;
    for (uint32_t pass = 0; pass < 2; pass += 1) {
        for (uint32_t i = 0; i < node->peer_count; i += 1) {
            bool serves = node->peers[i].node == node->serving;
            struct mp_conn *conn = mp_uv__conn_to(node, node->peers[i].node);
            if (conn == NULL || serves != (pass == 1)) continue;
            found[count] = conn;
            count += 1;
        }
    }
    return count == 0 ? NULL : found[transfer->failures % count];
}

static void ask(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_transfer *transfer = object->transfer;
    struct mp_conn *conn = transfer->upload ? mp_uv__upload_choose(node, object)
                                            : mp_uv__transfer_choose(node, transfer);
    uint64_t sequence = 0;
    struct mp_asked *asked = conn == NULL ? NULL : mp_uv__asked_new(node, conn, &sequence);
    if (asked == NULL) {
        mp_uv__transfer_fail(node, transfer);
        return;
    }
    asked->snapshot = true;
    asked->group = object->group;
    asked->deadline_us = node->now_us + 5 * node->options.timeout_us;
    struct mp_message message = {
        .kind = MP_DRIVER_SNAPSHOT,
        .group = object->group,
        .point = {.index = transfer->wanted},
        .commit = transfer->snapshot.point.index,
        .sequence = sequence,
        .value = transfer->next,
    };
    if (transfer->snapshot.point.index != 0) {
        uint64_t count = mp_lmdb_chunk_count(transfer->snapshot.size);
        transfer->end = transfer->next + MP_CHUNKS_ASKED;
        if (transfer->end > count) transfer->end = count;
    }
    transfer->asking = true;
    transfer->asked_us = node->now_us;
    if (!mp_uv__conn_send(conn, &message, 0, NULL)) mp_uv__asked_over(node, asked, MP_BUSY, 0, 0);
}

void mp_uv__transfer_begin(struct mp_uv_node *node, struct mp_object *object, uint64_t wanted) {
    if (object->transfer != NULL) {
        if (object->transfer->wanted < wanted) object->transfer->wanted = wanted;
        if (object->applied < wanted) object->transfer->upload = false;
        return;
    }
    if (object->draft.point.index != 0 || object->restoring || node->disk_full) return;
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    if (view.lost && !view.damaged) return; /* It takes no part here any more. */
    object->transfer = mp_uv__allocate(sizeof *object->transfer);
    object->transfer->wanted = wanted;
    mp_uv__object_mark(node, object);
}

void mp_uv__transfer_free(struct mp_object *object) {
    if (object->transfer == NULL) return;
    mp_uv_spool_free(object->transfer->spool);
    free(object->transfer->bytes);
    free(object->transfer);
    object->transfer = NULL;
}

void mp_uv__transfer_attend(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_transfer *transfer = object->transfer;
    if (transfer == NULL || transfer->asking || transfer->storing) return;
    if (transfer->upload) {
        bool due = node->now_us >= transfer->retry_us;
        /* Its type may be known here by now. */
        if (due && transfer->source == 0 && mp_uv__snapshot_begin(node, object)) {
            mp_uv__transfer_free(object);
        } else if (due) {
            ask(node, object);
        }
        return;
    }
    bool came = object->applied >= transfer->wanted; /* The entries, after all. */
    if (came || mp_uv__snapshot_use(node, object, transfer->wanted)) {
        mp_uv__transfer_give_up(node, transfer);
        mp_uv__transfer_free(object);
        return;
    }
    /* What only the reserve has room for is not begun. */
    bool full = node->server && node->disk_full && transfer->snapshot.point.index == 0;
    if (!full && node->now_us >= transfer->retry_us) ask(node, object);
}

void mp_uv__transfer_unanswered(struct mp_uv_node *node, struct mp_object *object) {
    if (object->transfer == NULL) return;
    object->transfer->asking = false;
    mp_uv__transfer_fail(node, object->transfer);
}

/* The transfer whose question a message answers, NULL if there is none. */
static struct mp_transfer *answered(struct mp_conn *conn, const struct mp_message *message,
                                    struct mp_asked **asked, struct mp_object **object) {
    struct mp_uv_node *node = conn->owner;
    *asked = mp_uv__asked_find(node, conn, message->sequence);
    if (*asked == NULL || !(*asked)->snapshot || (*asked)->group != message->group) return NULL;
    *object = mp_uv__object_find(node, message->group);
    return *object == NULL ? NULL : (*object)->transfer;
}

static void close_question(struct mp_uv_node *node, struct mp_transfer *transfer,
                           struct mp_asked *asked) {
    transfer->asking = false;
    asked->used = false;
    node->asked_count -= 1;
}

static bool same(const struct mp_lmdb_snapshot *a, const struct mp_lmdb_snapshot *b) {
    return a->point.index == b->point.index && a->point.checksum == b->point.checksum &&
           a->size == b->size && a->checksum == b->checksum && a->digest == b->digest;
}

static bool read_manifest(const struct mp_message *message, struct mp_lmdb_snapshot *snapshot) {
    if (message->payload_size != MP_MANIFEST_SIZE) return false;
    *snapshot = (struct mp_lmdb_snapshot){
        .group = message->group,
        .point = message->point,
        .ballot = message->ballot,
        .voters = message->value,
        .admissions = message->admissions,
        .digest = mp_uv__get64(message->payload),
        .size = message->commit,
        .checksum = mp_uv__get64(message->payload + 8),
    };
    return snapshot->size > 0 && snapshot->size < MP_UV_SNAPSHOT_SIZE_MAX &&
           snapshot->point.index <= MP_INDEX_MAX &&
           mp_ballot_compare(snapshot->ballot, snapshot->point.ballot) >= 0;
}

void mp_uv__manifest_receive(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_asked *asked = NULL;
    struct mp_object *object = NULL;
    struct mp_transfer *transfer = answered(conn, message, &asked, &object);
    if (transfer == NULL) return;
    struct mp_lmdb_snapshot snapshot;
    bool has = message->outcome == MP_OUTCOME_OK;
    if (has && !read_manifest(message, &snapshot)) {
        mp_uv__conn_fail(conn, "it described a snapshot that cannot be");
        return;
    }
    close_question(node, transfer, asked);
    /* None is of use from before the voters changed: a later one has to be made. */
    bool older = transfer->upload && transfer->wanted < object->voters_from;
    if (older) transfer->wanted = object->voters_from;
    has = has && snapshot.point.index >= transfer->wanted;
    has = has && (!transfer->upload || mp_uv__upload_admits(node, object, &snapshot));
    if (!has) {
        mp_uv__transfer_fail(node, transfer);
        return;
    }
    if (!same(&snapshot, &transfer->snapshot)) mp_uv__transfer_give_up(node, transfer);
    transfer->snapshot = snapshot;
    transfer->source = conn->node;
    ask(node, object);
}

static void log_arrival(struct mp_uv_node *node, const struct mp_object *object,
                        const struct mp_lmdb_snapshot *snapshot) {
    mp_uv__log(node, MP_UV_LOG_INFO,
               "group %016llx: got the snapshot at entry %llu, %llu bytes; its log was at %llu",
               (unsigned long long)object->group, (unsigned long long)snapshot->point.index,
               (unsigned long long)snapshot->size, (unsigned long long)object->applied);
}

/* The storage thread takes the chunks, and with the last of them makes the snapshot. */
static void store(struct mp_uv_node *node, struct mp_object *object, uint64_t size, bool last) {
    struct mp_transfer *transfer = object->transfer;
    struct mp_snapshot_work work = {
        .group = object->group,
        .snapshot = transfer->snapshot,
        .bytes = transfer->bytes,
        .size = size,
        .first = transfer->next,
        .completes = last,
        .transferred = true,
        .uploaded = transfer->upload,
    };
    transfer->bytes = NULL;
    transfer->storing = true;
    mp_uv__storage_work(&node->storage, &work);
}

/* A thread of the pool takes the chunks: it may have to wait for the disk. */
static void spool(struct mp_uv_node *node, struct mp_object *object, uint64_t size, bool last) {
    struct mp_transfer *transfer = object->transfer;
    struct mp_read_job *job = mp_uv__job_new(node, MP_READ_SPOOL, object->group, 0, 0, size);
    job->snapshot = transfer->snapshot;
    job->spool = transfer->spool != NULL ? transfer->spool : mp_uv_node_spool_new(node);
    job->chunks = transfer->bytes;
    job->completes = last;
    transfer->spool = NULL;
    transfer->bytes = NULL;
    transfer->storing = mp_uv__job_start(job);
    if (transfer->storing) return;
    mp_uv__transfer_restart(transfer); /* Too many wait. */
    mp_uv__transfer_fail(node, transfer);
}

/* Every chunk of the question came. */
static void take_chunks(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_transfer *transfer = object->transfer;
    const struct mp_lmdb_snapshot *snapshot = &transfer->snapshot;
    bool last = transfer->end == mp_lmdb_chunk_count(snapshot->size);
    if (last && transfer->hash_arrived != snapshot->checksum) {
        mp_uv__log(node, MP_UV_LOG_ERROR,
                   "group %016llx: the chunks of a snapshot are not what it was said to be",
                   (unsigned long long)object->group);
        mp_uv__transfer_give_up(node, transfer);
        mp_uv__transfer_fail(node, transfer);
        return;
    }
    if (transfer->upload && !mp_uv__upload_names(node, object)) {
        mp_uv__upload_refused(node, object);
        mp_uv__transfer_give_up(node, transfer);
        mp_uv__transfer_fail(node, transfer);
        return;
    }
    uint64_t from = transfer->next * MP_LMDB_CHUNK_SIZE;
    uint64_t to = last ? snapshot->size : transfer->end * MP_LMDB_CHUNK_SIZE;
    if (node->server) {
        store(node, object, to - from, last);
    } else {
        spool(node, object, to - from, last);
    }
}

void mp_uv__chunk_receive(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_asked *asked = NULL;
    struct mp_object *object = NULL;
    struct mp_transfer *transfer = answered(conn, message, &asked, &object);
    if (transfer == NULL || transfer->snapshot.point.index == 0) return;
    if (message->outcome != MP_OUTCOME_OK) {
        close_question(node, transfer, asked);
        mp_uv__transfer_give_up(node, transfer);
        mp_uv__transfer_fail(node, transfer);
        return;
    }
    uint64_t number = transfer->next + transfer->arrived;
    uint32_t size = mp_lmdb_chunk_size(transfer->snapshot.size, number);
    if (message->value != number || message->payload_size != size) {
        mp_uv__conn_fail(conn, "it sent another chunk of a snapshot than it was asked for");
        return;
    }
    if (transfer->bytes == NULL) {
        transfer->bytes = mp_uv__allocate((size_t)MP_CHUNKS_ASKED * MP_LMDB_CHUNK_SIZE);
    }
    uint64_t place = transfer->arrived * MP_LMDB_CHUNK_SIZE;
    memcpy(transfer->bytes + place, message->payload, size);
    transfer->hash_arrived = mp_lmdb_chunk_hash(transfer->hash_arrived, message->payload, size);
    transfer->arrived += 1;
    transfer->misses = 0;
    if (number + 1 < transfer->end) return;
    close_question(node, transfer, asked);
    take_chunks(node, object);
}

/* Whether clients have written nothing for a while, as far as was told here. */
static bool is_quiet(const struct mp_uv_node *node, const struct mp_object *object) {
    struct mp_transfer *transfer = object->transfer;
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    if (view.heard != transfer->heard) {
        transfer->heard = view.heard;
        transfer->grown_us = node->now_us;
    }
    return node->now_us - transfer->grown_us > node->options.timeout_us / 2;
}

/* What came is kept: the next question. Whoever uploads has it in memory until the last. */
static void ask_on(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_transfer *transfer = object->transfer;
    transfer->next = transfer->end;
    transfer->hash = transfer->hash_arrived;
    transfer->arrived = 0;
    bool hurries = transfer->hurries || transfer->upload;
    if (!node->server || hurries || is_quiet(node, object)) {
        ask(node, object);
        return;
    }
    transfer->retry_us = node->now_us + RESTS * (node->now_us - transfer->asked_us);
}

/* There is no room for the snapshot: somebody must make some. */
static void wait_for_room(struct mp_uv_node *node, struct mp_object *object, const char *text) {
    struct mp_transfer *transfer = object->transfer;
    if (!transfer->told) {
        mp_uv__log(node, MP_UV_LOG_ERROR, "group %016llx: %s It is tried again and again.",
                   (unsigned long long)object->group, text);
    }
    transfer->told = true;
    mp_uv__transfer_restart(transfer);
    mp_uv__transfer_fail(node, transfer);
    uint64_t patience = (uint64_t)FULL_PATIENCE << transfer->fulls;
    transfer->retry_us = node->now_us + patience * node->options.timeout_us;
    if (transfer->fulls < FULL_SHIFT_MAX) transfer->fulls += 1;
}

void mp_uv__transfer_stored(struct mp_uv_node *node, struct mp_object *object,
                            const struct mp_snapshot_work *work) {
    struct mp_transfer *transfer = object->transfer;
    if (transfer == NULL || !transfer->storing) return;
    transfer->storing = false;
    if (work->status == MP_STALE) mp_uv__upload_refused(node, object);
    if (work->status == MP_FULL) {
        wait_for_room(node, object,
                      work->uploaded ? "there is no room for the snapshot of an application."
                                     : "there is no room for the snapshot of another server.");
        return;
    }
    if (work->status != MP_OK) {
        mp_uv__transfer_restart(transfer);
        mp_uv__transfer_fail(node, transfer);
        return;
    }
    if (work->completes) {
        mp_uv__transfer_free(object);
        log_arrival(node, object, &work->snapshot);
        if (work->uploaded) {
            mp_uv__snapshot_kept(node, object, &work->snapshot);
        } else {
            mp_uv__snapshot_arrived(node, object, &work->snapshot, NULL);
        }
        return;
    }
    ask_on(node, object);
}

void mp_uv__transfer_spooled(struct mp_uv_node *node, struct mp_read_job *job) {
    struct mp_object *object = mp_uv__object_find(node, job->group);
    MP_ASSERT(object != NULL && object->transfer != NULL && object->transfer->storing);
    struct mp_transfer *transfer = object->transfer;
    transfer->storing = false;
    if (job->status != MP_OK) {
        wait_for_room(node, object, job->error.text);
        return;
    }
    transfer->spool = job->spool;
    job->spool = NULL;
    if (!job->completes) {
        ask_on(node, object);
        return;
    }
    struct mp_uv_spool *spool = transfer->spool;
    struct mp_lmdb_snapshot snapshot = transfer->snapshot;
    transfer->spool = NULL;
    mp_uv__transfer_free(object);
    log_arrival(node, object, &snapshot);
    mp_uv__snapshot_arrived(node, object, &snapshot, spool);
}
