/* What the files of the storage share. MDB types stay behind this header. */
#ifndef MP_LMDB_INTERNAL_H
#define MP_LMDB_INTERNAL_H

#include <lmdb.h>
#include <stdatomic.h>

#include "assert.h"
#include "filler.h"
#include "mp_lmdb.h"
#include "record.h"

enum { MP__PATH_SIZE = 4096, MP__DATABASES = 7 };

#define MP__MAP_BYTES ((uint64_t)1 << 40)
#define MP__MAP_BYTES_MIN ((uint64_t)1 << 34)
#define MP__RESERVE_BYTES ((uint64_t)64 << 20)

/* Space of the data file. Written by the storage thread, read by status. */
struct mp__space {
    uint64_t page;              /* Bytes of an LMDB page. */
    uint64_t reserve;           /* Kept for writes without a frame. */
    uint64_t limit;             /* The map: the file never grows beyond. */
    _Atomic uint64_t used;      /* Bytes that LMDB has handed out. */
    _Atomic uint64_t allocated; /* Bytes the file system has promised. */
    uint64_t claimed;           /* The end of what the commit under way may use. */
    struct mp__filler filler;
};

struct mp_lmdb {
    MDB_env *mdb;
    MDB_dbi batches;
    MDB_dbi identity;
    MDB_dbi hard;
    MDB_dbi mirror; /* The same records as in `hard`, on other pages. */
    MDB_dbi node;
    MDB_dbi chunks;
    MDB_dbi snapshots;
    int lock; /* The descriptor whose lock is the directory's. */
    struct mp__self self;
    struct mp__space space;
    _Atomic uint64_t sequence; /* Of the last durable write. */
    _Atomic uint64_t commits;
    _Atomic uint64_t frames;
    struct mp_lmdb_standing standing; /* What open found. */
    bool failed; /* A commit failed: its outcome is unknown, nothing may follow. */
    char path[MP__PATH_SIZE];
};

/* Set the sentence and return the status, so that a failure is one line. */
__attribute__((format(printf, 3, 4))) enum mp_status mp__fail(struct mp_lmdb_error *error,
                                                              enum mp_status status,
                                                              const char *format, ...);

/* A failed LMDB call outside of a commit: nothing was written. */
enum mp_status mp__fail_mdb(const struct mp_lmdb *env, int rc, const char *doing,
                            struct mp_lmdb_error *error);

/* directory.c: what is true of a directory before LMDB sees it. */
enum mp_status mp__check_options(const struct mp_lmdb_options *options,
                                 struct mp_lmdb_error *error);
enum mp_status mp__check_file_system(const char *path, struct mp_lmdb_error *error);
enum mp_status mp__directory_lock(const char *path, int *lock, struct mp_lmdb_error *error);
void mp__directory_unlock(int lock);
enum mp_status mp__path_join(char out[MP__PATH_SIZE], const char *directory, const char *name,
                             struct mp_lmdb_error *error);

/* space.c: the data file is allocated ahead of the data. */
void mp__space_open(struct mp_lmdb *env, const struct mp_lmdb_options *options);
void mp__space_close(struct mp_lmdb *env);
/* After a commit. */
void mp__space_measure(struct mp_lmdb *env);
/* How far a write may go. */
enum mp__space_use {
    MP__SPACE_FREE,    /* It leaves the reserve alone. */
    MP__SPACE_TAKEN,   /* Half of the reserve, for batches that were taken in already. */
    MP__SPACE_STATE,   /* Five eighths: a snapshot lets a log be trimmed, which makes room. */
    MP__SPACE_PROMISE, /* To the end. */
};
/* So many pages, of which the longest value takes `run` side by side. */
enum mp_status mp__space_require(struct mp_lmdb *env, uint64_t pages, uint64_t run,
                                 enum mp__space_use use, struct mp_lmdb_error *error);

/* commit.c: end a write transaction, durably. */
enum mp_status mp__commit(struct mp_lmdb *env, MDB_txn *txn, struct mp_lmdb_error *error);
enum mp_status mp__begin(struct mp_lmdb *env, MDB_txn **txn, struct mp_lmdb_error *error);
/* Abort, and say why: MP_FULL if it was space, else MP_SYSTEM. */
enum mp_status mp__abandon(struct mp_lmdb *env, MDB_txn *txn, int rc, struct mp_lmdb_error *error);

/* commit.c: put one record into `hard` and into its mirror. 0 or an error of LMDB. */
int mp__put_hard(struct mp_lmdb *env, MDB_txn *txn, const struct mp__hard *hard);
int mp__put_identity(struct mp_lmdb *env, MDB_txn *txn, const struct mp__stored *stored,
                     unsigned flags);
int mp__append_frame(struct mp_lmdb *env, MDB_txn *txn, uint64_t sequence, const uint8_t *frame,
                     uint32_t size);

/* Upper bound of the pages written when `rows` rows of a tree change. 0 or an error of LMDB. */
int mp__tree_pages(MDB_txn *txn, MDB_dbi dbi, uint64_t rows, uint64_t *pages);
/* Pages of a value that has some to itself. */
uint64_t mp__value_pages(const struct mp_lmdb *env, uint64_t size);
int mp__delete_frame(struct mp_lmdb *env, MDB_txn *txn, uint64_t sequence);

/* sweep.c: delete the rows of a group beyond an index, all at once. 0 or an error of LMDB. */
int mp__delete_later(MDB_txn *txn, MDB_dbi dbi, uint64_t group, uint64_t index);

/* read.c: where the log of a group ends and begins; zero if nothing is known. */
enum mp_status mp__read_hard(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                             struct mp_hard_state *hard, struct mp_lmdb_error *error);

/* snapshots.c: the newest sound snapshot. MP_UNKNOWN_GROUP if there is none; MP_CORRUPT if the only
 * ones are damaged. */
enum mp_status mp__find_snapshot(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                                 struct mp_lmdb_snapshot *snapshot, struct mp_lmdb_error *error);

/* snapshots.c: one chunk, verified. MP_CORRUPT: the error names group, index and what is wrong. */
struct mp__chunk;
enum mp_status mp__read_chunk(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                              uint64_t index, uint64_t number, struct mp__chunk *chunk,
                              struct mp_lmdb_error *error);
enum mp_status mp__fail_snapshot(const struct mp_lmdb *env, uint64_t group, uint64_t index,
                                 const char *what, struct mp_lmdb_error *error);

/* node.c: records of the node database. */
int mp__put_sequence(struct mp_lmdb *env, MDB_txn *txn, uint64_t sequence);
enum mp_status mp__check_node_records(struct mp_lmdb *env, MDB_txn *txn,
                                      struct mp_lmdb_error *error);

/* read.c: whether a frame is the one that an identity names. */
bool mp__frame_matches(const struct mp_batch *batch, uint64_t group,
                       const struct mp_identity *identity);
/* One frame against its identity.
 * MP_CORRUPT if it is missing or damaged; the error names group, index and ballot. */
enum mp_status mp__read_frame(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                              const struct mp__stored *stored, struct mp_batch *batch,
                              struct mp_lmdb_error *error);

#endif /* MP_LMDB_INTERNAL_H */
