/* The storage thread's work on snapshots: chunks, the record that makes them a snapshot, and the
 * sweeping of what it stands for. */
#include <stdlib.h>

#include "assert.h"
#include "bytes.h"
#include "failpoint.h"
#include "spool.h"
#include "storage.h"

enum { STEP_BYTES = 4 * MP_LMDB_CHUNK_SIZE };

static void append(struct mp_work_list *list, struct mp_snapshot_work *work) {
    work->next = NULL;
    if (list->tail != NULL) {
        list->tail->next = work;
    } else {
        list->head = work;
    }
    list->tail = work;
}

static void put_first(struct mp_work_list *list, struct mp_snapshot_work *work) {
    work->next = list->head;
    list->head = work;
    if (list->tail == NULL) list->tail = work;
}

static struct mp_snapshot_work *pop(struct mp_work_list *list) {
    struct mp_snapshot_work *first = list->head;
    if (first == NULL) return NULL;
    list->head = first->next;
    if (list->head == NULL) list->tail = NULL;
    first->next = NULL;
    return first;
}

void mp_uv__work_move(struct mp_work_list *to, struct mp_work_list *from) {
    if (from->head == NULL) return;
    if (to->tail != NULL) {
        to->tail->next = from->head;
    } else {
        to->head = from->head;
    }
    to->tail = from->tail;
    *from = (struct mp_work_list){0};
}

void mp_uv__work_free(struct mp_snapshot_work *work) {
    if (work == NULL) return;
    mp_uv_spool_free(work->spool);
    free(work->bytes);
    free(work);
}

void mp_uv__work_list_free(struct mp_work_list *list) {
    struct mp_snapshot_work *work = NULL;
    while ((work = pop(list)) != NULL) mp_uv__work_free(work);
}

void mp_uv__storage_work(struct mp_storage *storage, const struct mp_snapshot_work *work) {
    struct mp_snapshot_work *made = mp_uv__allocate(sizeof *made);
    *made = *work;
    append(&storage->staged_work, made);
}

void mp_uv__storage_sweep(struct mp_storage *storage, uint64_t group) {
    mp_uv__storage_work(storage, &(struct mp_snapshot_work){.group = group});
}

void mp_uv__storage_clear(struct mp_storage *storage, uint64_t group) {
    struct mp_snapshot_work work = {.group = group, .completes = true, .clearing = true};
    mp_uv__storage_work(storage, &work);
}

struct mp_snapshot_work *mp_uv__storage_worked(struct mp_storage *storage) {
    uv_mutex_lock(&storage->lock);
    struct mp_snapshot_work *work = pop(&storage->done_work);
    uv_mutex_unlock(&storage->lock);
    return work;
}

static bool sweeps(const struct mp_snapshot_work *work) {
    return work->bytes == NULL && !work->completes;
}

static void put_chunks(struct mp_storage *storage, struct mp_snapshot_work *work,
                       struct mp_lmdb_error *error) {
    const uint8_t *bytes = work->spool != NULL ? mp_uv_spool_bytes(work->spool) : work->bytes;
    uint64_t rest = work->size - work->stored;
    uint32_t size = rest < STEP_BYTES ? (uint32_t)rest : STEP_BYTES;
    work->status = mp_lmdb_put_chunks(storage->env, work->group, work->snapshot.point.index,
                                      work->first + work->stored / MP_LMDB_CHUNK_SIZE,
                                      bytes + work->stored, size, error);
    work->stored += size;
    if (work->spool != NULL) mp_uv__spool_passed(work->spool, work->stored);
    mp_uv__failpoint(work->uploaded      ? "upload-chunk-stored"
                     : work->transferred ? "transfer-chunk-stored"
                                         : "snapshot-chunk-stored");
}

/* Chunks beyond the newest snapshot are of none: this one failed, or others were given up. They
 * must not keep a disk full. On one that is too full for this the next work does it. */
static bool clear(struct mp_storage *storage, struct mp_snapshot_work *work,
                  struct mp_lmdb_error *error) {
    bool more = false;
    enum mp_status status = mp_lmdb_drop_chunks(storage->env, work->group, &more, error);
    if (status == MP_SYSTEM) work->status = MP_SYSTEM;
    return !more;
}

