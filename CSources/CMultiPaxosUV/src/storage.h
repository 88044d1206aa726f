/* The storage thread: it makes everything that was queued since its last transaction durable in
 * one, and hands back what became durable. The loop never waits for it.
 *
 * Between the threads: `queued` goes out, `done` comes back, both under `lock`. Frames are held by
 * the loop's reference until their write is done. */
#ifndef MP_UV_STORAGE_H
#define MP_UV_STORAGE_H

#include <uv.h>

#include "frames.h"
#include "mp_uv.h"

#define MP_STORAGE_BYTES_MAX (128u << 20) /* Queued: above it accepts are not taken in. */
#define MP_STORAGE_WRITES_MAX 65536u
#define MP_STORAGE_RETRY_MS 100u          /* Between attempts on a full disk. */

/* A batch to be stored again; or, without a frame, a group whose records are to be mended. */
struct mp_mending {
    struct mp_mending *next;
    uint32_t damage; /* As the loop numbers it. */
    uint64_t group;
    struct mp_frame *frame;
    enum mp_status status;
    uint32_t mended;
    bool wants; /* What could not be mended: a peer must have it. */
    struct mp_lmdb_damage wanted;
    struct mp_lmdb_error error;
};

struct mp_write_list {
    struct mp_lmdb_write *writes;
    struct mp_frame **frames;
    uint32_t count;
    uint32_t capacity;
    uint64_t bytes;
    uint64_t oldest_us; /* When the first of them was queued. */
};

/* Work on a snapshot, done between the transactions of writes, a step of bounded size at a time, so
 * that no write waits long. Without bytes and not complete: sweep the group. */
struct mp_snapshot_work {
    struct mp_snapshot_work *next;
    uint64_t group;
    struct mp_lmdb_snapshot snapshot;
    uint8_t *bytes;  /* Chunks to be stored from number `first` on; owned. */
    struct mp_uv_spool *spool; /* In the place of bytes: all chunks; owned. */
    uint64_t size;
    uint64_t stored; /* Of the bytes. */
    uint64_t first;
    bool completes;  /* With them all chunks are there: make them the snapshot. */
    bool transferred; /* They came from another node. */
    bool uploaded;    /* To trim the own log: the snapshot must be of it. */
    bool clearing;    /* Its status is known; chunks that belong to no snapshot are deleted. */
    enum mp_status status;
};

struct mp_work_list {
    struct mp_snapshot_work *head;
    struct mp_snapshot_work *tail;
};

struct mp_storage {
    struct mp_lmdb *env;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t wake;
    uv_async_t *done_signal;
    bool running;

    /* Loop thread. */
    struct mp_write_list staged;   /* This wake-up's. */
    struct mp_write_list finished; /* Swapped with `done`. */
    struct mp_work_list staged_work;
    uint64_t pending_bytes;        /* Not durable yet. */
    uint32_t pending_writes;
    uint64_t durable;              /* Highest durable write id. */

    /* Under the lock. */
    struct mp_write_list queued;
    struct mp_write_list done;
    struct mp_work_list queued_work;
    struct mp_work_list done_work;
    struct mp_lmdb_peer peers[MP_VOTERS_MAX];
    uint32_t peer_count;
    struct mp_lmdb_peer recorded[MP_VOTERS_MAX]; /* Durable since they were last taken. */
    uint32_t recorded_count;
    bool admit_wanted;
    struct mp_lmdb_standing admit;
    struct mp_mending *mendings; /* To be done, in any order. */
    struct mp_mending *mended;   /* Done. */
    uint64_t working_since_us; /* 0: nothing is being written. */
    bool closing;
    bool full;
    bool failed;
    struct mp_lmdb_error error;
    struct mp_lmdb_stats stats;
    uint64_t flushes;
    uint64_t flush_us_total;
    uint64_t flush_us_max;

    /* Storage thread. */
    struct mp_write_list working;
    struct mp_work_list taken_work;   /* Waits for the writes that it was queued behind. */
    struct mp_work_list working_work; /* They are durable. */
};

/* Start the thread. False if the system refused. */
bool mp_uv__storage_start(struct mp_storage *storage, struct mp_lmdb *env, uv_async_t *done);

/* Queue one write of the core with its frame (or NULL), for the next submission. */
void mp_uv__storage_stage(struct mp_storage *storage, const struct mp_write *write,
                          struct mp_frame *frame, uint64_t now_us);

/* Queue work on a snapshot, after the writes staged before it. */
void mp_uv__storage_work(struct mp_storage *storage, const struct mp_snapshot_work *work);

/* Queue the sweeping of what a group no longer needs. */
void mp_uv__storage_sweep(struct mp_storage *storage, uint64_t group);
/* Queue the deletion of chunks that belong to no snapshot; none of the group may be on its way. */
void mp_uv__storage_clear(struct mp_storage *storage, uint64_t group);

/* The next work that is done, NULL if there is none: free it with mp_uv__work_free(). */
struct mp_snapshot_work *mp_uv__storage_worked(struct mp_storage *storage);
void mp_uv__work_free(struct mp_snapshot_work *work);

void mp_uv__work_move(struct mp_work_list *to, struct mp_work_list *from);
void mp_uv__work_list_free(struct mp_work_list *list);

/* Storage thread: do one step of what is queued. MP_OK unless the disk failed. */
enum mp_status mp_uv__work_step(struct mp_storage *storage, struct mp_lmdb_error *error);
/* The same for writes that wait for space, which it overtakes: what deletes comes first, then
 * chunks of a snapshot are given up. False if there was neither. *status is MP_OK unless the disk
 * failed. */
bool mp_uv__work_free_space(struct mp_storage *storage, enum mp_status *status,
                            struct mp_lmdb_error *error);

/* Hand over all that is staged. */
void mp_uv__storage_submit(struct mp_storage *storage);

/* Remember durably what a peer announced. */
void mp_uv__storage_put_peer(struct mp_storage *storage, const struct mp_lmdb_peer *peer);

/* Take the announcements that became durable; returns how many. */
uint32_t mp_uv__storage_recorded(struct mp_storage *storage,
                                 struct mp_lmdb_peer records[MP_VOTERS_MAX]);

/* Remember durably whether this directory votes. */
void mp_uv__storage_admit(struct mp_storage *storage, struct mp_lmdb_standing standing);

/* Queue a mending, whose memory and frame stay the caller's until it comes back. */
void mp_uv__storage_mend(struct mp_storage *storage, struct mp_mending *mending);

/* Take the mendings that are done. */
struct mp_mending *mp_uv__storage_mended(struct mp_storage *storage);

/* Take what became durable: valid until the next call. */
struct mp_write_list *mp_uv__storage_finished(struct mp_storage *storage);

/* True if so much is queued that no more batches should be taken in. */
bool mp_uv__storage_busy(const struct mp_storage *storage);

/* True if as much again is queued, of promises: then they are not to be taken in either. */
bool mp_uv__storage_flooded(const struct mp_storage *storage);

/* How old the oldest write is that is not durable. */
uint64_t mp_uv__storage_stall_us(struct mp_storage *storage, uint64_t now_us);

/* Finish what is queued, then stop the thread; frames still held are released. */
void mp_uv__storage_stop(struct mp_storage *storage, struct mp_frames *frames);

#endif /* MP_UV_STORAGE_H */
