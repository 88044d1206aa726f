/* Snapshots of objects that are applied here: made when the log has grown enough, durable before
 * the log is trimmed, and restored at a start or when one of another server arrived. */
#include "failpoint.h"
#include "node.h"
#include "spool.h"

/* Between attempts to restore what there is no room or file for, in election timeouts; and how
 * often a snapshot is looked for that is gone. */
enum { RESTORE_PATIENCE = 10, RESTORE_MISSES_MAX = 8 };

/* On a full disk, a log that grew by less is left alone. */
enum { ROOM_BYTES_MIN = 1 << 20 };

/* Never less than the last snapshot: to write them then costs no more than to write the log. */
static bool is_due(const struct mp_uv_node *node, const struct mp_object *object) {
    uint64_t interval = node->options.snapshot_bytes;
    if (interval == 0 || !node->server || node->disk_full) return false;
    if (object->draft.point.index != 0 || object->transfer != NULL) return false;
    if (interval < object->snapshot.size) interval = object->snapshot.size;
    return object->grown >= interval;
}

bool mp_uv__snapshot_begin(struct mp_uv_node *node, struct mp_object *object) {
    if (!node->callbacks.on_snapshot(node->context, object->group)) return false;
    object->draft = (struct mp_lmdb_snapshot){
        .group = object->group,
        .point = object->last,
        .voters = object->voters,
        .admissions = object->admissions,
    };
    return true;
}

static void begin(struct mp_uv_node *node, struct mp_object *object) {
    object->grown = 0;
    if (!mp_uv__snapshot_begin(node, object)) mp_uv__upload_begin(node, object);
}

void mp_uv__snapshot_consider(struct mp_uv_node *node, struct mp_object *object,
                              const struct mp_batch *batch) {
    object->grown += batch->size;
    object->last = (struct mp_point){
        .index = batch->last, .ballot = batch->ballot, .checksum = batch->checksum};
    if (batch->voters != 0) {
        object->voters = batch->voters;
        object->voters_from = batch->first;
    }
    if (batch->admissions != 0) object->admissions = batch->admissions;
    if (is_due(node, object)) begin(node, object);
}

void mp_uv__snapshot_made(struct mp_uv_node *node, const struct mp_request *request) {
    struct mp_object *object = mp_uv__object_find(node, request->group);
    bool expected = object != NULL && object->draft.point.index != 0 &&
                    object->draft.point.index == request->from;
    struct mp_uv_spool *spool = request->argument;
    if (!expected || spool == NULL) {
        if (expected) object->draft = (struct mp_lmdb_snapshot){0};
        mp_uv_spool_free(spool);
        return;
    }
    if (mp_uv__lies("offer-of-another-object")) mp_uv__spool_spoil(spool, 2, true);
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    object->draft.ballot = view.promised;
    object->draft.digest = request->token;
    object->draft.size = mp_uv_spool_size(spool);
    object->draft.checksum = mp_uv_spool_checksum(spool);
    mp_uv__failpoint("snapshot-encoded");
    if (!node->server) {
        struct mp_lmdb_snapshot made = object->draft;
        object->draft = (struct mp_lmdb_snapshot){0};
        mp_uv__offer_made(node, object, &made, spool);
        return;
    }
    struct mp_snapshot_work work = {
        .group = object->group,
        .snapshot = object->draft,
        .spool = spool,
        .size = object->draft.size,
        .completes = true,
    };
    mp_uv__storage_work(&node->storage, &work);
}

/* The log is kept from the snapshot before on: whoever is not that far behind needs no snapshot.
 * False if the core would not: it has no vote in the group, or has not committed as much. */
static bool trim(struct mp_uv_node *node, struct mp_object *object, struct mp_point point) {
    struct mp_event event = {
        .kind = MP_EVENT_TRIM,
        .now_us = node->now_us,
        .group = object->group,
        .trim = {.point = point},
    };
    enum mp_status status = mp_uv__step(node, &event, NULL);
    if (status != MP_CONFLICT) return status == MP_OK;
    mp_uv__log(node, MP_UV_LOG_ERROR,
               "group %016llx: the snapshot at entry %llu is not of this log; verify the directory",
               (unsigned long long)object->group, (unsigned long long)point.index);
    return false;
}

