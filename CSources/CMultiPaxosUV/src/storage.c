#include "storage.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assert.h"

static void list_reserve(struct mp_write_list *list, uint32_t count) {
    if (count <= list->capacity) return;
    uint32_t capacity = list->capacity == 0 ? 64 : list->capacity;
    while (capacity < count) capacity *= 2;
    list->writes = mp_uv__grow(list->writes, capacity * sizeof *list->writes);
    list->frames = mp_uv__grow(list->frames, capacity * sizeof(struct mp_frame *));
    list->capacity = capacity;
}

/* Append all of `from` to `to` and empty it. The lists exchange their memory where they can. */
static void list_move(struct mp_write_list *to, struct mp_write_list *from) {
    if (from->count == 0) return;
    if (to->count == 0) {
        struct mp_write_list empty = *to;
        *to = *from;
        *from = empty;
    } else {
        list_reserve(to, to->count + from->count);
        memcpy(to->writes + to->count, from->writes, from->count * sizeof *from->writes);
        memcpy(to->frames + to->count, from->frames, from->count * sizeof(struct mp_frame *));
        to->count += from->count;
        to->bytes += from->bytes;
    }
    from->count = 0;
    from->bytes = 0;
    from->oldest_us = 0;
}

static void mendings_free(struct mp_mending **list, struct mp_frames *frames) {
    while (*list != NULL) {
        struct mp_mending *mending = *list;
        *list = mending->next;
        if (mending->frame != NULL) mp_uv__frame_release(frames, mending->frame);
        free(mending);
    }
}

static void list_free(struct mp_write_list *list, struct mp_frames *frames) {
    for (uint32_t i = 0; i < list->count; i += 1) {
        mp_uv__frame_release(frames, list->frames[i]);
    }
    free(list->writes);
    free(list->frames);
    *list = (struct mp_write_list){0};
}

static uint64_t now(void) {
    return uv_hrtime() / 1000;
}

static void fail(struct mp_storage *storage, const struct mp_lmdb_error *error) {
    uv_mutex_lock(&storage->lock);
    storage->failed = true;
    storage->error = *error;
    uv_async_send(storage->done_signal);
    uv_mutex_unlock(&storage->lock);
}

/* Tell the loop how the disk is. Under the lock. */
static void report_disk(struct mp_storage *storage, enum mp_status status,
                        const struct mp_lmdb_error *error) {
    bool was_full = storage->full;
    storage->full = status == MP_FULL;
    storage->failed = status != MP_OK && status != MP_FULL;
    if (storage->failed || (storage->full && !was_full)) storage->error = *error;
    if (storage->full != was_full || storage->failed) uv_async_send(storage->done_signal);
}

/* Whether batches may still be taken in. False if the disk failed. */
static bool look_for_room(struct mp_storage *storage) {
    struct mp_lmdb_error error = {0};
    enum mp_status status = mp_lmdb_room(storage->env, &error);
    uv_mutex_lock(&storage->lock);
    report_disk(storage, status, &error);
    bool works = !storage->failed;
    uv_mutex_unlock(&storage->lock);
    return works;
}

static void note_commit(struct mp_storage *storage, uint64_t took, enum mp_status status,
                        const struct mp_lmdb_error *error) {
    struct mp_lmdb_stats stats;
    mp_lmdb_get_stats(storage->env, &stats);
    uv_mutex_lock(&storage->lock);
    storage->stats = stats;
    storage->flushes += 1;
    storage->flush_us_total += took;
    if (took > storage->flush_us_max) storage->flush_us_max = took;
    if (status != MP_OK) report_disk(storage, status, error);
    uv_mutex_unlock(&storage->lock);
}

/* Delete a little of what nobody needs any more, or wait if there is nothing. False once the node
 * closes or the disk failed. */
static bool make_room(struct mp_storage *storage) {
    struct mp_lmdb_error error = {0};
    enum mp_status status = MP_OK;
    bool freed = mp_uv__work_free_space(storage, &status, &error);
    if (status != MP_OK) {
        fail(storage, &error);
        return false;
    }
    uv_mutex_lock(&storage->lock);
    if (!freed && !storage->closing) {
        uv_cond_timedwait(&storage->wake, &storage->lock, MP_STORAGE_RETRY_MS * 1000000ull);
    }
    bool closing = storage->closing;
    uv_mutex_unlock(&storage->lock);
    return !closing;
}

/* Where not even the reserve suffices the disk is waited for: nothing after a write may become
 * durable before it. False once the node closes or the disk failed. */
