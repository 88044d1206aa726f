/* Restoring what this directory holds twice, and storing what a peer had.
 *
 * The walk goes backwards. The hard state names the last batch of the log by its checksum, and each
 * batch names the one before: so at each step the batch that must be there is known, whether or not
 * its identity can be read. A frame carries everything that its identity says.
 *
 * A damaged frame is never overwritten and never deleted: its pages may lie on bad sectors, and
 * what LMDB notes of them may be damaged too. The new copy is appended, as every frame is. */
#include <string.h>

#include "rows.h"
#include "states.h"

enum {
    MENDED_MAX = 128, /* In one transaction. */
    PAGES_PER_RECORD = 8,
    CHECKSUM_OFFSET = 8, /* In a frame; see mp/batch.h. */
    GROUP_OFFSET = 16,
};

struct mending {
    struct mp_lmdb *env;
    MDB_txn *txn;
    uint64_t group;
    struct mp_hard_state hard;
    mp_lmdb_on_damage on_damage;
    void *context;
    uint32_t mended;
    bool sorted; /* Identities under wrong keys were put right. */
    int rc;
};

static uint64_t get64(const uint8_t *bytes) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < 8; i += 1) value |= (uint64_t)bytes[i] << (8 * i);
    return value;
}

/* A record of another size has a damaged place in its page: LMDB must not move it. */
static bool may_replace(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group, uint64_t first) {
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    mp__put_identity_key(bytes, group, first);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    int rc = mdb_get(txn, env->identity, &key, &value);
    return rc == MDB_NOTFOUND || (rc == 0 && value.mv_size == MP__IDENTITY_SIZE);
}

/* The sound frame of the batch that ends at `end`, and its sequence, searched backwards from
 * `before`. False if there is none. */
static bool find_frame(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                       const struct mp_point *end, uint64_t before, struct mp_batch *batch,
                       uint64_t *sequence) {
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    if (mdb_cursor_open(txn, env->batches, &cursor) != 0) return false;
    uint8_t bytes[MP__SEQUENCE_KEY_SIZE];
    mp__put_sequence_key(bytes, before);
    key = (MDB_val){sizeof bytes, bytes};
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    rc = mdb_cursor_get(cursor, &key, &value, rc == 0 ? MDB_PREV : MDB_LAST);
    bool found = false;
    for (; rc == 0 && !found; rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV)) {
        const uint8_t *frame = value.mv_data;
        bool named = key.mv_size == MP__SEQUENCE_KEY_SIZE &&
                     value.mv_size >= MP_BATCH_HEADER_SIZE &&
                     get64(frame + CHECKSUM_OFFSET) == end->checksum &&
                     get64(frame + GROUP_OFFSET) == group;
        found = named && mp_batch_decode(frame, value.mv_size, batch) == MP_OK &&
                batch->last == end->index;
        if (found) *sequence = mp__get_key(key.mv_data);
    }
    mdb_cursor_close(cursor);
    return found;
}

/* Whether an identity stands under a key that is not its own. */
static bool is_stray(const MDB_val *key, const MDB_val *value, struct mp__stored *stored) {
    uint8_t right[MP__IDENTITY_KEY_SIZE];
    if (mp__decode_identity(value->mv_data, value->mv_size, stored) != MP__SOUND) return false;
    mp__put_identity_key(right, stored->group, stored->identity.first);
    return key->mv_size == sizeof right && memcmp(key->mv_data, right, sizeof right) != 0;
}

/* Take the first stray out of the tree. 0, MDB_NOTFOUND, or an error of LMDB. */
static int take_stray(MDB_cursor *cursor, struct mp__stored *stored) {
    MDB_val key;
    MDB_val value;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST);
    while (rc == 0 && !is_stray(&key, &value, stored)) {
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    return rc == 0 ? mdb_cursor_del(cursor, 0) : rc;
}

/* Identities whose key is damaged stand in a wrong place, which also hides others from LMDB's
 * search: take all of them out, then put each where its record says it belongs. */
static void sort_identities(struct mending *mending) {
    enum { STRAYS_MAX = 16 };
    struct mp__stored strays[STRAYS_MAX];
    uint32_t count = 0;
    MDB_cursor *cursor;
    mending->sorted = true;
    mending->rc = mdb_cursor_open(mending->txn, mending->env->identity, &cursor);
    if (mending->rc != 0) return;
    while (count < STRAYS_MAX && mending->rc == 0) {
        mending->rc = take_stray(cursor, &strays[count]);
        if (mending->rc == 0) count += 1;
    }
    mdb_cursor_close(cursor);
    if (mending->rc == MDB_NOTFOUND) mending->rc = 0;
    for (uint32_t i = 0; mending->rc == 0 && i < count; i += 1) {
        mending->rc = mp__put_identity(mending->env, mending->txn, &strays[i], 0);
        mending->mended += 1;
    }
}

