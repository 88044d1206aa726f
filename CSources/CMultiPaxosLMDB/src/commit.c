/* The one way writes become durable: everything in one transaction, one flush.
 *
 * A frame is copied once, into LMDB's page, from where it is written as it was received. Its key is
 * the next storage sequence, so the tree of frames only ever grows at its end. */
#include <errno.h>

#include "rows.h"

enum { FRAME_OVERHEAD = 16, SLACK_PAGES = 24 };

enum mp_status mp__begin(struct mp_lmdb *env, MDB_txn **txn, struct mp_lmdb_error *error) {
    if (env->failed) {
        return mp__fail(error, MP_SYSTEM,
                        "An earlier commit in %s failed with unknown outcome; restart this node "
                        "after checking the disk.",
                        env->path);
    }
    int rc = mdb_txn_begin(env->mdb, NULL, 0, txn);
    return rc == 0 ? MP_OK : mp__fail_mdb(env, rc, "begin a transaction", error);
}

static enum mp_status fail_commit(struct mp_lmdb *env, int rc, struct mp_lmdb_error *error) {
    /* LMDB finds the map full while it hands out pages, before it writes the first of them. */
    if (rc == MDB_MAP_FULL) {
        return mp__fail(error, MP_FULL, "The map of %s is full; nothing was written. Raise it.",
                        env->path);
    }
    env->failed = true;
    return mp__fail(error, MP_SYSTEM,
                    "A commit in %s failed (%s); whether it was written is unknown. This node must "
                    "stop; check the disk, then start it again.",
                    env->path, mdb_strerror(rc));
}

enum mp_status mp__commit(struct mp_lmdb *env, MDB_txn *txn, struct mp_lmdb_error *error) {
    int rc = mdb_txn_commit(txn);
    if (rc != 0) return fail_commit(env, rc, error);
    atomic_fetch_add(&env->commits, 1);
    mp__space_measure(env);
    return MP_OK;
}

enum mp_status mp__abandon(struct mp_lmdb *env, MDB_txn *txn, int rc,
                           struct mp_lmdb_error *error) {
    mdb_txn_abort(txn);
    return fail_commit(env, rc, error);
}

/* What a commit will touch, counted before it. */
struct plan {
    uint64_t frames;
    uint64_t frame_pages;
    uint64_t longest; /* Of the frames. */
    uint64_t removed;
    uint64_t removed_pages;
};

uint64_t mp__value_pages(const struct mp_lmdb *env, uint64_t size) {
    return (FRAME_OVERHEAD + size + env->space.page - 1) / env->space.page;
}

/* Upper bound of the pages written when `rows` rows of a tree change: each path to a leaf, but no
 * page twice, and a split for each row. */
int mp__tree_pages(MDB_txn *txn, MDB_dbi dbi, uint64_t rows, uint64_t *pages) {
    if (rows == 0) return 0;
    MDB_stat stat;
    int rc = mdb_stat(txn, dbi, &stat);
    if (rc != 0) return rc;
    uint64_t all = stat.ms_branch_pages + stat.ms_leaf_pages;
    uint64_t paths = rows * stat.ms_depth;
    *pages += (paths < all ? paths : all) + rows + stat.ms_depth + 1;
    return 0;
}

static enum mp_status plan_truncation(struct mp_lmdb *env, MDB_txn *txn,
                                      const struct mp_write *write, struct plan *plan,
                                      struct mp_lmdb_error *error) {
    struct mp__rows rows;
    int rc = mp__rows_open(&rows, env, txn, write->group);
    if (rc != 0) return mp__fail_mdb(env, rc, "read a log", error);
    enum mp__row row = mp__rows_from(&rows, write->truncate_from);
    for (; row == MP__ROW_FOUND; row = mp__rows_next(&rows)) {
        plan->removed += 1;
        plan->removed_pages += mp__value_pages(env, rows.stored.identity.size);
    }
    mp__rows_close(&rows);
    if (row == MP__ROW_END) return MP_OK;
    if (row == MP__ROW_FAILED) return mp__fail_mdb(env, rows.rc, "read a log", error);
    return mp__fail(error, MP_SYSTEM,
                    "In %s group %llu: the identity of the batch at index %llu is damaged. Restart "
                    "this node; it will repair the group or ask for help.",
                    env->path, (unsigned long long)write->group, (unsigned long long)rows.first);
}

