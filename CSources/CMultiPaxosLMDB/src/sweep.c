/* Deleting what a snapshot stands for, a little at a time: no transaction is long, and what is
 * deleted is found by looking, so that a crash leaves nothing but more to look for. */
#include "rows.h"

enum { ROWS_MAX = 256, PAGES_MAX = 2048, SLACK_PAGES = 24 };

/* What is left of the bounds of one transaction. */
struct budget {
    uint32_t rows;
    uint64_t pages;
    bool spent;
};

static bool spend(struct budget *budget, uint64_t pages) {
    budget->spent = budget->rows == 0 || budget->pages == 0;
    if (budget->spent) return false;
    budget->rows -= 1;
    budget->pages -= pages < budget->pages ? pages : budget->pages;
    return true;
}

/* A row that cannot be read names no frame: the frame stays, and takes its space. */
static int sweep_log(struct mp_lmdb *env, MDB_txn *txn, uint64_t group, uint64_t trimmed,
                     struct budget *budget) {
    struct mp__rows rows;
    int rc = mp__rows_open(&rows, env, txn, group);
    if (rc != 0) return rc;
    enum mp__row row = MP__ROW_END;
    while (rc == 0) {
        row = mp__rows_from(&rows, 0);
        if (row == MP__ROW_END || row == MP__ROW_FAILED || rows.first > trimmed) break;
        if (!spend(budget, mp__value_pages(env, rows.stored.identity.size))) break;
        if (row == MP__ROW_FOUND) rc = mp__delete_frame(env, txn, rows.stored.sequence);
        if (rc == 0) rc = mdb_cursor_del(rows.cursor, 0);
    }
    if (rc == 0 && row == MP__ROW_FAILED) rc = rows.rc;
    mp__rows_close(&rows);
    return rc;
}

/* Rows of a group whose keys begin with the group and an index from `from` to below `end`. */
struct range {
    uint64_t group;
    uint64_t from;
    uint64_t end;
};

static int sweep_range(MDB_txn *txn, MDB_dbi dbi, const struct range *range, uint64_t row_pages,
                       struct budget *budget) {
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, dbi, &cursor);
    if (rc != 0) return rc;
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    mp__put_identity_key(bytes, range->group, range->from);
    while (rc == 0) {
        MDB_val key = {sizeof bytes, bytes};
        MDB_val value;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        if (rc != 0) break;
        bool within = key.mv_size >= sizeof bytes && mp__get_key(key.mv_data) == range->group &&
                      mp__get_key((const uint8_t *)key.mv_data + 8) < range->end;
        if (!within || !spend(budget, row_pages)) break;
        rc = mdb_cursor_del(cursor, 0);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

int mp__delete_later(MDB_txn *txn, MDB_dbi dbi, uint64_t group, uint64_t index) {
    MP_ASSERT(index < UINT64_MAX);
    struct budget all = {.rows = UINT32_MAX, .pages = UINT64_MAX};
    struct range later = {.group = group, .from = index + 1, .end = UINT64_MAX};
    return sweep_range(txn, dbi, &later, 0, &all);
}

/* Deleting takes pages, too; a full disk gives them from the reserve. */
static enum mp_status require_space(struct mp_lmdb *env, MDB_txn *txn,
                                    struct mp_lmdb_error *error) {
    uint64_t pages = SLACK_PAGES;
    const MDB_dbi trees[] = {env->batches, env->identity, env->chunks, env->snapshots};
    int rc = 0;
    for (size_t i = 0; i < sizeof trees / sizeof trees[0] && rc == 0; i += 1) {
        rc = mp__tree_pages(txn, trees[i], ROWS_MAX, &pages);
    }
    if (rc != 0) return mp__fail_mdb(env, rc, "measure the trees", error);
    pages += (pages + PAGES_MAX + MP_BATCH_SIZE_MAX / env->space.page) / 256;
    return mp__space_require(env, pages, 1, MP__SPACE_PROMISE, error);
}

static uint64_t chunk_pages(const struct mp_lmdb *env) {
    return mp__value_pages(env, MP__CHUNK_OVERHEAD + MP_LMDB_CHUNK_SIZE);
}

static int sweep(struct mp_lmdb *env, MDB_txn *txn, uint64_t group, uint64_t trimmed,
                 uint64_t newest, struct budget *budget) {
    struct range older = {.group = group, .end = newest};
    int rc = sweep_log(env, txn, group, trimmed, budget);
    if (rc == 0) rc = sweep_range(txn, env->chunks, &older, chunk_pages(env), budget);
    /* A record goes when its chunks have gone. */
    if (rc == 0 && !budget->spent) rc = sweep_range(txn, env->snapshots, &older, 0, budget);
    return rc;
}

/* Commit what was deleted, if anything was. */
static enum mp_status finish(struct mp_lmdb *env, MDB_txn *txn, int rc,
                             const struct budget *budget, bool *more,
                             struct mp_lmdb_error *error) {
    if (rc != 0) return mp__abandon(env, txn, rc, error);
    if (budget->rows == ROWS_MAX) {
        mdb_txn_abort(txn);
        return MP_OK;
    }
    *more = budget->spent;
    return mp__commit(env, txn, error);
}

/* A transaction with space for what deleting takes, and the newest snapshot of a group. */
static enum mp_status begin(struct mp_lmdb *env, uint64_t group, MDB_txn **txn,
                            struct mp_lmdb_snapshot *newest, struct mp_lmdb_error *error) {
    error->text[0] = '\0';
    *newest = (struct mp_lmdb_snapshot){0};
    enum mp_status status = mp__begin(env, txn, error);
    if (status != MP_OK) return status;
    status = mp__find_snapshot(env, *txn, group, newest, error);
    if (status == MP_OK || status == MP_UNKNOWN_GROUP) status = require_space(env, *txn, error);
    if (status != MP_OK) mdb_txn_abort(*txn);
    return status;
}

enum mp_status mp_lmdb_sweep(struct mp_lmdb *env, uint64_t group, bool *more,
                             struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && more != NULL && error != NULL);
    *more = false;
    MDB_txn *txn;
    struct mp_lmdb_snapshot newest;
    enum mp_status status = begin(env, group, &txn, &newest, error);
    if (status != MP_OK) return status;
    struct mp_hard_state hard;
    status = mp__read_hard(env, txn, group, &hard, error);
    if (status != MP_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    struct budget budget = {.rows = ROWS_MAX, .pages = PAGES_MAX};
    int rc = sweep(env, txn, group, hard.trimmed.index, newest.point.index, &budget);
    return finish(env, txn, rc, &budget, more, error);
}

enum mp_status mp_lmdb_drop_chunks(struct mp_lmdb *env, uint64_t group, bool *more,
                                   struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && more != NULL && error != NULL);
    *more = false;
    MDB_txn *txn;
    struct mp_lmdb_snapshot newest;
    enum mp_status status = begin(env, group, &txn, &newest, error);
    if (status != MP_OK) return status;
    struct budget budget = {.rows = ROWS_MAX, .pages = PAGES_MAX};
    struct range later = {.group = group, .from = newest.point.index + 1, .end = UINT64_MAX};
    int rc = sweep_range(txn, env->chunks, &later, chunk_pages(env), &budget);
    return finish(env, txn, rc, &budget, more, error);
}