static void shorten(struct mp_uv_node *node, struct mp_object *object, struct mp_point point) {
    (void)trim(node, object, point);
    mp_uv__storage_sweep(&node->storage, object->group);
}

/* Whatever takes its place is sound. */
static void end_damage(struct mp_uv_node *node, struct mp_object *object) {
    if (!object->snapshot_damaged) return;
    object->snapshot_damaged = false;
    node->stats.damages_repaired += 1;
    mp_uv__log(node, MP_UV_LOG_INFO,
               "group %016llx: the snapshot at entry %llu took the place of the damaged one",
               (unsigned long long)object->group,
               (unsigned long long)object->snapshot.point.index);
}

void mp_uv__snapshot_kept(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_lmdb_snapshot *snapshot) {
    struct mp_point before = object->snapshot.point;
    object->snapshot = *snapshot;
    end_damage(node, object);
    /* What is damaged need not be repaired once a snapshot stands for it, and a full disk needs all
     * the room there can be. */
    bool all = object->damaged || node->disk_full;
    if (all) before = snapshot->point;
    if (before.index == 0 || (!all && before.index == snapshot->point.index)) return;
    shorten(node, object, before);
}

/* The log from the snapshot before on, which is kept otherwise. */
static bool trim_to_snapshot(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    bool done = object->snapshot.point.index <= view.trimmed.index;
    if (done || object->snapshot_damaged) return false;
    if (!trim(node, object, object->snapshot.point)) return false;
    mp_uv__storage_sweep(&node->storage, object->group);
    return true;
}

/* Whether a snapshot would surely take less than the log that it stands for. */
static bool makes_room(const struct mp_object *object) {
    bool busy = object->transfer != NULL || object->restoring;
    return !busy && object->grown > ROOM_BYTES_MIN && object->grown > object->snapshot.size;
}

/* One snapshot at a time, of the log that grew most, and no other before its sweep had a chance. */
void mp_uv__snapshots_make_room(struct mp_uv_node *node) {
    bool due = node->disk_full && node->options.snapshot_bytes != 0 &&
               node->now_us >= node->room_us;
    if (!due) return;
    node->room_us = node->now_us + node->options.timeout_us;
    struct mp_object *largest = NULL;
    bool trimmed = false;
    for (uint32_t i = 0; i < node->objects.bucket_count; i += 1) {
        struct mp_object *object = node->objects.buckets[i];
        for (; object != NULL; object = object->next_in_bucket) {
            if (object->draft.point.index != 0) return;
            trimmed = trim_to_snapshot(node, object) || trimmed;
            if (!makes_room(object)) continue;
            if (largest == NULL || object->grown > largest->grown) largest = object;
        }
    }
    if (trimmed || largest == NULL) return;
    mp_uv__log(node, MP_UV_LOG_INFO,
               "group %016llx: a snapshot is taken to trim its log, as the disk is full",
               (unsigned long long)largest->group);
    begin(node, largest);
}

/* What the log grew by in the meantime may be enough for the next, and nothing more may come. */
static void end_draft(struct mp_uv_node *node, struct mp_object *object,
                      const struct mp_snapshot_work *work) {
    object->draft = (struct mp_lmdb_snapshot){0};
    /* Without space: when the log has grown as much again, or on a full disk never. */
    if (work->status != MP_OK) return;
    mp_uv__snapshot_kept(node, object, &work->snapshot);
    if (is_due(node, object)) begin(node, object);
}

void mp_uv__snapshots_stored(struct mp_uv_node *node) {
    struct mp_snapshot_work *work = NULL;
    while ((work = mp_uv__storage_worked(&node->storage)) != NULL) {
        struct mp_object *object = mp_uv__object_find(node, work->group);
        bool sweep = work->snapshot.point.index == 0;
        if (object != NULL && work->transferred) {
            mp_uv__transfer_stored(node, object, work);
        } else if (object != NULL && !sweep) {
            end_draft(node, object, work);
        }
        mp_uv__work_free(work);
    }
}

static void read_snapshot(struct mp_uv_node *node, struct mp_object *object) {
    const struct mp_lmdb_snapshot *snapshot = &object->snapshot;
    struct mp_read_job *job =
        mp_uv__job_new(node, MP_READ_SNAPSHOT, object->group, 0,
                       mp_lmdb_chunk_count(snapshot->size) - 1, snapshot->size);
    job->snapshot = *snapshot;
    object->restoring = true;
    object->restored = *snapshot;
    object->restore_due = !mp_uv__job_start(job); /* Too many wait: again at the next tick. */
    mp_uv__object_activate(node, object);
}