static bool commit_working(struct mp_storage *storage) {
    for (;;) {
        struct mp_lmdb_error error = {0};
        uint64_t start = now();
        enum mp_status status = mp_lmdb_commit(storage->env, storage->working.writes,
                                               storage->working.count, &error);
        note_commit(storage, now() - start, status, &error);
        if (status == MP_OK) return look_for_room(storage);
        if (status != MP_FULL || !make_room(storage)) return false;
    }
}

static uint32_t position(const struct mp_lmdb_peer *peers, uint32_t count, uint64_t node) {
    uint32_t i = 0;
    while (i < count && peers[i].node != node) i += 1;
    MP_ASSERT(i < MP_VOTERS_MAX);
    return i;
}

static void report_recorded(struct mp_storage *storage, const struct mp_lmdb_peer *peer) {
    uv_mutex_lock(&storage->lock);
    uint32_t at = position(storage->recorded, storage->recorded_count, peer->node);
    storage->recorded[at] = *peer;
    if (at == storage->recorded_count) storage->recorded_count += 1;
    uv_async_send(storage->done_signal);
    uv_mutex_unlock(&storage->lock);
}

/* What is remembered of the node and its peers, taken from the queue. */
struct notes {
    struct mp_lmdb_peer peers[MP_VOTERS_MAX];
    uint32_t peer_count;
    bool admit_wanted;
    struct mp_lmdb_standing admit;
    struct mp_mending *mendings;
};

/* A few bytes each: they are written on their own. A full disk may lose what peers announce again;
 * the own standing is kept until there is room. False if the disk failed. */
static bool write_notes(struct mp_storage *storage, struct notes *notes) {
    struct mp_lmdb_error error = {0};
    enum mp_status status = MP_OK;
    for (uint32_t i = 0; i < notes->peer_count && status != MP_SYSTEM; i += 1) {
        status = mp_lmdb_put_peer(storage->env, &notes->peers[i], &error);
        if (status == MP_OK) report_recorded(storage, &notes->peers[i]);
    }
    if (notes->admit_wanted && status != MP_SYSTEM) {
        status = mp_lmdb_admit(storage->env, &notes->admit, &error);
        notes->admit_wanted = status != MP_OK;
    }
    if (status != MP_SYSTEM) return true;
    fail(storage, &error);
    return false;
}

static bool note_wanted(void *context, const struct mp_lmdb_damage *damage,
                        const struct mp_lmdb_error *error) {
    struct mp_mending *mending = context;
    mending->wants = true;
    mending->wanted = *damage;
    mending->error = *error;
    return true;
}

static void mend_one(struct mp_storage *storage, struct mp_mending *mending) {
    struct mp_lmdb_error error = {0};
    if (mending->frame != NULL) {
        mending->status = mp_lmdb_repair(storage->env, &mending->frame->batch, &error);
    } else {
        mending->status = mp_lmdb_mend(storage->env, mending->group, note_wanted, mending,
                                       &mending->mended, &error);
    }
    if (mending->status != MP_OK) mending->error = error;
}

/* False if the disk failed. */
static bool mend_all(struct mp_storage *storage, struct mp_mending *list) {
    bool works = true;
    while (list != NULL) {
        struct mp_mending *mending = list;
        list = mending->next;
        if (works) mend_one(storage, mending);
        if (mending->status == MP_SYSTEM) {
            works = false;
            fail(storage, &mending->error);
        }
        uv_mutex_lock(&storage->lock);
        mending->next = storage->mended;
        storage->mended = mending;
        uv_async_send(storage->done_signal);
        uv_mutex_unlock(&storage->lock);
    }
    return works;
}

static bool has_work(const struct mp_storage *storage) {
    bool work = storage->queued_work.head != NULL || storage->working_work.head != NULL;
    return (work && !storage->closing) || storage->queued.count > 0 || storage->peer_count > 0 ||
           storage->admit_wanted || storage->mendings != NULL;
}

/* While the disk is full, for a moment only. Under the lock. */
static void wait_for_work(struct mp_storage *storage) {
    while (!has_work(storage) && !storage->closing) {
        if (!storage->full) {
            uv_cond_wait(&storage->wake, &storage->lock);
        } else if (uv_cond_timedwait(&storage->wake, &storage->lock,
                                     MP_STORAGE_RETRY_MS * 1000000ull) == UV_ETIMEDOUT) {
            return;
        }
    }
}

