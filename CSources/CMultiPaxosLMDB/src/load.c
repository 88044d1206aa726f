/* Reporting every group as it was stored, or that it is lost.
 *
 * Absent and lost are told apart: a group is absent only if nothing of it is here. A hard state
 * without its log, a log without its hard state, a gap between commit point and tip, a frame that
 * does not match: each makes its group lost, and no other. */
#include <stdlib.h>

#include "rows.h"
#include "states.h"

/* The batches after a commit point, as they are gathered; kept from group to group. */
struct suffix {
    struct mp_identity *identities;
    uint32_t count;
    uint32_t capacity;
};

struct loading {
    struct mp_lmdb *env;
    MDB_txn *txn;
    mp_lmdb_on_group on_group;
    void *context;
    struct suffix suffix;
    struct mp__states states;
};

static void *grow(void *array, size_t count, size_t size) {
    return count > SIZE_MAX / size ? NULL : realloc(array, count * size);
}

static bool remember_identity(struct suffix *suffix, const struct mp_identity *identity) {
    if (suffix->count == suffix->capacity) {
        uint32_t capacity = suffix->capacity == 0 ? MP_UNCOMMITTED_MAX : suffix->capacity * 2;
        void *grown = grow(suffix->identities, capacity, sizeof *suffix->identities);
        if (grown == NULL) return false;
        suffix->identities = grown;
        suffix->capacity = capacity;
    }
    suffix->identities[suffix->count] = *identity;
    suffix->count += 1;
    return true;
}

static enum mp_status fail_memory(struct mp_lmdb_error *error) {
    return mp__fail(error, MP_SYSTEM, "There is no memory left to load the logs.");
}

static enum mp_status fail_lost(const struct loading *loading, uint64_t group, uint64_t index,
                                struct mp_ballot ballot, const char *what,
                                struct mp_lmdb_error *error) {
    return mp__fail(error, MP_CORRUPT,
                    "In %s group %llu: the log at index %llu, ballot %llu.%llu, %s.",
                    loading->env->path, (unsigned long long)group, (unsigned long long)index,
                    (unsigned long long)ballot.round, (unsigned long long)ballot.node, what);
}

static bool ends_at(const struct mp_identity *identity, const struct mp_point *point) {
    return identity->last == point->index && identity->checksum == point->checksum &&
           mp_ballot_equal(identity->ballot, point->ballot);
}

/* Go behind the commit point, after checking that the batch which ends there is the one. */
static enum mp_status pass_commit(const struct loading *loading, struct mp__rows *rows,
                                  const struct mp_hard_state *hard, enum mp__row *row,
                                  struct mp_lmdb_error *error) {
    const struct mp_point *commit = &hard->commit;
    if (commit->index > hard->tip.index) {
        return fail_lost(loading, rows->group, commit->index, commit->ballot,
                         "is committed beyond its tip", error);
    }
    const struct mp_point *trimmed = &hard->trimmed;
    bool sound = trimmed->index <= commit->index;
    if (trimmed->index == commit->index) {
        sound = trimmed->checksum == commit->checksum &&
                mp_ballot_equal(trimmed->ballot, commit->ballot);
        if (sound) *row = mp__rows_from(rows, commit->index + 1);
        if (sound) return MP_OK;
    }
    if (!sound) {
        return fail_lost(loading, rows->group, commit->index, commit->ballot,
                         "is not committed as far as it is trimmed", error);
    }
    *row = mp__rows_seek(rows, commit->index);
    if (*row == MP__ROW_FAILED) return MP_OK;
    if (*row != MP__ROW_FOUND || !ends_at(&rows->stored.identity, commit)) {
        return fail_lost(loading, rows->group, commit->index, commit->ballot,
                         "lacks the batch that is committed there", error);
    }
    *row = mp__rows_next(rows);
    return MP_OK;
}