static void complete(struct mp_storage *storage, struct mp_snapshot_work *work,
                     struct mp_lmdb_error *error) {
    if (work->uploaded && !mp_lmdb_holds(storage->env, work->group, &work->snapshot.point)) {
        work->status = MP_STALE;
        return;
    }
    work->status = mp_lmdb_put_snapshot(storage->env, &work->snapshot, error);
    mp_uv__failpoint(work->uploaded      ? "upload-complete"
                     : work->transferred ? "transfer-complete"
                                         : "snapshot-complete");
}

/* One transaction of this work. True once it is over. */
static bool advance(struct mp_storage *storage, struct mp_snapshot_work *work,
                    struct mp_lmdb_error *error) {
    if (sweeps(work)) {
        bool more = false;
        mp_uv__failpoint("log-trimmed");
        work->status = mp_lmdb_sweep(storage->env, work->group, &more, error);
        mp_uv__failpoint("log-swept");
        return work->status != MP_OK || !more;
    }
    if (work->clearing) return clear(storage, work, error);
    if (work->stored < work->size) {
        put_chunks(storage, work, error);
        work->clearing = work->status != MP_OK;
        return work->status == MP_OK && work->stored == work->size && !work->completes;
    }
    MP_ASSERT(work->completes);
    complete(storage, work, error);
    work->clearing = true;
    return false;
}

static bool deletes(const struct mp_snapshot_work *work) {
    return sweeps(work) || work->clearing;
}

/* Clears, or can be given up to do so: neither waits for a write. */
static bool can_clear(const struct mp_snapshot_work *work) {
    return work->clearing || (!sweeps(work) && work->stored < work->size);
}

/* The first work of such a kind, NULL if there is none; the others keep their order. */
static struct mp_snapshot_work *pop_first(struct mp_work_list *list,
                                          bool (*is)(const struct mp_snapshot_work *work)) {
    struct mp_work_list others = {0};
    struct mp_snapshot_work *found = NULL;
    struct mp_snapshot_work *work = NULL;
    while ((work = pop(list)) != NULL) {
        if (found == NULL && is(work)) {
            found = work;
        } else {
            append(&others, work);
        }
    }
    *list = others;
    return found;
}

static enum mp_status step(struct mp_storage *storage, struct mp_snapshot_work *work,
                           struct mp_lmdb_error *error) {
    if (work == NULL) return MP_OK;
    bool over = advance(storage, work, error);
    if (work->status == MP_SYSTEM) {
        mp_uv__work_free(work);
        return MP_SYSTEM;
    }
    if (over) {
        uv_mutex_lock(&storage->lock);
        append(&storage->done_work, work);
        uv_async_send(storage->done_signal);
        uv_mutex_unlock(&storage->lock);
    } else if (work->clearing) {
        /* Before chunks of the next snapshot are there, which it would delete. */
        put_first(&storage->working_work, work);
    } else {
        append(&storage->working_work, work);
    }
    return MP_OK;
}

enum mp_status mp_uv__work_step(struct mp_storage *storage, struct mp_lmdb_error *error) {
    return step(storage, pop(&storage->working_work), error);
}

/* What is taken up may sweep; further on a sweep may belong to a write that waits, too. */
static struct mp_snapshot_work *pop_freeing(struct mp_storage *storage) {
    struct mp_snapshot_work *work = pop_first(&storage->working_work, deletes);
    if (work == NULL) work = pop_first(&storage->working_work, can_clear);
    if (work == NULL) work = pop_first(&storage->taken_work, can_clear);
    if (work != NULL) return work;
    uv_mutex_lock(&storage->lock);
    work = pop_first(&storage->queued_work, can_clear);
    uv_mutex_unlock(&storage->lock);
    return work;
}

bool mp_uv__work_free_space(struct mp_storage *storage, enum mp_status *status,
                            struct mp_lmdb_error *error) {
    struct mp_snapshot_work *work = pop_freeing(storage);
    if (work != NULL && !deletes(work)) {
        work->status = MP_FULL;
        work->clearing = true;
    }
    *status = step(storage, work, error);
    return work != NULL;
}