/* Wait for work and take all of it, which may be none. Writes and what was queued behind them are
 * taken together: a sweep that overtook its trim would find nothing, and not come again. False once
 * the node closes and none is left. */
static bool take(struct mp_storage *storage, struct notes *notes) {
    uv_mutex_lock(&storage->lock);
    wait_for_work(storage);
    bool goes_on = has_work(storage) || !storage->closing;
    storage->working_since_us = storage->queued.oldest_us;
    list_move(&storage->working, &storage->queued);
    mp_uv__work_move(&storage->taken_work, &storage->queued_work);
    memcpy(notes->peers, storage->peers, storage->peer_count * sizeof notes->peers[0]);
    notes->peer_count = storage->peer_count;
    if (storage->admit_wanted) {
        notes->admit_wanted = true;
        notes->admit = storage->admit;
    }
    notes->mendings = storage->mendings;
    storage->peer_count = 0;
    storage->admit_wanted = false;
    storage->mendings = NULL;
    uv_mutex_unlock(&storage->lock);
    return goes_on;
}

static void give_back(struct mp_storage *storage) {
    uv_mutex_lock(&storage->lock);
    bool was_empty = storage->done.count == 0;
    list_move(&storage->done, &storage->working);
    storage->working_since_us = 0;
    if (was_empty) uv_async_send(storage->done_signal);
    uv_mutex_unlock(&storage->lock);
}

/* False once the node closes or the disk failed. */
static bool work(struct mp_storage *storage, struct notes *notes) {
    bool works = write_notes(storage, notes);
    if (works && storage->working.count > 0) {
        works = commit_working(storage);
        if (works) give_back(storage);
    } else if (works && (storage->full || storage->working_work.head != NULL)) {
        works = look_for_room(storage); /* Chunks take space, too. */
    }
    if (works) {
        mp_uv__work_move(&storage->working_work, &storage->taken_work);
        return mend_all(storage, notes->mendings);
    }
    uv_mutex_lock(&storage->lock);
    struct mp_mending **end = &storage->mendings; /* Freed with those queued since. */
    while (*end != NULL) end = &(*end)->next;
    *end = notes->mendings;
    uv_mutex_unlock(&storage->lock);
    return false;
}

static void run(void *argument) {
    struct mp_storage *storage = argument;
    struct notes notes = {0};
    if (!look_for_room(storage)) return;
    while (take(storage, &notes)) {
        if (!work(storage, &notes)) return;
        struct mp_lmdb_error error = {0};
        if (mp_uv__work_step(storage, &error) == MP_OK) continue;
        fail(storage, &error);
        return;
    }
}

bool mp_uv__storage_start(struct mp_storage *storage, struct mp_lmdb *env, uv_async_t *done) {
    storage->env = env;
    storage->done_signal = done;
    mp_lmdb_get_stats(env, &storage->stats);
    if (uv_mutex_init(&storage->lock) != 0) return false;
    if (uv_cond_init(&storage->wake) != 0) {
        uv_mutex_destroy(&storage->lock);
        return false;
    }
    if (uv_thread_create(&storage->thread, run, storage) != 0) {
        uv_cond_destroy(&storage->wake);
        uv_mutex_destroy(&storage->lock);
        return false;
    }
    storage->running = true;
    return true;
}

void mp_uv__storage_stage(struct mp_storage *storage, const struct mp_write *write,
                          struct mp_frame *frame, uint64_t now_us) {
    struct mp_write_list *list = &storage->staged;
    list_reserve(list, list->count + 1);
    struct mp_lmdb_write *item = &list->writes[list->count];
    *item = (struct mp_lmdb_write){.write = *write};
    if (frame != NULL) {
        const struct mp_batch *batch = &frame->batch;
        MP_ASSERT(batch->first == write->batch_first && batch->group == write->group);
        item->frame = frame->bytes;
        item->identity = mp_batch_identity(batch);
        mp_uv__frame_retain(frame);
        list->bytes += batch->size;
        storage->pending_bytes += batch->size;
    }
    list->frames[list->count] = frame;
    if (list->count == 0) list->oldest_us = now_us;
    list->count += 1;
    storage->pending_writes += 1;
}

void mp_uv__storage_submit(struct mp_storage *storage) {
    if (storage->staged.count == 0 && storage->staged_work.head == NULL) return;
    uv_mutex_lock(&storage->lock);
    bool was_empty = storage->queued.count == 0;
    list_move(&storage->queued, &storage->staged);
    mp_uv__work_move(&storage->queued_work, &storage->staged_work);
    if (was_empty) uv_cond_signal(&storage->wake);
    uv_mutex_unlock(&storage->lock);
}

