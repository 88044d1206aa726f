/* Looking for damage before it is met: every identity, every frame, both copies of a hard state.
 * Reads are short transactions, on any thread; nothing is written. */
#include "rows.h"
#include "states.h"
#include "verify.h"

void mp__report(struct mp__verifying *verifying, const struct mp_lmdb_damage *damage,
                const struct mp_lmdb_error *error) {
    if (verifying->stopped) return; /* Whoever is told has no room for more. */
    if (!verifying->on_damage(verifying->context, damage, error)) verifying->stopped = true;
}

static void report_row(struct mp__verifying *verifying, uint64_t group, uint64_t index,
                       const char *what) {
    struct mp_lmdb_error error;
    struct mp_lmdb_damage damage = {.group = group, .first = index};
    (void)mp__fail(&error, MP_CORRUPT,
                   "In %s group %llu: the identity of the batch at index %llu %s; its ballot is "
                   "unknown.",
                   verifying->env->path, (unsigned long long)group, (unsigned long long)index,
                   what);
    mp__report(verifying, &damage, &error);
}

static void report_state(struct mp__verifying *verifying, uint64_t group, const char *what) {
    struct mp_lmdb_error error;
    struct mp_lmdb_damage damage = {.group = group};
    (void)mp__fail(&error, MP_CORRUPT, "In %s group %llu: %s.", verifying->env->path,
                   (unsigned long long)group, what);
    mp__report(verifying, &damage, &error);
}

static void verify_frame(struct mp__verifying *verifying, const struct mp__rows *rows) {
    struct mp_lmdb_error error;
    struct mp_batch batch;
    const struct mp_identity *identity = &rows->stored.identity;
    enum mp_status status = mp__read_frame(verifying->env, verifying->txn, rows->group,
                                           &rows->stored, &batch, &error);
    verifying->bytes += identity->size;
    if (status == MP_OK) return;
    struct mp_lmdb_damage damage = {
        .group = rows->group,
        .first = identity->first,
        .last = identity->last,
        .checksum = identity->checksum,
        .ballot = identity->ballot,
    };
    mp__report(verifying, &damage, &error);
}

/* The indices that a log has: what was trimmed need not be there. */
struct range {
    uint64_t first;
    uint64_t tip; /* 0: unknown. */
};

static struct range range_of(const struct mp__state *state) {
    if (!state->known) return (struct range){.first = 1};
    const struct mp_hard_state *hard = &state->hard.state;
    return (struct range){.first = hard->trimmed.index + 1, .tip = hard->tip.index};
}