/* It is made anew of the state, or had from another server. */
static void replace_damaged(struct mp_uv_node *node, struct mp_object *object) {
    bool busy = object->draft.point.index != 0 || object->transfer != NULL || object->restoring ||
                node->disk_full || object->last.index < object->snapshot.point.index;
    if (busy) return;
    if (!mp_uv__snapshot_begin(node, object)) mp_uv__upload_begin(node, object);
}

void mp_uv__snapshot_damaged(struct mp_uv_node *node, struct mp_object *object, uint64_t index) {
    if (index != object->snapshot.point.index || object->snapshot_damaged) return;
    object->snapshot_damaged = true;
    node->stats.damages_found += 1;
    mp_uv__object_activate(node, object);
}

void mp_uv__snapshot_tick(struct mp_uv_node *node, struct mp_object *object) {
    bool due = object->restore_due && node->now_us >= object->read_retry_us;
    if (due) read_snapshot(node, object);
    if (object->snapshot_damaged) replace_damaged(node, object);
}

/* It says more than the log, if the process ended before the log was told: tell it now. False if
 * the log will not have it. */
static bool install(struct mp_uv_node *node, struct mp_object *object,
                    const struct mp_lmdb_snapshot *snapshot) {
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    if (snapshot->point.index <= view.commit.index) return true;
    struct mp_event event = {
        .kind = MP_EVENT_INSTALL,
        .now_us = node->now_us,
        .group = object->group,
        .install = {.point = snapshot->point,
                    .voters = snapshot->voters,
                    .admissions = snapshot->admissions,
                    .ballot = snapshot->ballot},
    };
    enum mp_status status = mp_uv__step(node, &event, NULL);
    if (status != MP_OK) return false;
    if (object->commit < snapshot->point.index) object->commit = snapshot->point.index;
    return true;
}

bool mp_uv__snapshot_use(struct mp_uv_node *node, struct mp_object *object, uint64_t wanted) {
    const struct mp_lmdb_snapshot *snapshot = &object->snapshot;
    if (object->restoring || snapshot->point.index < wanted) return false;
    if (!install(node, object, snapshot)) return false;
    if (object->damaged) (void)trim(node, object, snapshot->point);
    if (object->applied < snapshot->point.index) read_snapshot(node, object);
    return true;
}

void mp_uv__snapshot_stand_in(struct mp_uv_node *node, struct mp_object *object,
                              uint64_t wanted) {
    bool there = !object->snapshot_damaged && mp_uv__snapshot_use(node, object, wanted);
    bool busy = object->draft.point.index != 0 || object->transfer != NULL ||
                object->restoring || node->disk_full;
    if (!there && !busy) begin(node, object);
}

void mp_uv__snapshots_begin(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->objects.bucket_count; i += 1) {
        struct mp_object *object = node->objects.buckets[i];
        for (; object != NULL; object = object->next_in_bucket) {
            if (object->snapshot.point.index == 0) continue;
            if (install(node, object, &object->snapshot)) read_snapshot(node, object);
        }
    }
}

/* The log stands in for a snapshot that cannot be read where it is whole; else a peer's does. */
static void give_up(struct mp_uv_node *node, struct mp_object *object) {
    object->snapshot = (struct mp_lmdb_snapshot){0};
    object->snapshot_damaged = false;
    object->restoring = false;
    object->restore_misses = 0;
    object->restore_told = false;
    mp_uv__object_mark_apply(node, object);
}

static void log_unread(struct mp_uv_node *node, const struct mp_read_job *job) {
    mp_uv__log(node, MP_UV_LOG_ERROR, "the snapshot of group %016llx cannot be read: %s",
               (unsigned long long)job->group,
               job->error.text[0] != '\0' ? job->error.text : mp_status_text(job->status));
}

