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

/* Delete the rows of a group, with keys that begin with group and index, below an index. */
static int sweep_below(MDB_txn *txn, MDB_dbi dbi, uint64_t group, uint64_t index,
                       uint64_t row_pages, struct budget *budget) {
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, dbi, &cursor);
    if (rc != 0) return rc;
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    mp__put_identity_key(bytes, group, 0);
    while (rc == 0) {
        MDB_val key = {sizeof bytes, bytes};
        MDB_val value;
        rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
        if (rc != 0) break;
        bool older = key.mv_size >= sizeof bytes && mp__get_key(key.mv_data) == group &&
                     mp__get_key((const uint8_t *)key.mv_data + 8) < index;
        if (!older || !spend(budget, row_pages)) break;
        rc = mdb_cursor_del(cursor, 0);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
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

static int sweep(struct mp_lmdb *env, MDB_txn *txn, uint64_t group, uint64_t trimmed,
                 uint64_t newest, struct budget *budget) {
    uint64_t chunk_pages = mp__value_pages(env, MP__CHUNK_OVERHEAD + MP_LMDB_CHUNK_SIZE);
    int rc = sweep_log(env, txn, group, trimmed, budget);
    if (rc == 0) rc = sweep_below(txn, env->chunks, group, newest, chunk_pages, budget);
    /* A record goes when its chunks have gone. */
    if (rc == 0 && !budget->spent) rc = sweep_below(txn, env->snapshots, group, newest, 0, budget);
    return rc;
}

enum mp_status mp_lmdb_sweep(struct mp_lmdb *env, uint64_t group, bool *more,
                             struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && more != NULL && error != NULL);
    error->text[0] = '\0';
    *more = false;
    MDB_txn *txn;
    enum mp_status status = mp__begin(env, &txn, error);
    if (status != MP_OK) return status;
    struct mp_hard_state hard;
    struct mp_lmdb_snapshot newest;
    status = mp__read_hard(env, txn, group, &hard, error);
    if (status == MP_OK) {
        enum mp_status found = mp__find_snapshot(env, txn, group, &newest, error);
        if (found != MP_OK && found != MP_UNKNOWN_GROUP) status = found;
    }
    if (status == MP_OK) status = require_space(env, txn, error);
    struct budget budget = {.rows = ROWS_MAX, .pages = PAGES_MAX};
    int rc = 0;
    if (status == MP_OK) {
        rc = sweep(env, txn, group, hard.trimmed.index, newest.point.index, &budget);
    }
    if (rc != 0) return mp__abandon(env, txn, rc, error);
    if (status != MP_OK || budget.rows == ROWS_MAX) {
        mdb_txn_abort(txn);
        return status;
    }
    *more = budget.spent;
    return mp__commit(env, txn, error);
}