void mp_uv__storage_put_peer(struct mp_storage *storage, const struct mp_lmdb_peer *peer) {
    uv_mutex_lock(&storage->lock);
    uint32_t at = position(storage->peers, storage->peer_count, peer->node);
    storage->peers[at] = *peer;
    if (at == storage->peer_count) storage->peer_count += 1;
    uv_cond_signal(&storage->wake);
    uv_mutex_unlock(&storage->lock);
}

void mp_uv__storage_admit(struct mp_storage *storage, struct mp_lmdb_standing standing) {
    uv_mutex_lock(&storage->lock);
    storage->admit_wanted = true;
    storage->admit = standing;
    uv_cond_signal(&storage->wake);
    uv_mutex_unlock(&storage->lock);
}

void mp_uv__storage_mend(struct mp_storage *storage, struct mp_mending *mending) {
    uv_mutex_lock(&storage->lock);
    mending->next = storage->mendings;
    storage->mendings = mending;
    uv_cond_signal(&storage->wake);
    uv_mutex_unlock(&storage->lock);
}

struct mp_mending *mp_uv__storage_mended(struct mp_storage *storage) {
    uv_mutex_lock(&storage->lock);
    struct mp_mending *list = storage->mended;
    storage->mended = NULL;
    uv_mutex_unlock(&storage->lock);
    return list;
}

uint32_t mp_uv__storage_recorded(struct mp_storage *storage,
                                 struct mp_lmdb_peer records[MP_VOTERS_MAX]) {
    uv_mutex_lock(&storage->lock);
    uint32_t count = storage->recorded_count;
    memcpy(records, storage->recorded, count * sizeof records[0]);
    storage->recorded_count = 0;
    uv_mutex_unlock(&storage->lock);
    return count;
}

struct mp_write_list *mp_uv__storage_finished(struct mp_storage *storage) {
    storage->finished.count = 0;
    storage->finished.bytes = 0;
    uv_mutex_lock(&storage->lock);
    list_move(&storage->finished, &storage->done);
    uv_mutex_unlock(&storage->lock);
    MP_ASSERT(storage->pending_writes >= storage->finished.count);
    storage->pending_writes -= storage->finished.count;
    storage->pending_bytes -= storage->finished.bytes;
    return &storage->finished;
}

bool mp_uv__storage_busy(const struct mp_storage *storage) {
    return storage->pending_bytes > MP_STORAGE_BYTES_MAX ||
           storage->pending_writes > MP_STORAGE_WRITES_MAX;
}

bool mp_uv__storage_flooded(const struct mp_storage *storage) {
    return storage->pending_writes > 2 * MP_STORAGE_WRITES_MAX;
}

uint64_t mp_uv__storage_stall_us(struct mp_storage *storage, uint64_t now_us) {
    uv_mutex_lock(&storage->lock);
    uint64_t oldest = storage->working_since_us;
    if (oldest == 0 && storage->queued.count > 0) oldest = storage->queued.oldest_us;
    uv_mutex_unlock(&storage->lock);
    return oldest == 0 || oldest > now_us ? 0 : now_us - oldest;
}

void mp_uv__storage_stop(struct mp_storage *storage, struct mp_frames *frames) {
    if (storage->running) {
        mp_uv__storage_submit(storage);
        uv_mutex_lock(&storage->lock);
        storage->closing = true;
        uv_cond_signal(&storage->wake);
        uv_mutex_unlock(&storage->lock);
        uv_thread_join(&storage->thread);
        uv_cond_destroy(&storage->wake);
        uv_mutex_destroy(&storage->lock);
        storage->running = false;
    }
    mendings_free(&storage->mendings, frames);
    mendings_free(&storage->mended, frames);
    storage->finished.count = 0; /* Its frames were released when they were taken. */
    list_free(&storage->staged, frames);
    list_free(&storage->queued, frames);
    list_free(&storage->working, frames);
    list_free(&storage->done, frames);
    list_free(&storage->finished, frames);
    mp_uv__work_list_free(&storage->staged_work);
    mp_uv__work_list_free(&storage->queued_work);
    mp_uv__work_list_free(&storage->taken_work);
    mp_uv__work_list_free(&storage->working_work);
    mp_uv__work_list_free(&storage->done_work);
}