static void report_wanted(const struct mending *mending, const struct mp_point *end) {
    struct mp_lmdb_error error;
    struct mp_lmdb_damage damage = {
        .group = mending->group, .last = end->index, .checksum = end->checksum,
        .ballot = end->ballot};
    (void)mp__fail(&error, MP_CORRUPT,
                   "In %s group %llu: the batch that ends at index %llu, checksum %016llx, and its "
                   "identity are damaged.",
                   mending->env->path, (unsigned long long)mending->group,
                   (unsigned long long)end->index, (unsigned long long)end->checksum);
    (void)mending->on_damage(mending->context, &damage, &error);
}

/* Make the identity of the batch that ends at `end` again, from its frame. */
static bool rebuild(struct mending *mending, const struct mp_point *end, uint64_t before,
                    struct mp__stored *stored) {
    struct mp_batch batch;
    uint64_t sequence = 0;
    bool found = find_frame(mending->env, mending->txn, mending->group, end, before, &batch,
                            &sequence) &&
                 may_replace(mending->env, mending->txn, mending->group, batch.first);
    if (!found) return false;
    *stored = (struct mp__stored){.group = mending->group,
                                  .sequence = sequence,
                                  .identity = mp_batch_identity(&batch)};
    mending->rc = mp__put_identity(mending->env, mending->txn, stored, 0);
    mending->mended += 1;
    return mending->rc == 0;
}

/* The identity of the batch that ends at `end`; false if it is not there. */
static bool find_identity(struct mending *mending, const struct mp_point *end,
                          struct mp__stored *stored) {
    struct mp__rows rows;
    mending->rc = mp__rows_open(&rows, mending->env, mending->txn, mending->group);
    if (mending->rc != 0) return false;
    enum mp__row row = mp__rows_seek(&rows, end->index);
    *stored = rows.stored;
    mp__rows_close(&rows);
    if (row == MP__ROW_FAILED) mending->rc = rows.rc;
    return row == MP__ROW_FOUND && stored->identity.last == end->index &&
           stored->identity.checksum == end->checksum;
}

static void mend_log(struct mending *mending) {
    struct mp_point end = mending->hard.tip;
    uint64_t before = UINT64_MAX;
    uint64_t trimmed = mending->hard.trimmed.index;
    while (end.index > trimmed && mending->rc == 0 && mending->mended < MENDED_MAX) {
        struct mp__stored stored;
        bool found = find_identity(mending, &end, &stored);
        if (!found && mending->rc == 0 && !mending->sorted) {
            sort_identities(mending);
            continue;
        }
        if (!found && mending->rc == 0) found = rebuild(mending, &end, before, &stored);
        if (mending->rc != 0) return;
        if (!found) {
            report_wanted(mending, &end);
            return;
        }
        before = stored.sequence;
        end = (struct mp_point){.index = stored.identity.first - 1,
                                .checksum = stored.identity.previous};
    }
}

enum mp_status mp_lmdb_mend(struct mp_lmdb *env, uint64_t group, mp_lmdb_on_damage on_damage,
                            void *context, uint32_t *mended, struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && on_damage != NULL);
    MP_ASSERT(mended != NULL && error != NULL);
    *mended = 0;
    error->text[0] = '\0';
    struct mending mending = {.env = env, .group = group, .on_damage = on_damage,
                              .context = context};
    enum mp_status status = mp__begin(env, &mending.txn, error);
    if (status != MP_OK) return status;
    struct mp__state state;
    int rc = mp__state_get(env, mending.txn, group, &state);
    status = mp__space_require(env, MENDED_MAX * PAGES_PER_RECORD, 1, MP__SPACE_PROMISE, error);
    if (status == MP_OK && rc != 0 && rc != MDB_NOTFOUND) {
        status = mp__fail_mdb(env, rc, "read a group", error);
    }
    if (status == MP_OK && !state.known) {
        status = mp__fail(error, MP_CORRUPT,
                          "In %s group %llu: its hard state is lost; what it promised is unknown.",
                          env->path, (unsigned long long)group);
    }
    if (status != MP_OK) {
        mdb_txn_abort(mending.txn);
        return status;
    }
    mending.hard = state.hard.state;
    if (state.single) {
        mending.rc = mp__put_hard(env, mending.txn, &state.hard);
        mending.mended += 1;
    }
    if (mending.rc == 0) mend_log(&mending);
    if (mending.rc != 0) return mp__abandon(env, mending.txn, mending.rc, error);
    *mended = mending.mended;
    if (mending.mended > 0) return mp__commit(env, mending.txn, error);
    mdb_txn_abort(mending.txn);
    return MP_OK;
}

