/* Repairing a directory that is not in use, from itself and from a copy.
 *
 * A batch is taken by its checksum alone, so a copy of any age does no harm: what it has and this
 * directory never promised or accepted is of no interest. */
#include "internal.h"

enum { BATCH_MAX = 256 };

struct restoring {
    struct mp_lmdb *env;
    struct mp_lmdb *source;
    struct mp_lmdb_damage found[BATCH_MAX];
    uint32_t count;
    uint64_t repaired;
    enum mp_status status;
    struct mp_lmdb_error *error;
};

static bool gather(void *context, const struct mp_lmdb_damage *damage,
                   const struct mp_lmdb_error *error) {
    struct restoring *restoring = context;
    (void)error;
    restoring->found[restoring->count] = *damage;
    restoring->count += 1;
    return restoring->count < BATCH_MAX;
}

static bool take(void *context, const struct mp_batch *batch) {
    struct restoring *restoring = context;
    restoring->status = mp_lmdb_repair(restoring->env, batch, restoring->error);
    if (restoring->status == MP_OK) restoring->repaired += 1;
    return false;
}

static void fetch(struct restoring *restoring, const struct mp_lmdb_damage *damage) {
    if (restoring->source == NULL) return;
    struct mp_lmdb_error absent;
    enum mp_status status = mp_lmdb_find(restoring->source, damage, take, restoring, &absent);
    if (status == MP_OK || status == MP_STALE) return;
    restoring->status = status;
    *restoring->error = absent;
}

/* What mending could not restore, the source may have. */
static bool want(void *context, const struct mp_lmdb_damage *damage,
                 const struct mp_lmdb_error *error) {
    (void)error;
    struct restoring *restoring = context;
    MP_ASSERT(restoring->count < BATCH_MAX);
    restoring->found[restoring->count] = *damage;
    restoring->count += 1;
    return true;
}

static void mend(struct restoring *restoring, uint64_t group) {
    uint32_t mended = 0;
    restoring->count = 0;
    restoring->status = mp_lmdb_mend(restoring->env, group, want, restoring, &mended,
                                     restoring->error);
    restoring->repaired += mended;
    if (restoring->status != MP_OK || restoring->count == 0) return;
    struct mp_lmdb_damage wanted = restoring->found[0];
    fetch(restoring, &wanted);
}

static bool is_over(const struct restoring *restoring) {
    return restoring->status == MP_SYSTEM || restoring->status == MP_FULL;
}

/* Repair what was found; a group is mended once, for all of its records. */
static void repair_found(struct restoring *restoring) {
    struct mp_lmdb_damage list[BATCH_MAX];
    uint32_t count = restoring->count;
    for (uint32_t i = 0; i < count; i += 1) list[i] = restoring->found[i];
    bool mended = false;
    uint64_t group = 0;
    for (uint32_t i = 0; i < count && !is_over(restoring); i += 1) {
        if (list[i].last != 0) {
            fetch(restoring, &list[i]);
        } else if (!mended || list[i].group != group) {
            mended = true;
            group = list[i].group;
            mend(restoring, group);
        }
    }
}

enum mp_status mp_lmdb_restore(struct mp_lmdb *env, struct mp_lmdb *source,
                               mp_lmdb_on_damage on_damage, void *context, uint64_t *repaired,
                               struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && env != source);
    MP_ASSERT(repaired != NULL && error != NULL);
    struct restoring restoring = {.env = env, .source = source, .error = error};
    uint64_t before = 0;
    do {
        before = restoring.repaired;
        restoring.count = 0;
        restoring.status = MP_OK;
        enum mp_status status = mp_lmdb_verify_all(env, gather, &restoring, error);
        if (status != MP_OK) return status;
        repair_found(&restoring);
        *repaired = restoring.repaired;
        if (is_over(&restoring)) return restoring.status;
    } while (restoring.repaired > before);
    return mp_lmdb_verify_all(env, on_damage, context, error);
}