/* Whether what is lacking is not the snapshot: then it is read again. */
static bool restores_again(struct mp_uv_node *node, struct mp_object *object,
                           const struct mp_read_job *job) {
    if (job->status == MP_TRIMMED) {
        /* A newer one took its place, of which this thread may not have heard yet. */
        bool replaced = object->snapshot.point.index != job->snapshot.point.index;
        object->restore_misses = replaced ? 0 : object->restore_misses + 1;
        object->restore_due = object->restore_misses < RESTORE_MISSES_MAX;
        return object->restore_due;
    }
    /* There is no room to unpack it, or no file, and somebody must help. */
    if (job->spooled == MP_OK || job->spooled == MP_TOO_BIG) return false;
    if (!object->restore_told) {
        mp_uv__log(node, MP_UV_LOG_ERROR, "group %016llx: %s It is tried again and again.",
                   (unsigned long long)object->group, job->error.text);
    }
    object->restore_told = true;
    object->restore_due = true;
    object->read_retry_us = node->now_us + RESTORE_PATIENCE * node->options.timeout_us;
    return true;
}

void mp_uv__snapshot_read(struct mp_uv_node *node, struct mp_read_job *job) {
    struct mp_object *object = mp_uv__object_find(node, job->group);
    MP_ASSERT(object != NULL && object->restoring);
    if (restores_again(node, object, job)) return;
    if (job->status != MP_OK) {
        log_unread(node, job);
        give_up(node, object);
        return;
    }
    object->restore_misses = 0;
    object->restore_told = false;
    if (job->crowded) {
        mp_uv__log(node, MP_UV_LOG_WARNING,
                   "there is no room in %s for a snapshot of %llu bytes; it is decoded in memory",
                   node->spool_directory, (unsigned long long)job->snapshot.size);
    }
    struct mp_uv_spool *spool = job->spool;
    job->spool = NULL;
    node->callbacks.on_restore(node->context, job->group, job->snapshot.point.index,
                               job->snapshot.digest, spool);
}

/* Batches of this node that the snapshot stands for: they are committed, or replaced. */
static void settle_flights(struct mp_uv_node *node, struct mp_object *object) {
    while (object->flights.head != NULL && object->flights.head->first <= object->applied) {
        mp_uv__answer_outcome(node, mp_uv__draft_pop(&object->flights), MP_UV_UNKNOWN);
    }
}

void mp_uv__snapshot_restored(struct mp_uv_node *node, const struct mp_request *request) {
    struct mp_object *object = mp_uv__object_find(node, request->group);
    if (object == NULL || !object->restoring) return;
    object->restoring = false;
    if (request->amount == 0) {
        object->broken = true;
        mp_uv__log(node, MP_UV_LOG_ERROR,
                   "group %016llx: the snapshot at entry %llu cannot be decoded; start a version "
                   "of the program that knows its type",
                   (unsigned long long)object->group, (unsigned long long)request->from);
        return;
    }
    mp_uv__failpoint("snapshot-restored");
    object->applied = request->from;
    object->last = object->restored.point;
    object->voters = object->restored.voters;
    object->admissions = object->restored.admissions;
    object->voters_from = object->applied;
    object->grown = 0;
    settle_flights(node, object);
    mp_uv__log_forget(node, object, 0);
    mp_uv__object_mark_apply(node, object);
    mp_uv__object_mark(node, object);
}

void mp_uv__snapshot_arrived(struct mp_uv_node *node, struct mp_object *object,
                             const struct mp_lmdb_snapshot *snapshot, struct mp_uv_spool *spool) {
    bool installed = install(node, object, snapshot);
    bool wanted =
        installed && object->applied < snapshot->point.index && !object->restoring;
    if (node->server) {
        object->snapshot = *snapshot;
        end_damage(node, object);
        if (installed && object->damaged) (void)trim(node, object, snapshot->point);
        mp_uv__storage_sweep(&node->storage, object->group);
    }
    /* An owner that has not committed as much yet will not have it: not at once again. */
    object->read_retry_us = installed ? 0 : node->now_us + node->options.timeout_us;
    mp_uv__object_mark_apply(node, object);
    if (!wanted) {
        mp_uv_spool_free(spool);
        return;
    }
    object->broken = false;
    if (node->server) {
        read_snapshot(node, object);
        return;
    }
    object->restoring = true;
    object->restored = *snapshot;
    node->callbacks.on_restore(node->context, object->group, snapshot->point.index,
                               snapshot->digest, spool);
}
