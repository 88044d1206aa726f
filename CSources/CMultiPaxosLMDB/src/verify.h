/* A look for damage that is under way. */
#ifndef MP_LMDB_VERIFY_H
#define MP_LMDB_VERIFY_H

#include "internal.h"

struct mp__verifying {
    const struct mp_lmdb *env;
    MDB_txn *txn;
    mp_lmdb_on_damage on_damage;
    void *context;
    uint64_t budget; /* Bytes that may still be read. */
    uint64_t bytes;  /* Read so far. */
    bool stopped;    /* By the caller. */
};

void mp__report(struct mp__verifying *verifying, const struct mp_lmdb_damage *damage,
                const struct mp_lmdb_error *error);

/* verify_snapshots.c: the snapshots of a group, the chunks of the newest from number *chunk on.
 * *chunk is where to go on, and 0 at the end. */
enum mp_status mp__verify_snapshots(struct mp__verifying *verifying, uint64_t group,
                                    uint64_t *chunk, struct mp_lmdb_error *error);

#endif /* MP_LMDB_VERIFY_H */
