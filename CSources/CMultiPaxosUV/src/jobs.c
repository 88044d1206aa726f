/* Reads of the storage, and what goes into a spool, on a thread of libuv's pool: a few at once, the
 * others wait in line. */
#include <stdlib.h>
#include <string.h>

#include "node.h"
#include "spool.h"

enum { CHUNKS_AT_ONCE = 64 };

struct mp_read_job *mp_uv__job_new(struct mp_uv_node *node, enum mp_read_purpose purpose,
                                   uint64_t group, uint64_t from, uint64_t through,
                                   uint64_t bytes) {
    struct mp_read_job *job = mp_uv__allocate(sizeof *job);
    job->work.data = job;
    job->owner = node;
    job->purpose = purpose;
    job->group = group;
    job->from = from;
    job->through = through;
    job->bytes = bytes;
    bool of_log = purpose == MP_READ_APPLY || purpose == MP_READ_SERVE || purpose == MP_READ_FETCH;
    uint64_t stored = of_log ? mp_replica_stored(node->replica, group) : through;
    if (stored < through) job->through = stored; /* Further on it may be another log. */
    return job;
}

static void keep(struct mp_read_job *job, struct mp_frame *frame) {
    if (job->last != NULL) {
        job->last->next = frame;
    } else {
        job->frames = frame;
    }
    job->last = frame;
}

/* On the pool's thread: the frames are made outside of the node's own pool. */
static bool on_frame(void *context, const struct mp_batch *batch) {
    struct mp_read_job *job = context;
    bool enough = job->found_bytes > 0 && job->found_bytes + batch->size > job->bytes;
    if (enough) return false;
    struct mp_frames none = {0};
    keep(job, mp_uv__frame_copy(&none, batch));
    job->found_bytes += batch->size;
    return true;
}

static bool on_damage(void *context, const struct mp_lmdb_damage *damage,
                      const struct mp_lmdb_error *error) {
    struct mp_damages_found *found = context;
    found->list[found->count] = *damage;
    found->errors[found->count] = *error;
    found->count += 1;
    found->more = found->count == MP_FOUND_MAX;
    return !found->more;
}

/* Chunks to be served are frames without a batch; those of a whole snapshot follow each other. */
static bool on_chunk(void *context, uint64_t number, const uint8_t *bytes, uint32_t size) {
    struct mp_read_job *job = context;
    if (job->purpose == MP_READ_SNAPSHOT) {
        MP_ASSERT(mp_uv_spool_size(job->spool) == number * MP_LMDB_CHUNK_SIZE);
        job->spooled = mp_uv_spool_append(job->spool, bytes, size, &job->error);
        return job->spooled == MP_OK;
    }
    struct mp_frames none = {0};
    struct mp_frame *frame = mp_uv__frame_take(&none, size);
    memcpy(frame->bytes, bytes, size);
    frame->size = size;
    keep(job, frame);
    return true;
}

/* In one look at the environment after the other: what is freed in the meantime can be used again
 * only by writes that no look is older than. */
static enum mp_status read_chunks(struct mp_read_job *job) {
    enum mp_status status = MP_OK;
    for (uint64_t next = job->from; next <= job->through; next += CHUNKS_AT_ONCE) {
        uint64_t count = job->through - next + 1;
        if (count > CHUNKS_AT_ONCE) count = CHUNKS_AT_ONCE;
        status = mp_lmdb_read_chunks(job->owner->env, job->group, job->snapshot.point.index, next,
                                     count, on_chunk, job, &job->error);
        if (status != MP_OK || job->spooled != MP_OK) break;
    }
    return status;
}

static enum mp_status read_into(struct mp_read_job *job, struct mp_uv_spool *spool) {
    const struct mp_lmdb_snapshot *snapshot = &job->snapshot;
    mp_uv_spool_free(job->spool);
    job->spool = spool;
    job->spooled = mp_uv_spool_reserve(spool, snapshot->size, &job->error);
    if (job->spooled != MP_OK) return job->spooled;
    enum mp_status status = read_chunks(job);
    if (job->spooled != MP_OK) return job->spooled;
    if (status != MP_OK) return status;
    job->spooled = mp_uv_spool_finish(spool, &job->error);
    if (job->spooled != MP_OK) return job->spooled;
    bool differs = mp_uv_spool_size(spool) != snapshot->size ||
                   mp_uv_spool_checksum(spool) != snapshot->checksum;
    return differs ? MP_CORRUPT : MP_OK;
}