/* Gather the identities from the commit point to the tip. MP_CORRUPT if they are not one chain. */
static enum mp_status gather(struct loading *loading, struct mp__rows *rows, enum mp__row row,
                             const struct mp_hard_state *hard, struct mp_lmdb_error *error) {
    struct mp_point end = hard->commit;
    for (; row == MP__ROW_FOUND; row = mp__rows_next(rows)) {
        const struct mp_identity *identity = &rows->stored.identity;
        bool next = identity->first == end.index + 1;
        if (!next || identity->previous != end.checksum || identity->last > hard->tip.index) {
            return fail_lost(loading, rows->group, end.index + 1, identity->ballot,
                             next ? "breaks the chain" : "has a gap", error);
        }
        if (!remember_identity(&loading->suffix, identity)) return fail_memory(error);
        end = (struct mp_point){identity->last, identity->ballot, identity->checksum};
    }
    if (row == MP__ROW_FAILED) return mp__fail_mdb(loading->env, rows->rc, "read a log", error);
    if (row == MP__ROW_DAMAGED) {
        return fail_lost(loading, rows->group, rows->first, hard->tip.ballot,
                         "has a damaged identity (the ballot is the tip's)", error);
    }
    bool same = end.index == hard->tip.index && end.checksum == hard->tip.checksum &&
                mp_ballot_equal(end.ballot, hard->tip.ballot);
    if (same) return MP_OK;
    return fail_lost(loading, rows->group, hard->tip.index, hard->tip.ballot,
                     "does not reach its tip", error);
}

/* Read every frame behind the commit point, and keep the first complaint. */
static enum mp_status verify_frames(const struct loading *loading, struct mp__rows *rows,
                                    const struct mp_hard_state *hard,
                                    struct mp_lmdb_error *error) {
    enum mp__row row = mp__rows_from(rows, hard->commit.index + 1);
    for (; row == MP__ROW_FOUND; row = mp__rows_next(rows)) {
        struct mp_batch batch;
        enum mp_status status = mp__read_frame(loading->env, loading->txn, rows->group,
                                               &rows->stored, &batch, error);
        if (status != MP_OK) return status;
    }
    return row == MP__ROW_FAILED ? mp__fail_mdb(loading->env, rows->rc, "read a log", error)
                                 : MP_OK;
}

/* The identities behind the commit point, one chain up to the tip. */
static enum mp_status load_suffix(struct loading *loading, uint64_t group,
                                  const struct mp_hard_state *hard, struct mp_lmdb_error *error) {
    struct mp__rows rows;
    int rc = mp__rows_open(&rows, loading->env, loading->txn, group);
    if (rc != 0) return mp__fail_mdb(loading->env, rc, "read a log", error);
    enum mp__row row = MP__ROW_END;
    loading->suffix.count = 0;
    enum mp_status status = pass_commit(loading, &rows, hard, &row, error);
    if (status == MP_OK) status = gather(loading, &rows, row, hard, error);
    mp__rows_close(&rows);
    if (status != MP_OK) loading->suffix.count = 0;
    return status;
}

static enum mp_status load_frames(struct loading *loading, uint64_t group,
                                  const struct mp_hard_state *hard, struct mp_lmdb_error *error) {
    struct mp__rows rows;
    int rc = mp__rows_open(&rows, loading->env, loading->txn, group);
    if (rc != 0) return mp__fail_mdb(loading->env, rc, "read a log", error);
    enum mp_status status = verify_frames(loading, &rows, hard, error);
    mp__rows_close(&rows);
    return status;
}

/* What was written since is not seen by a read that began before. */
static enum mp_status look_anew(struct loading *loading, struct mp_lmdb_error *error) {
    mdb_txn_reset(loading->txn);
    int rc = mdb_txn_renew(loading->txn);
    return rc == 0 ? MP_OK : mp__fail_mdb(loading->env, rc, "begin a read", error);
}

static bool ignore_damage(void *context, const struct mp_lmdb_damage *damage,
                          const struct mp_lmdb_error *error) {
    (void)context;
    (void)damage;
    (void)error;
    return true; /* What remains is found by reading again. */
}

/* MP_OK if something was mended. */
static enum mp_status mend(struct loading *loading, uint64_t group, struct mp_lmdb_error *error) {
    uint32_t all = 0;
    uint32_t mended = 0;
    enum mp_status status = MP_OK;
    do {
        status = mp_lmdb_mend(loading->env, group, ignore_damage, NULL, &mended, error);
        all += mended;
    } while (status == MP_OK && mended > 0);
    enum mp_status renewed = look_anew(loading, error);
    if (renewed != MP_OK) return renewed;
    return all > 0 && status == MP_OK ? MP_OK : MP_CORRUPT;
}

static void report(struct loading *loading, const struct mp__state *state,
                   enum mp_lmdb_health health, const struct mp_lmdb_error *error) {
    static const struct mp_hard_state none;
    loading->on_group(loading->context, state->group, state->known ? &state->hard.state : &none,
                      loading->suffix.identities, loading->suffix.count, health, error);
}