static uint64_t later(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Where a walk along the identities of a group is. */
struct walk {
    uint64_t expected; /* The first index of the next batch; 0: unknown. */
    uint64_t previous; /* Its predecessor's checksum, if `chained`. */
    bool chained;
};

static void verify_row(struct mp__verifying *verifying, const struct mp__rows *rows,
                       enum mp__row row, struct walk *walk) {
    if (row == MP__ROW_DAMAGED) {
        report_row(verifying, rows->group, rows->first, "is damaged");
        *walk = (struct walk){0};
        return;
    }
    const struct mp_identity *identity = &rows->stored.identity;
    bool gap = walk->expected != 0 && identity->first > walk->expected;
    if (gap) report_row(verifying, rows->group, walk->expected, "is missing");
    bool broken = !gap && walk->chained && identity->previous != walk->previous;
    if (broken) report_row(verifying, rows->group, identity->first, "breaks the chain");
    verify_frame(verifying, rows);
    *walk = (struct walk){identity->last + 1, identity->checksum, true};
}

/* From the batch that holds `from` on. *next is where to go on, 0 at the end. */
static enum mp_status verify_rows(struct mp__verifying *verifying, uint64_t group, uint64_t from,
                                  uint64_t through, uint64_t tip, uint64_t *next,
                                  struct mp_lmdb_error *error) {
    struct mp__rows rows;
    *next = 0;
    int rc = mp__rows_open(&rows, verifying->env, verifying->txn, group);
    if (rc != 0) return mp__fail_mdb(verifying->env, rc, "read a log", error);
    struct walk walk = {.expected = from};
    enum mp__row row = mp__rows_seek(&rows, from);
    while (row == MP__ROW_FOUND || row == MP__ROW_DAMAGED) {
        bool enough = verifying->bytes >= verifying->budget || verifying->stopped;
        if (rows.first > through || enough) {
            *next = enough ? rows.first : 0;
            break;
        }
        verify_row(verifying, &rows, row, &walk);
        row = mp__rows_next(&rows);
    }
    mp__rows_close(&rows);
    if (row == MP__ROW_FAILED) {
        return mp__fail_mdb(verifying->env, rows.rc, "read a log", error);
    }
    bool cut = row == MP__ROW_END && walk.expected != 0 && walk.expected <= tip &&
               walk.expected <= through;
    if (cut) report_row(verifying, group, walk.expected, "is missing");
    return MP_OK;
}

/* Where the log of a group begins and ends, after a look at both copies of its hard state. False if
 * there is none. */
static bool verify_state(struct mp__verifying *verifying, uint64_t group, struct range *range) {
    struct mp__state state;
    int rc = mp__state_get(verifying->env, verifying->txn, group, &state);
    *range = range_of(&state);
    if (rc == MDB_NOTFOUND) {
        report_state(verifying, group, "it has a log but no hard state");
    } else if (!state.known) {
        report_state(verifying, group, "its hard state is damaged in both copies");
    } else if (state.single) {
        report_state(verifying, group, "one of two copies of its hard state is damaged");
    }
    return state.known;
}

static enum mp_status begin(struct mp__verifying *verifying, const struct mp_lmdb *env,
                            mp_lmdb_on_damage on_damage, void *context,
                            struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && on_damage != NULL);
    error->text[0] = '\0';
    *verifying = (struct mp__verifying){
        .env = env, .on_damage = on_damage, .context = context, .budget = UINT64_MAX};
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &verifying->txn);
    return rc == 0 ? MP_OK : mp__fail_mdb(env, rc, "begin a read", error);
}

enum mp_status mp_lmdb_verify(struct mp_lmdb *env, uint64_t group, uint64_t from, uint64_t through,
                              mp_lmdb_on_damage on_damage, void *context,
                              struct mp_lmdb_error *error) {
    MP_ASSERT(from > 0);
    struct mp__verifying verifying;
    enum mp_status status = begin(&verifying, env, on_damage, context, error);
    if (status != MP_OK) return status;
    uint64_t next = 0;
    struct range range;
    (void)verify_state(&verifying, group, &range);
    if (!verifying.stopped) {
        from = later(from, range.first);
        status = verify_rows(&verifying, group, from, through, range.tip, &next, error);
    }
    mdb_txn_abort(verifying.txn);
    return status;
}

/* The first group in a database with a key at `place` or later. False at the end. */
static bool find_group(const struct mp__verifying *verifying, MDB_dbi dbi,
                       const struct mp_lmdb_place *place, uint64_t *group, int *rc) {
    MDB_cursor *cursor;
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    mp__put_identity_key(bytes, place->group, place->first);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    *rc = mdb_cursor_open(verifying->txn, dbi, &cursor);
    if (*rc != 0) return false;
    *rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    bool found = *rc == 0 && key.mv_size == MP__IDENTITY_KEY_SIZE;
    if (found) *group = mp__get_key(key.mv_data);
    mdb_cursor_close(cursor);
    if (*rc == MDB_NOTFOUND) *rc = 0;
    /* A damaged key may stand out of order; never go back to it. */
    return found && *group >= place->group;
}

/* The first log or snapshot at `place` or later; false at the end. */
static bool find_place(const struct mp__verifying *verifying, struct mp_lmdb_place *place,
                       int *rc) {
    if (place->chunk != 0) return true;
    uint64_t group = UINT64_MAX;
    uint64_t other = UINT64_MAX;
    bool found = find_group(verifying, verifying->env->identity, place, &group, rc);
    if (*rc != 0) return false;
    const struct mp_lmdb_place any = {.group = place->group};
    bool also = find_group(verifying, verifying->env->snapshots, &any, &other, rc);
    if (*rc != 0 || (!found && !also)) return false;
    if (other < group) group = other;
    if (group != place->group) *place = (struct mp_lmdb_place){.group = group};
    return true;
}