static enum mp_status require_space(struct mp_lmdb *env, MDB_txn *txn,
                                    const struct mp_lmdb_write *writes, uint32_t write_count,
                                    struct mp_lmdb_error *error) {
    struct plan plan = {0};
    for (uint32_t i = 0; i < write_count; i += 1) {
        if (writes[i].frame != NULL) {
            plan.frames += 1;
            uint64_t frame_pages = mp__value_pages(env, writes[i].identity.size);
            plan.frame_pages += frame_pages;
            if (frame_pages > plan.longest) plan.longest = frame_pages;
        }
        if (writes[i].write.truncate_from == 0) continue;
        enum mp_status status = plan_truncation(env, txn, &writes[i].write, &plan, error);
        if (status != MP_OK) return status;
    }
    uint64_t pages = plan.frame_pages + SLACK_PAGES;
    uint64_t rows = plan.frames + plan.removed;
    int rc = mp__tree_pages(txn, env->batches, rows, &pages);
    if (rc == 0) rc = mp__tree_pages(txn, env->identity, rows, &pages);
    if (rc == 0) rc = mp__tree_pages(txn, env->hard, write_count, &pages);
    if (rc == 0) rc = mp__tree_pages(txn, env->mirror, write_count, &pages);
    if (rc != 0) return mp__fail_mdb(env, rc, "measure the trees", error);
    pages += (pages + plan.removed_pages) / 256; /* Lists of freed pages, 500 to a page. */
    enum mp__space_use use = plan.frames == 0 ? MP__SPACE_PROMISE : MP__SPACE_TAKEN;
    return mp__space_require(env, pages, plan.longest, use, error);
}