/* Whether the batch is the one that belongs there although its identity is damaged: the batch after
 * it, or the tip, names it. */
static bool is_named(const struct mp_lmdb *env, MDB_txn *txn, const struct mp_batch *batch) {
    struct mp__state state;
    if (mp__state_get(env, txn, batch->group, &state) != 0 || !state.known) return false;
    const struct mp_point *tip = &state.hard.state.tip;
    if (tip->index == batch->last) {
        return tip->checksum == batch->checksum && mp_ballot_equal(tip->ballot, batch->ballot);
    }
    struct mp__rows rows;
    if (mp__rows_open(&rows, env, txn, batch->group) != 0) return false;
    enum mp__row row = mp__rows_from(&rows, batch->last + 1);
    const struct mp_identity *after = &rows.stored.identity;
    bool named = row == MP__ROW_FOUND && after->first == batch->last + 1 &&
                 after->previous == batch->checksum;
    mp__rows_close(&rows);
    return named;
}

static bool belongs(const struct mp_lmdb *env, MDB_txn *txn, const struct mp_batch *batch) {
    struct mp__rows rows;
    if (mp__rows_open(&rows, env, txn, batch->group) != 0) return false;
    enum mp__row row = mp__rows_from(&rows, batch->first);
    bool here = row != MP__ROW_END && row != MP__ROW_FAILED && rows.first == batch->first;
    struct mp__stored stored = rows.stored;
    mp__rows_close(&rows);
    if (row == MP__ROW_FAILED) return false;
    if (here && row == MP__ROW_FOUND) {
        return mp__frame_matches(batch, stored.group, &stored.identity);
    }
    return may_replace(env, txn, batch->group, batch->first) && is_named(env, txn, batch);
}

static enum mp_status store(struct mp_lmdb *env, MDB_txn *txn, const struct mp_batch *batch,
                            struct mp_lmdb_error *error) {
    enum { TREE_PAGES = 64 };
    uint64_t run = mp__value_pages(env, batch->size);
    enum mp_status status =
        mp__space_require(env, run + TREE_PAGES, run, MP__SPACE_FREE, error);
    if (status != MP_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    uint64_t sequence = atomic_load(&env->sequence) + 1;
    struct mp__stored stored = {
        .group = batch->group, .sequence = sequence, .identity = mp_batch_identity(batch)};
    int rc = mp__append_frame(env, txn, sequence, batch->bytes, batch->size);
    if (rc == 0) rc = mp__put_identity(env, txn, &stored, 0);
    if (rc == 0) rc = mp__put_sequence(env, txn, sequence);
    if (rc != 0) return mp__abandon(env, txn, rc, error);
    status = mp__commit(env, txn, error);
    if (status == MP_OK) atomic_store(&env->sequence, sequence);
    return status;
}

enum mp_status mp_lmdb_repair(struct mp_lmdb *env, const struct mp_batch *batch,
                              struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && error != NULL);
    MP_ASSERT(batch != NULL && batch->size >= MP_BATCH_HEADER_SIZE);
    error->text[0] = '\0';
    MDB_txn *txn;
    enum mp_status status = mp__begin(env, &txn, error);
    if (status != MP_OK) return status;
    if (belongs(env, txn, batch)) return store(env, txn, batch, error);
    mdb_txn_abort(txn);
    return mp__fail(error, MP_STALE,
                    "In %s group %llu: another batch than the one offered belongs at index %llu.",
                    env->path, (unsigned long long)batch->group, (unsigned long long)batch->first);
}

enum mp_status mp_lmdb_find(struct mp_lmdb *env, const struct mp_lmdb_damage *damage,
                            mp_lmdb_on_frame on_frame, void *context,
                            struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && damage != NULL);
    MP_ASSERT(on_frame != NULL && error != NULL);
    error->text[0] = '\0';
    MDB_txn *txn;
    struct mp__rows rows;
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return mp__fail_mdb(env, rc, "begin a read", error);
    rc = mp__rows_open(&rows, env, txn, damage->group);
    if (rc != 0) {
        mdb_txn_abort(txn);
        return mp__fail_mdb(env, rc, "read a log", error);
    }
    enum mp__row row = mp__rows_seek(&rows, damage->last);
    bool here = row == MP__ROW_FOUND && rows.stored.identity.last == damage->last &&
                rows.stored.identity.checksum == damage->checksum;
    struct mp_batch batch;
    here = here &&
           mp__read_frame(env, txn, damage->group, &rows.stored, &batch, error) == MP_OK;
    if (here) (void)on_frame(context, &batch);
    mp__rows_close(&rows);
    mdb_txn_abort(txn);
    return here ? MP_OK : MP_STALE;
}
