#include "states.h"

#include <stdlib.h>
#include <string.h>

/* One record as it was found. */
struct copy {
    uint64_t group; /* By its own word, or its key's if that cannot be read. */
    struct mp__hard hard;
    enum mp__verdict verdict;
    bool misplaced;
};

static struct copy read_copy(const MDB_val *key, const MDB_val *value) {
    struct copy copy = {0};
    bool sized = key->mv_size == MP__GROUP_KEY_SIZE;
    uint64_t named = sized ? mp__get_key(key->mv_data) : 0;
    copy.verdict = mp__decode_hard(value->mv_data, value->mv_size, &copy.hard);
    copy.group = copy.verdict == MP__SOUND ? copy.hard.group : named;
    copy.misplaced = !sized || named != copy.group;
    return copy;
}

static bool add(struct mp__states *states, const struct copy *copy) {
    if (states->count == states->capacity) {
        size_t capacity = states->capacity == 0 ? 1024 : states->capacity * 2;
        struct mp__state *grown = realloc(states->list, capacity * sizeof *grown);
        if (grown == NULL) return false;
        states->list = grown;
        states->capacity = capacity;
    }
    states->list[states->count] = (struct mp__state){
        .group = copy->group,
        .hard = copy->hard,
        .known = copy->verdict == MP__SOUND,
        .single = copy->misplaced,
        .newer = copy->verdict == MP__NEWER,
    };
    states->count += 1;
    return true;
}

static enum mp_status read_all(const struct mp_lmdb *env, MDB_txn *txn, MDB_dbi dbi,
                               struct mp__states *states, struct mp_lmdb_error *error) {
    MDB_cursor *cursor;
    MDB_stat stat;
    int rc = mdb_stat(txn, dbi, &stat);
    if (rc == 0) rc = mdb_cursor_open(txn, dbi, &cursor);
    if (rc != 0) return mp__fail_mdb(env, rc, "read the groups", error);
    MDB_val key;
    MDB_val value;
    size_t count = 0;
    bool room = true;
    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); rc == 0 && room;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        count += 1;
        struct copy copy = read_copy(&key, &value);
        room = add(states, &copy);
    }
    mdb_cursor_close(cursor);
    if (!room) return mp__fail(error, MP_SYSTEM, "There is no memory left to load the groups.");
    if (rc != MDB_NOTFOUND) return mp__fail_mdb(env, rc, "read the groups", error);
    if (count == stat.ms_entries) return MP_OK;
    /* A group that cannot be seen would be taken for a new one, and voted for. */
    return mp__fail(error, MP_CORRUPT,
                    "%s should hold %zu groups and shows %zu: its tree is damaged. Remove this "
                    "voter and admit it again with a new directory.",
                    env->path, (size_t)stat.ms_entries, count);
}

static int compare(const void *a, const void *b) {
    const struct mp__state *left = a;
    const struct mp__state *right = b;
    if (left->group != right->group) return left->group < right->group ? -1 : 1;
    if (left->known != right->known) return left->known ? -1 : 1;
    uint64_t x = left->hard.sequence;
    uint64_t y = right->hard.sequence;
    return (x < y) - (x > y);
}

/* The best copy of each group is the first of its own; it says whether there was a second like it.
 * Copies differ in their sequence only if one was not written where it should have been: the newer
 * one was written here too, so it says what was promised last. */
static void merge(struct mp__states *states) {
    if (states->count == 0) return;
    qsort(states->list, states->count, sizeof states->list[0], compare);
    size_t kept = 0;
    size_t next = 0;
    while (next < states->count) {
        struct mp__state best = states->list[next];
        size_t like = 0;
        size_t end = next;
        for (; end < states->count && states->list[end].group == best.group; end += 1) {
            const struct mp__state *other = &states->list[end];
            like += other->known && other->hard.sequence == best.hard.sequence;
            best.single |= other->single;
            best.newer |= other->newer;
        }
        best.single |= like != 2 || end - next != 2;
        states->list[kept] = best;
        kept += 1;
        next = end;
    }
    states->count = kept;
}

/* A record of which neither key nor value can be read makes up a group. If the other database is
 * all sound, it names every group there is, and the made-up ones are none. */
static void drop_invented(struct mp__states *states, const struct mp__states *whole) {
    size_t kept = 0;
    for (size_t i = 0; i < states->count; i += 1) {
        const struct mp__state *state = &states->list[i];
        if (!state->known && mp__states_find(whole, state->group) == NULL) continue;
        states->list[kept] = *state;
        kept += 1;
    }
    states->count = kept;
}

static bool all_sound(const struct mp__states *states) {
    for (size_t i = 0; i < states->count; i += 1) {
        if (!states->list[i].known || states->list[i].single) return false;
    }
    return true;
}