int mp__delete_frame(struct mp_lmdb *env, MDB_txn *txn, uint64_t sequence) {
    uint8_t bytes[MP__SEQUENCE_KEY_SIZE];
    mp__put_sequence_key(bytes, sequence);
    MDB_val key = {sizeof bytes, bytes};
    int rc = mdb_del(txn, env->batches, &key, NULL);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* The cursor looks anew after each deletion: simpler than what LMDB leaves it at. */
static int truncate_log(struct mp_lmdb *env, MDB_txn *txn, uint64_t group, uint64_t from) {
    struct mp__rows rows;
    int rc = mp__rows_open(&rows, env, txn, group);
    if (rc != 0) return rc;
    enum mp__row row = MP__ROW_FOUND;
    while (rc == 0 && (row = mp__rows_from(&rows, from)) == MP__ROW_FOUND) {
        rc = mp__delete_frame(env, txn, rows.stored.sequence);
        if (rc == 0) rc = mdb_cursor_del(rows.cursor, 0);
    }
    if (rc == 0 && row == MP__ROW_FAILED) rc = rows.rc;
    if (rc == 0 && row == MP__ROW_DAMAGED) rc = MDB_CORRUPTED;
    mp__rows_close(&rows);
    return rc;
}

int mp__append_frame(struct mp_lmdb *env, MDB_txn *txn, uint64_t sequence, const uint8_t *frame,
                     uint32_t size) {
    uint8_t bytes[MP__SEQUENCE_KEY_SIZE];
    mp__put_sequence_key(bytes, sequence);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value = {size, (void *)(uintptr_t)frame};
    return mdb_put(txn, env->batches, &key, &value, MDB_APPEND);
}

int mp__put_identity(struct mp_lmdb *env, MDB_txn *txn, const struct mp__stored *stored,
                     unsigned flags) {
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    uint8_t record[MP__IDENTITY_SIZE];
    mp__put_identity_key(bytes, stored->group, stored->identity.first);
    mp__encode_identity(record, stored);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value = {sizeof record, record};
    return mdb_put(txn, env->identity, &key, &value, flags);
}

int mp__put_hard(struct mp_lmdb *env, MDB_txn *txn, const struct mp__hard *hard) {
    uint8_t bytes[MP__GROUP_KEY_SIZE];
    uint8_t record[MP__HARD_BORN_SIZE];
    mp__put_group_key(bytes, hard->group);
    size_t size = mp__encode_hard(record, hard);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value = {size, record};
    int rc = mdb_put(txn, env->hard, &key, &value, 0);
    return rc == 0 ? mdb_put(txn, env->mirror, &key, &value, 0) : rc;
}

static int append(struct mp_lmdb *env, MDB_txn *txn, const struct mp_lmdb_write *write,
                  uint64_t sequence) {
    int rc = mp__append_frame(env, txn, sequence, write->frame, write->identity.size);
    if (rc != 0) return rc;
    struct mp__stored stored = {
        .group = write->write.group, .sequence = sequence, .identity = write->identity};
    /* A row in its place would leave a frame without an identity: the core truncates first. */
    return mp__put_identity(env, txn, &stored, MDB_NOOVERWRITE);
}

static int apply(struct mp_lmdb *env, MDB_txn *txn, const struct mp_lmdb_write *write,
                 uint64_t sequence) {
    int rc = 0;
    const struct mp_write *what = &write->write;
    if (what->truncate_from != 0) rc = truncate_log(env, txn, what->group, what->truncate_from);
    if (rc == 0 && write->frame != NULL) rc = append(env, txn, write, sequence);
    if (rc != 0) return rc;
    struct mp__hard hard = {.group = what->group, .sequence = sequence, .state = what->hard};
    return mp__put_hard(env, txn, &hard);
}

static void check_write(const struct mp_lmdb_write *write) {
    MP_ASSERT((write->frame != NULL) == (write->write.batch_first != 0));
    MP_ASSERT(write->write.hard.commit.index <= write->write.hard.tip.index);
    MP_ASSERT(write->write.hard.trimmed.index <= write->write.hard.commit.index);
    if (write->frame == NULL) return;
    const struct mp_identity *identity = &write->identity;
    MP_ASSERT(identity->first == write->write.batch_first);
    MP_ASSERT(identity->size >= MP_BATCH_HEADER_SIZE && identity->size <= MP_BATCH_SIZE_MAX);
    MP_ASSERT(identity->count > 0 && identity->last == identity->first + identity->count - 1);
}

enum mp_status mp_lmdb_commit(struct mp_lmdb *env, const struct mp_lmdb_write *writes,
                              uint32_t write_count, struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && error != NULL);
    MP_ASSERT(writes != NULL || write_count == 0);
    error->text[0] = '\0';
    for (uint32_t i = 0; i < write_count; i += 1) check_write(&writes[i]);
    if (write_count == 0) return MP_OK;
    MDB_txn *txn;
    enum mp_status status = mp__begin(env, &txn, error);
    if (status != MP_OK) return status;
    status = require_space(env, txn, writes, write_count, error);
    if (status != MP_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    uint64_t sequence = atomic_load(&env->sequence);
    uint64_t frames = 0;
    int rc = 0;
    for (uint32_t i = 0; rc == 0 && i < write_count; i += 1) {
        sequence += 1;
        frames += writes[i].frame != NULL;
        rc = apply(env, txn, &writes[i], sequence);
    }
    if (rc == 0) rc = mp__put_sequence(env, txn, sequence);
    if (rc != 0) return mp__abandon(env, txn, rc, error);
    status = mp__commit(env, txn, error);
    if (status != MP_OK) return status;
    atomic_store(&env->sequence, sequence);
    atomic_fetch_add(&env->frames, frames);
    return MP_OK;
}
