/* A log on LMDB with a thread of its own: everything that waits goes into one durable commit. */
#ifndef PIPELINE_STORE_H
#define PIPELINE_STORE_H

#include <lmdb.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

/* Operations that travel and rest together. */
struct block {
    uint64_t sequence;
    size_t size;
    atomic_int users;    /* It is freed by the last of them. */
    struct block *next;  /* Of those that wait for the store. */
    char bytes[];
};

struct block *block_new(uint64_t sequence, size_t size, int users);
void block_release(struct block *block);

struct store {
    MDB_env *env;
    MDB_dbi log;
    uv_thread_t thread;
    uv_mutex_t lock;
    uv_cond_t filled;
    struct block *first; /* Under the lock. */
    struct block **end;
    uv_async_t done;
    _Atomic uint64_t durable; /* The last sequence that is flushed. */
    _Atomic uint64_t commits;
};

/* Opens an empty log in the directory; `on_durable` is called on the loop after commits. */
void store_open(struct store *store, const char *path, uv_loop_t *loop, uv_async_cb on_durable);

/* Appends a block, which the store releases. Sequences must rise one by one. */
void store_append(struct store *store, struct block *block);

/* Stops the process with what failed, if `status` is not 0. */
void must(int status, const char *what);

#endif /* PIPELINE_STORE_H */
