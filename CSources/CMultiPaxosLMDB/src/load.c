/* Reporting every group as it was stored, or that it is lost.
 *
 * Absent and lost are told apart: a group is absent only if nothing of it is here. A hard state
 * without its log, a log without its hard state, a gap between commit point and tip, a frame that
 * does not match: each makes its group lost, and no other. */
#include <stdlib.h>

#include "rows.h"

/* The batches after a commit point, as they are gathered; kept from group to group. */
struct suffix {
    struct mp_identity *identities;
    uint32_t count;
    uint32_t capacity;
};

/* The groups that were reported. */
struct seen {
    uint64_t *groups;
    size_t count;
    size_t capacity;
};

struct loading {
    struct mp_lmdb *env;
    MDB_txn *txn;
    mp_lmdb_on_group on_group;
    void *context;
    struct suffix suffix;
    struct seen seen;
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

static bool remember_group(struct seen *seen, uint64_t group) {
    if (seen->count == seen->capacity) {
        size_t capacity = seen->capacity == 0 ? 1024 : seen->capacity * 2;
        void *grown = grow(seen->groups, capacity, sizeof *seen->groups);
        if (grown == NULL) return false;
        seen->groups = grown;
        seen->capacity = capacity;
    }
    seen->groups[seen->count] = group;
    seen->count += 1;
    return true;
}

static int compare_groups(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
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
    if (commit->index == 0) {
        *row = mp__rows_from(rows, 0);
        return MP_OK;
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

/* The suffix is reported whenever the identities are one chain up to the tip: a lost frame can
 * then be asked for by name. */
static enum mp_status load_log(struct loading *loading, uint64_t group,
                               const struct mp_hard_state *hard, struct mp_lmdb_error *error) {
    struct mp__rows rows;
    int rc = mp__rows_open(&rows, loading->env, loading->txn, group);
    if (rc != 0) return mp__fail_mdb(loading->env, rc, "read a log", error);
    enum mp__row row = MP__ROW_END;
    loading->suffix.count = 0;
    enum mp_status status = pass_commit(loading, &rows, hard, &row, error);
    if (status == MP_OK) status = gather(loading, &rows, row, hard, error);
    if (status != MP_OK) loading->suffix.count = 0;
    if (status == MP_OK) status = verify_frames(loading, &rows, hard, error);
    mp__rows_close(&rows);
    return status;
}

static void report(struct loading *loading, uint64_t group, const struct mp_hard_state *hard,
                   bool lost, const struct mp_lmdb_error *error) {
    loading->on_group(loading->context, group, hard, loading->suffix.identities,
                      loading->suffix.count, lost, error);
}

static void report_lost(struct loading *loading, uint64_t group, const char *what) {
    struct mp_lmdb_error lost;
    struct mp_hard_state none = {0};
    (void)mp__fail(&lost, MP_CORRUPT, "In %s group %llu: %s.", loading->env->path,
                   (unsigned long long)group, what);
    loading->suffix.count = 0;
    report(loading, group, &none, true, &lost);
}

static enum mp_status load_hard(struct loading *loading, const MDB_val *key, const MDB_val *value,
                                struct mp_lmdb_error *error) {
    bool sized = key->mv_size == MP__GROUP_KEY_SIZE;
    uint64_t named = sized ? mp__get_key(key->mv_data) : 0;
    struct mp__hard hard;
    enum mp__verdict verdict = mp__decode_hard(value->mv_data, value->mv_size, &hard);
    uint64_t group = verdict == MP__SOUND ? hard.group : named;
    if (!remember_group(&loading->seen, group)) return fail_memory(error);
    if (verdict != MP__SOUND || !sized || named != group) {
        report_lost(loading, group,
                    verdict == MP__NEWER ? "its hard state is of a newer format"
                    : verdict == MP__SOUND
                        ? "the key of its hard state is damaged"
                        : "its hard state is damaged; promise, index and ballot are unknown");
        return MP_OK;
    }
    struct mp_lmdb_error damage = {{0}};
    enum mp_status status = load_log(loading, group, &hard.state, &damage);
    if (status != MP_OK && status != MP_CORRUPT) {
        *error = damage;
        return status;
    }
    report(loading, group, &hard.state, status == MP_CORRUPT, &damage);
    return MP_OK;
}

static enum mp_status load_all_hard(struct loading *loading, struct mp_lmdb_error *error) {
    MDB_cursor *cursor;
    MDB_stat stat;
    const struct mp_lmdb *env = loading->env;
    int rc = mdb_stat(loading->txn, env->hard, &stat);
    if (rc == 0) rc = mdb_cursor_open(loading->txn, env->hard, &cursor);
    if (rc != 0) return mp__fail_mdb(env, rc, "read the groups", error);
    MDB_val key;
    MDB_val value;
    size_t count = 0;
    enum mp_status status = MP_OK;
    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); rc == 0 && status == MP_OK;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        count += 1;
        status = load_hard(loading, &key, &value, error);
    }
    mdb_cursor_close(cursor);
    if (status != MP_OK) return status;
    if (rc != MDB_NOTFOUND) return mp__fail_mdb(env, rc, "read the groups", error);
    if (count == stat.ms_entries) return MP_OK;
    /* A group that cannot be seen would be taken for a new one, and voted for. */
    return mp__fail(error, MP_CORRUPT,
                    "%s should hold %zu groups and shows %zu: its tree is damaged. Remove this "
                    "voter and admit it again with a new directory.",
                    env->path, (size_t)stat.ms_entries, count);
}

/* Logs whose hard state is gone. One look per group. */
static enum mp_status load_orphans(struct loading *loading, struct mp_lmdb_error *error) {
    MDB_cursor *cursor;
    struct seen *seen = &loading->seen;
    if (seen->count > 0) qsort(seen->groups, seen->count, sizeof seen->groups[0], compare_groups);
    int rc = mdb_cursor_open(loading->txn, loading->env->identity, &cursor);
    if (rc != 0) return mp__fail_mdb(loading->env, rc, "read the logs", error);
    uint8_t bytes[MP__IDENTITY_KEY_SIZE] = {0};
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    uint64_t next = 0;
    while ((rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE)) == 0) {
        uint64_t group = key.mv_size == sizeof bytes ? mp__get_key(key.mv_data) : 0;
        bool known = seen->count > 0 && bsearch(&group, seen->groups, seen->count,
                                                sizeof seen->groups[0], compare_groups) != NULL;
        if (!known) report_lost(loading, group, "it has a log but no hard state");
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

enum mp_status mp_lmdb_load(struct mp_lmdb *env, mp_lmdb_on_group on_group, void *context,
                            struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && on_group != NULL);
    MP_ASSERT(error != NULL);
    error->text[0] = '\0';
    struct loading loading = {.env = env, .on_group = on_group, .context = context};
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &loading.txn);
    if (rc != 0) return mp__fail_mdb(env, rc, "begin a read", error);
    enum mp_status status = load_all_hard(&loading, error);
    if (status == MP_OK) status = load_orphans(&loading, error);
    mdb_txn_abort(loading.txn);
    free(loading.suffix.identities);
    free(loading.seen.groups);
    return status;
}
