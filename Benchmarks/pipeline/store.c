#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

/* Older blocks are dropped, so that the file does not grow with the time of a run. */
enum { KEPT = 64 };

void must(int status, const char *what) {
    if (status == 0) return;
    fprintf(stderr, "pipeline: %s failed: %d\n", what, status);
    exit(70);
}

struct block *block_new(uint64_t sequence, size_t size, int users) {
    struct block *block = malloc(sizeof *block + size);
    if (block == NULL) must(-1, "malloc");
    block->sequence = sequence;
    block->size = size;
    block->next = NULL;
    atomic_init(&block->users, users);
    return block;
}

void block_release(struct block *block) {
    if (atomic_fetch_sub(&block->users, 1) == 1) free(block);
}

/* Keys in the order of their bytes. */
static uint64_t key_of(uint64_t sequence) {
    return __builtin_bswap64(sequence);
}

static void put(struct store *store, MDB_txn *txn, struct block *block) {
    uint64_t name = key_of(block->sequence);
    MDB_val key = {sizeof name, &name};
    MDB_val value = {block->size, block->bytes};
    must(mdb_put(txn, store->log, &key, &value, MDB_APPEND), "mdb_put");
    if (block->sequence <= KEPT) return;
    name = key_of(block->sequence - KEPT);
    must(mdb_del(txn, store->log, &key, NULL), "mdb_del");
}

static struct block *take_all(struct store *store) {
    uv_mutex_lock(&store->lock);
    while (store->first == NULL) uv_cond_wait(&store->filled, &store->lock);
    struct block *all = store->first;
    store->first = NULL;
    store->end = &store->first;
    uv_mutex_unlock(&store->lock);
    return all;
}

static void run(void *context) {
    struct store *store = context;
    for (;;) {
        struct block *all = take_all(store);
        MDB_txn *txn;
        must(mdb_txn_begin(store->env, NULL, 0, &txn), "mdb_txn_begin");
        uint64_t last = 0;
        for (struct block *block = all; block != NULL; block = block->next) {
            put(store, txn, block);
            last = block->sequence;
        }
        must(mdb_txn_commit(txn), "mdb_txn_commit");
        while (all != NULL) {
            struct block *next = all->next;
            block_release(all);
            all = next;
        }
        atomic_fetch_add(&store->commits, 1);
        atomic_store(&store->durable, last);
        uv_async_send(&store->done);
    }
}

static void open_log(struct store *store, const char *path) {
    mkdir(path, 0700);
    must(mdb_env_create(&store->env), "mdb_env_create");
    must(mdb_env_set_mapsize(store->env, (size_t)4 << 30), "mdb_env_set_mapsize");
    must(mdb_env_open(store->env, path, MDB_NOTLS, 0600), "mdb_env_open");
    MDB_txn *txn;
    must(mdb_txn_begin(store->env, NULL, 0, &txn), "mdb_txn_begin");
    must(mdb_dbi_open(txn, NULL, 0, &store->log), "mdb_dbi_open");
    must(mdb_drop(txn, store->log, 0), "mdb_drop");
    must(mdb_txn_commit(txn), "mdb_txn_commit");
}

void store_open(struct store *store, const char *path, uv_loop_t *loop, uv_async_cb on_durable) {
    open_log(store, path);
    store->first = NULL;
    store->end = &store->first;
    atomic_init(&store->durable, 0);
    atomic_init(&store->commits, 0);
    must(uv_mutex_init(&store->lock), "uv_mutex_init");
    must(uv_cond_init(&store->filled), "uv_cond_init");
    must(uv_async_init(loop, &store->done, on_durable), "uv_async_init");
    store->done.data = store;
    must(uv_thread_create(&store->thread, run, store), "uv_thread_create");
}

void store_append(struct store *store, struct block *block) {
    uv_mutex_lock(&store->lock);
    *store->end = block;
    store->end = &block->next;
    uv_cond_signal(&store->filled);
    uv_mutex_unlock(&store->lock);
}