static void report_lost(struct loading *loading, const struct mp__state *state, const char *what) {
    struct mp_lmdb_error lost;
    (void)mp__fail(&lost, MP_CORRUPT, "In %s group %llu: %s.", loading->env->path,
                   (unsigned long long)state->group, what);
    loading->suffix.count = 0;
    report(loading, state, MP_LMDB_LOST, &lost);
}

/* The first complaint stands, also when what it complains of could be mended. */
static enum mp_status load_log(struct loading *loading, const struct mp__state *state,
                               struct mp_lmdb_error *error) {
    struct mp_lmdb_error damage = {{0}};
    struct mp_lmdb_error more = {{0}};
    const struct mp_hard_state *hard = &state->hard.state;
    if (state->single) {
        (void)mp__fail(&damage, MP_CORRUPT,
                       "In %s group %llu: one of two copies of its hard state was damaged; the "
                       "other is used.",
                       loading->env->path, (unsigned long long)state->group);
    }
    enum mp_status status = load_suffix(loading, state->group, hard, &more);
    if (status == MP_CORRUPT) {
        damage = more;
        status = mend(loading, state->group, &more);
        if (status == MP_OK) status = load_suffix(loading, state->group, hard, &more);
    }
    enum mp_lmdb_health health = status == MP_OK ? MP_LMDB_WHOLE : MP_LMDB_LOST;
    if (status == MP_OK) status = load_frames(loading, state->group, hard, &more);
    if (status == MP_CORRUPT && health == MP_LMDB_WHOLE) {
        health = MP_LMDB_DAMAGED;
        damage = more;
    }
    if (status != MP_OK && status != MP_CORRUPT) {
        *error = more;
        return status;
    }
    report(loading, state, health, &damage);
    return MP_OK;
}

static enum mp_status load_state(struct loading *loading, const struct mp__state *state,
                                 struct mp_lmdb_error *error) {
    if (state->known) return load_log(loading, state, error);
    report_lost(loading, state,
                state->newer ? "its hard state is of a newer format"
                             : "its hard state is damaged in both copies; promise, index and "
                               "ballot are unknown");
    return MP_OK;
}

/* Logs whose hard state is gone. One look per group. */
static enum mp_status load_orphans(struct loading *loading, struct mp_lmdb_error *error) {
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(loading->txn, loading->env->identity, &cursor);
    if (rc != 0) return mp__fail_mdb(loading->env, rc, "read the logs", error);
    uint8_t bytes[MP__IDENTITY_KEY_SIZE] = {0};
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    uint64_t next = 0;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)) == 0) {
        uint64_t group = key.mv_size == sizeof bytes ? mp__get_key(key.mv_data) : 0;
        if (mp__states_find(&loading->states, group) == NULL) {
            struct mp__state none = {.group = group};
            report_lost(loading, &none, "it has a log but no hard state");
        }
        /* A damaged key may stand out of order; never go back to it. */
        if (group == UINT64_MAX || group < next) break;
        next = group + 1;
        mp__put_identity_key(bytes, next, 0);
        key = (MDB_val){sizeof bytes, bytes};
    }
    mdb_cursor_close(cursor);
    if (rc == 0 || rc == MDB_NOTFOUND) return MP_OK;
    return mp__fail_mdb(loading->env, rc, "read the logs", error);
}

/* A full disk keeps the copies as they are; the next write of the group writes both. */
static enum mp_status restore(struct loading *loading, struct mp_lmdb_error *error) {
    enum mp_status status = mp__states_restore(loading->env, &loading->states, error);
    if (status != MP_OK && status != MP_FULL) return status;
    return look_anew(loading, error);
}

enum mp_status mp_lmdb_load(struct mp_lmdb *env, mp_lmdb_on_group on_group, void *context,
                            struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && on_group != NULL);
    MP_ASSERT(error != NULL);
    error->text[0] = '\0';
    struct loading loading = {.env = env, .on_group = on_group, .context = context};
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &loading.txn);
    if (rc != 0) return mp__fail_mdb(env, rc, "begin a read", error);
    enum mp_status status = mp__states_read(env, loading.txn, &loading.states, error);
    if (status == MP_OK) status = restore(&loading, error);
    for (size_t i = 0; status == MP_OK && i < loading.states.count; i += 1) {
        status = load_state(&loading, &loading.states.list[i], error);
    }
    if (status == MP_OK) status = load_orphans(&loading, error);
    mdb_txn_abort(loading.txn);
    free(loading.suffix.identities);
    mp__states_free(&loading.states);
    return status;
}
