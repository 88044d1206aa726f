/* The hard states of all groups, each stored twice: in `hard`, and again in `mirror`, written in
 * the same transaction and on other pages. A promise is forgotten only if both are damaged. */
#ifndef MP_LMDB_STATES_H
#define MP_LMDB_STATES_H

#include "internal.h"

/* One group, as both copies tell it. */
struct mp__state {
    uint64_t group;
    struct mp__hard hard; /* If known: the newer of the sound copies. */
    bool known;           /* A copy is sound. */
    bool single;          /* A copy is missing, damaged, under a wrong key, or older. */
    bool newer;           /* A copy is of a format this program does not know. */
};

struct mp__states {
    struct mp__state *list; /* By group, each once. */
    size_t count;
    size_t capacity;
};

/* Read both databases. Free the list in any case.
 * MP_OK; MP_CORRUPT if a tree shows fewer records than it should hold; MP_SYSTEM. */
enum mp_status mp__states_read(const struct mp_lmdb *env, MDB_txn *txn, struct mp__states *states,
                               struct mp_lmdb_error *error);
void mp__states_free(struct mp__states *states);

/* Write both databases anew, if a copy needs it and no group is unknown: what is left of those must
 * stay, so that they are never taken for new ones. MP_OK, MP_FULL, MP_SYSTEM. */
enum mp_status mp__states_restore(struct mp_lmdb *env, const struct mp__states *states,
                                  struct mp_lmdb_error *error);

const struct mp__state *mp__states_find(const struct mp__states *states, uint64_t group);

/* One group. 0, MDB_NOTFOUND if it has no record at all, or an error of LMDB. */
int mp__state_get(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                  struct mp__state *state);

#endif /* MP_LMDB_STATES_H */