static enum mp_status join(struct mp__states *states, const struct mp__states *more,
                           struct mp_lmdb_error *error) {
    for (size_t i = 0; i < more->count; i += 1) {
        const struct mp__state *state = &more->list[i];
        struct copy copy = {
            .group = state->group,
            .hard = state->hard,
            .verdict = state->known ? MP__SOUND : state->newer ? MP__NEWER : MP__DAMAGED,
            .misplaced = state->single,
        };
        if (!add(states, &copy)) {
            return mp__fail(error, MP_SYSTEM, "There is no memory left to load the groups.");
        }
    }
    return MP_OK;
}

enum mp_status mp__states_read(const struct mp_lmdb *env, MDB_txn *txn, struct mp__states *states,
                               struct mp_lmdb_error *error) {
    *states = (struct mp__states){0};
    struct mp__states mirror = {0};
    enum mp_status status = read_all(env, txn, env->hard, states, error);
    if (status == MP_OK) status = read_all(env, txn, env->mirror, &mirror, error);
    if (status == MP_OK && states->count > 0) {
        qsort(states->list, states->count, sizeof states->list[0], compare);
    }
    if (status == MP_OK && mirror.count > 0) {
        qsort(mirror.list, mirror.count, sizeof mirror.list[0], compare);
    }
    if (status == MP_OK) {
        bool first = all_sound(states);
        bool second = all_sound(&mirror);
        if (first && !second) drop_invented(&mirror, states);
        if (second && !first) drop_invented(states, &mirror);
        status = join(states, &mirror, error);
    }
    mp__states_free(&mirror);
    if (status == MP_OK) merge(states);
    return status;
}

void mp__states_free(struct mp__states *states) {
    free(states->list);
    *states = (struct mp__states){0};
}

const struct mp__state *mp__states_find(const struct mp__states *states, uint64_t group) {
    size_t low = 0;
    size_t high = states->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (states->list[middle].group < group) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    bool found = low < states->count && states->list[low].group == group;
    return found ? &states->list[low] : NULL;
}

static int put_all(struct mp_lmdb *env, MDB_txn *txn, const struct mp__states *states) {
    /* Emptied first: in a tree with a damaged key a record may go to a wrong place. */
    int rc = mdb_drop(txn, env->hard, 0);
    if (rc == 0) rc = mdb_drop(txn, env->mirror, 0);
    for (size_t i = 0; rc == 0 && i < states->count; i += 1) {
        rc = mp__put_hard(env, txn, &states->list[i].hard);
    }
    return rc;
}

enum mp_status mp__states_restore(struct mp_lmdb *env, const struct mp__states *states,
                                  struct mp_lmdb_error *error) {
    enum { RECORDS_PER_PAGE = 8, PAGES_MORE = 64 };
    bool needed = false;
    for (size_t i = 0; i < states->count; i += 1) {
        if (!states->list[i].known) return MP_OK;
        needed |= states->list[i].single;
    }
    if (!needed) return MP_OK;
    MDB_txn *txn;
    enum mp_status status = mp__begin(env, &txn, error);
    if (status != MP_OK) return status;
    status = mp__space_require(env, states->count / RECORDS_PER_PAGE + PAGES_MORE, 1,
                               MP__SPACE_PROMISE, error);
    if (status != MP_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    int rc = put_all(env, txn, states);
    return rc == 0 ? mp__commit(env, txn, error) : mp__abandon(env, txn, rc, error);
}

int mp__state_get(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                  struct mp__state *state) {
    uint8_t bytes[MP__GROUP_KEY_SIZE];
    mp__put_group_key(bytes, group);
    MDB_dbi databases[] = {env->hard, env->mirror};
    size_t found = 0;
    *state = (struct mp__state){.group = group};
    for (size_t i = 0; i < sizeof databases / sizeof databases[0]; i += 1) {
        MDB_val key = {sizeof bytes, bytes};
        MDB_val value;
        int rc = mdb_get(txn, databases[i], &key, &value);
        if (rc != 0 && rc != MDB_NOTFOUND) return rc;
        if (rc == MDB_NOTFOUND) continue;
        found += 1;
        struct copy copy = read_copy(&key, &value);
        bool sound = copy.verdict == MP__SOUND && copy.group == group;
        state->newer |= copy.verdict == MP__NEWER;
        bool same = sound && state->known && copy.hard.sequence == state->hard.sequence;
        if (!sound || (i == 1 && !same)) state->single = true;
        if (!sound || (state->known && copy.hard.sequence <= state->hard.sequence)) continue;
        state->hard = copy.hard;
        state->known = true;
    }
    if (found < 2) state->single = true;
    return found == 0 ? MDB_NOTFOUND : 0;
}
