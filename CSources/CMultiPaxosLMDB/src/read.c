/* Reading frames back, on any thread: each read has a transaction of its own, which sees one state
 * and holds up nobody. Nothing leaves here that was not verified. */
#include "rows.h"
#include "states.h"

static enum mp_status fail_batch(const struct mp_lmdb *env, uint64_t group,
                                 const struct mp_identity *identity, const char *what,
                                 struct mp_lmdb_error *error) {
    return mp__fail(error, MP_CORRUPT,
                    "In %s group %llu: the batch at index %llu, ballot %llu.%llu, %s.", env->path,
                    (unsigned long long)group, (unsigned long long)identity->first,
                    (unsigned long long)identity->ballot.round,
                    (unsigned long long)identity->ballot.node, what);
}

static enum mp_status fail_row(const struct mp_lmdb *env, uint64_t group, uint64_t index,
                               const char *what, struct mp_lmdb_error *error) {
    return mp__fail(error, MP_CORRUPT,
                    "In %s group %llu: the identity of the batch at index %llu %s; its ballot is "
                    "unknown.",
                    env->path, (unsigned long long)group, (unsigned long long)index, what);
}

bool mp__frame_matches(const struct mp_batch *batch, uint64_t group,
                       const struct mp_identity *identity) {
    return batch->group == group && batch->first == identity->first &&
           batch->last == identity->last && mp_ballot_equal(batch->ballot, identity->ballot) &&
           batch->previous == identity->previous && batch->checksum == identity->checksum &&
           batch->voters == identity->voters &&
           batch->admissions == identity->admissions && batch->size == identity->size;
}

enum mp_status mp__read_frame(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                              const struct mp__stored *stored, struct mp_batch *batch,
                              struct mp_lmdb_error *error) {
    uint8_t bytes[MP__SEQUENCE_KEY_SIZE];
    mp__put_sequence_key(bytes, stored->sequence);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    const struct mp_identity *identity = &stored->identity;
    int rc = mdb_get(txn, env->batches, &key, &value);
    if (rc == MDB_NOTFOUND) return fail_batch(env, group, identity, "is missing", error);
    if (rc != 0) return fail_batch(env, group, identity, mdb_strerror(rc), error);
    if (mp_batch_decode(value.mv_data, value.mv_size, batch) != MP_OK) {
        return fail_batch(env, group, identity, "does not match its checksum", error);
    }
    if (mp__frame_matches(batch, group, identity)) return MP_OK;
    return fail_batch(env, group, identity, "is not the one its identity names", error);
}

enum mp_status mp__read_hard(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                             struct mp_hard_state *hard, struct mp_lmdb_error *error) {
    struct mp__state state;
    *hard = (struct mp_hard_state){0};
    int rc = mp__state_get(env, txn, group, &state);
    if (rc == MDB_NOTFOUND) return MP_OK;
    if (rc != 0) return mp__fail_mdb(env, rc, "read a group", error);
    if (!state.known) {
        return mp__fail(error, MP_CORRUPT, "In %s group %llu: its hard state is damaged.",
                        env->path, (unsigned long long)group);
    }
    *hard = state.hard.state;
    return MP_OK;
}

struct reading {
    const struct mp_lmdb *env;
    MDB_txn *txn;
    uint64_t group;
    uint64_t from;
    uint64_t through;
    uint64_t tip; /* The last index the group should have; 0 if it is unknown. */
    mp_lmdb_on_frame on_frame;
    void *context;
};

static enum mp_status read_rows(const struct reading *reading, struct mp__rows *rows,
                                struct mp_lmdb_error *error) {
    const struct mp_lmdb *env = reading->env;
    uint64_t expected = reading->from;
    uint64_t previous = 0;
    enum mp__row row = mp__rows_seek(rows, reading->from);
    for (; row == MP__ROW_FOUND; row = mp__rows_next(rows)) {
        const struct mp_identity *identity = &rows->stored.identity;
        bool begun = expected != reading->from;
        if (identity->first > expected && expected <= reading->through) {
            return fail_row(env, reading->group, expected, "is missing", error);
        }
        if (identity->last > reading->through) return MP_OK;
        if (begun && identity->previous != previous) {
            return fail_batch(env, reading->group, identity, "does not follow the one before",
                              error);
        }
        struct mp_batch batch;
        enum mp_status status =
            mp__read_frame(env, reading->txn, reading->group, &rows->stored, &batch, error);
        if (status != MP_OK) return status;
        if (!reading->on_frame(reading->context, &batch)) return MP_OK;
        expected = identity->last + 1;
        previous = identity->checksum;
    }
    if (row == MP__ROW_FAILED) return mp__fail_mdb(env, rows->rc, "read a log", error);
    if (row == MP__ROW_DAMAGED) {
        if (rows->first > reading->through) return MP_OK;
        return fail_row(env, reading->group, rows->first, "is damaged", error);
    }
    bool all = expected > reading->through || expected > reading->tip;
    return all ? MP_OK : fail_row(env, reading->group, expected, "is missing", error);
}

enum mp_status mp_lmdb_read(struct mp_lmdb *env, uint64_t group, uint64_t from, uint64_t through,
                            mp_lmdb_on_frame on_frame, void *context,
                            struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && on_frame != NULL);
    MP_ASSERT(from > 0);
    error->text[0] = '\0';
    if (from > through) return MP_OK;
    struct reading reading = {
        .env = env,
        .group = group,
        .from = from,
        .through = through,
        .on_frame = on_frame,
        .context = context,
    };
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &reading.txn);
    if (rc != 0) return mp__fail_mdb(env, rc, "begin a read", error);
    struct mp_hard_state hard;
    enum mp_status status = mp__read_hard(env, reading.txn, group, &hard, error);
    reading.tip = hard.tip.index;
    if (status == MP_OK && from <= hard.trimmed.index) {
        status = mp__fail(error, MP_TRIMMED, "In %s group %llu: the log begins after index %llu.",
                          env->path, (unsigned long long)group,
                          (unsigned long long)hard.trimmed.index);
    }
    struct mp__rows rows;
    if (status == MP_OK) {
        rc = mp__rows_open(&rows, env, reading.txn, group);
        if (rc != 0) status = mp__fail_mdb(env, rc, "read a log", error);
    }
    if (status == MP_OK) {
        status = read_rows(&reading, &rows, error);
        mp__rows_close(&rows);
    }
    mdb_txn_abort(reading.txn);
    return status;
}

bool mp_lmdb_holds(struct mp_lmdb *env, uint64_t group, const struct mp_point *point) {
    MP_ASSERT(env != NULL && point != NULL);
    MDB_txn *txn;
    struct mp__rows rows;
    if (mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn) != 0) return false;
    bool holds = false;
    if (mp__rows_open(&rows, env, txn, group) == 0) {
        const struct mp_identity *identity = &rows.stored.identity;
        holds = mp__rows_seek(&rows, point->index) == MP__ROW_FOUND &&
                identity->last == point->index && identity->checksum == point->checksum &&
                mp_ballot_equal(identity->ballot, point->ballot);
        mp__rows_close(&rows);
    }
    mdb_txn_abort(txn);
    return holds;
}