/* Both copies of the hard state are looked at once, at the beginning of the group. */
static struct range look(struct mp__verifying *verifying, const struct mp_lmdb_place *place,
                         int *rc) {
    struct range range = {.first = 1};
    if (place->first == 0) {
        (void)verify_state(verifying, place->group, &range);
        return range;
    }
    struct mp__state state;
    *rc = mp__state_get(verifying->env, verifying->txn, place->group, &state);
    if (*rc == MDB_NOTFOUND) *rc = 0;
    if (*rc == 0) range = range_of(&state);
    range.tip = 0;
    return range;
}

/* The log, or as much of it as the budget allows; then the snapshots are next. */
static int scrub_log(struct mp__verifying *verifying, struct mp_lmdb_place *place,
                     enum mp_status *status, struct mp_lmdb_error *error) {
    int rc = 0;
    uint64_t next = 0;
    struct range range = look(verifying, place, &rc);
    if (rc != 0) return rc;
    uint64_t from = later(place->first, range.first);
    *status = verify_rows(verifying, place->group, from, UINT64_MAX, range.tip, &next, error);
    place->first = next;
    if (next == 0) place->chunk = 1;
    return 0;
}

enum mp_status mp_lmdb_scrub(struct mp_lmdb *env, struct mp_lmdb_place *place, uint64_t *bytes,
                             mp_lmdb_on_damage on_damage, void *context,
                             struct mp_lmdb_error *error) {
    MP_ASSERT(place != NULL && bytes != NULL);
    struct mp__verifying verifying;
    enum mp_status status = begin(&verifying, env, on_damage, context, error);
    if (status != MP_OK) return status;
    verifying.budget = *bytes;
    int rc = 0;
    bool more = true;
    while (status == MP_OK && rc == 0 && more && verifying.bytes < verifying.budget &&
           !verifying.stopped) {
        more = find_place(&verifying, place, &rc);
        if (!more) break;
        if (place->chunk == 0) {
            rc = scrub_log(&verifying, place, &status, error);
            continue;
        }
        status = mp__verify_snapshots(&verifying, place->group, &place->chunk, error);
        if (place->chunk != 0) continue;
        more = place->group != UINT64_MAX;
        *place = (struct mp_lmdb_place){.group = place->group + 1};
    }
    mdb_txn_abort(verifying.txn);
    if (!more) *place = (struct mp_lmdb_place){0};
    *bytes = verifying.bytes;
    if (status == MP_OK && rc != 0) return mp__fail_mdb(env, rc, "read the logs", error);
    return status;
}

enum mp_status mp_lmdb_verify_all(struct mp_lmdb *env, mp_lmdb_on_damage on_damage, void *context,
                                  struct mp_lmdb_error *error) {
    struct mp__verifying verifying;
    enum mp_status status = begin(&verifying, env, on_damage, context, error);
    if (status != MP_OK) return status;
    struct mp__states states;
    status = mp__states_read(env, verifying.txn, &states, error);
    for (size_t i = 0; status == MP_OK && i < states.count && !verifying.stopped; i += 1) {
        const struct mp__state *state = &states.list[i];
        uint64_t next = 0;
        struct range range;
        if (!verify_state(&verifying, state->group, &range)) range = range_of(state);
        status = verify_rows(&verifying, state->group, range.first, UINT64_MAX, range.tip, &next,
                             error);
        uint64_t chunk = 1;
        if (status == MP_OK && !verifying.stopped) {
            status = mp__verify_snapshots(&verifying, state->group, &chunk, error);
        }
    }
    struct mp_lmdb_place place = {0};
    int rc = 0;
    while (status == MP_OK && !verifying.stopped && find_place(&verifying, &place, &rc)) {
        struct range range;
        if (mp__states_find(&states, place.group) == NULL) {
            (void)verify_state(&verifying, place.group, &range);
        }
        if (place.group == UINT64_MAX) break;
        place = (struct mp_lmdb_place){.group = place.group + 1};
    }
    mp__states_free(&states);
    mdb_txn_abort(verifying.txn);
    if (status == MP_OK && rc != 0) return mp__fail_mdb(env, rc, "read the logs", error);
    return status;
}