/* A disk that is full must not keep a server from what it holds already: then in memory. */
static enum mp_status read_snapshot(struct mp_read_job *job) {
    struct mp_uv_node *node = job->owner;
    enum mp_status status = read_into(job, mp_uv_node_spool_new(node));
    if (status != MP_FULL) return status;
    job->crowded = true;
    job->spooled = MP_OK;
    job->error.text[0] = '\0';
    return read_into(job, mp_uv_spool_new(NULL, 0));
}

/* The chunks of one question. With the last of them the bytes can be read. */
static enum mp_status spool(struct mp_read_job *job) {
    enum mp_status status = MP_OK;
    if (mp_uv_spool_size(job->spool) == 0) {
        status = mp_uv_spool_reserve(job->spool, job->snapshot.size, &job->error);
    }
    if (status != MP_OK) return status;
    status = mp_uv_spool_append(job->spool, job->chunks, job->bytes, &job->error);
    if (status != MP_OK || !job->completes) return status;
    return mp_uv_spool_finish(job->spool, &job->error);
}

static void work(uv_work_t *request) {
    struct mp_read_job *job = request->data;
    struct mp_lmdb *env = job->owner->env;
    struct mp_lmdb_error *error = &job->error;
    switch (job->purpose) {
        case MP_READ_APPLY:
        case MP_READ_SERVE:
        case MP_READ_FETCH:
            job->status = mp_lmdb_read(env, job->group, job->from, job->through, on_frame, job,
                                       error);
            return;
        case MP_READ_GIVE:
            job->status = mp_lmdb_find(env, &job->wanted, on_frame, job, error);
            return;
        case MP_READ_VERIFY:
            job->status = mp_lmdb_verify(env, job->group, job->from, job->through, on_damage,
                                         job->found, error);
            return;
        case MP_READ_SCRUB:
            job->status = mp_lmdb_scrub(env, &job->place, &job->bytes, on_damage, job->found,
                                        error);
            return;
        case MP_READ_CHUNKS:
            job->status = read_chunks(job);
            return;
        case MP_READ_SNAPSHOT:
            job->status = read_snapshot(job);
            return;
        case MP_READ_SPOOL:
            job->status = spool(job);
            return;
    }
    MP_UNREACHABLE();
}

static void free_job(struct mp_read_job *job) {
    while (job->frames != NULL) {
        struct mp_frame *frame = job->frames;
        job->frames = frame->next;
        mp_uv__frame_release(&job->owner->frames, frame);
    }
    free(job->found);
    mp_uv_spool_free(job->spool);
    free(job->chunks);
    free(job);
}

static void start_waiting(struct mp_uv_node *node);

static void done(uv_work_t *request, int status) {
    struct mp_read_job *job = request->data;
    struct mp_uv_node *node = job->owner;
    node->reads_running -= 1;
    if (status != 0) job->status = MP_CLOSED;
    node->now_us = mp_uv__clock_us();
    if (!node->stopping) mp_uv__job_done(job);
    free_job(job);
    if (!node->stopping) start_waiting(node);
}

static void start_waiting(struct mp_uv_node *node) {
    while (node->reads_head != NULL && node->reads_running < MP_READ_JOBS_MAX) {
        struct mp_read_job *job = node->reads_head;
        node->reads_head = job->next;
        if (node->reads_head == NULL) node->reads_tail = NULL;
        node->reads_queued -= 1;
        int queued = uv_queue_work(&node->loop, &job->work, work, done);
        MP_ASSERT(queued == 0);
        node->reads_running += 1;
    }
}

bool mp_uv__job_start(struct mp_read_job *job) {
    struct mp_uv_node *node = job->owner;
    if (node->reads_queued == MP_READ_QUEUE_MAX) {
        free_job(job);
        return false;
    }
    if (node->reads_tail != NULL) {
        node->reads_tail->next = job;
    } else {
        node->reads_head = job;
    }
    node->reads_tail = job;
    node->reads_queued += 1;
    start_waiting(node);
    return true;
}

void mp_uv__jobs_stop(struct mp_uv_node *node) {
    while (node->reads_head != NULL) {
        struct mp_read_job *job = node->reads_head;
        node->reads_head = job->next;
        free_job(job);
    }
    node->reads_tail = NULL;
    node->reads_queued = 0;
}
