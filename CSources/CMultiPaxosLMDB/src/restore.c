/* Repairing a directory that is not in use, from itself and from a copy.
 *
 * A batch is taken by its checksum alone, and a snapshot by its index, so a copy of any age does no
 * harm: what it has and this directory never promised or accepted is of no interest. */
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

/* What a chunk of a copy goes through to become one of this directory. */
struct copying {
    struct restoring *restoring;
    const struct mp_lmdb_snapshot *snapshot;
    uint64_t hash;
    uint64_t bytes;
    bool writes; /* The first time through it is only looked at. */
};

static bool copy_chunk(void *context, uint64_t number, const uint8_t *bytes, uint32_t size) {
    struct copying *copying = context;
    struct restoring *restoring = copying->restoring;
    copying->hash = mp_lmdb_chunk_hash(copying->hash, bytes, size);
    copying->bytes += size;
    if (!copying->writes) return true;
    restoring->status =
        mp_lmdb_put_chunks(restoring->env, copying->snapshot->group,
                           copying->snapshot->point.index, number, bytes, size,
                           restoring->error);
    return restoring->status == MP_OK;
}

static bool read_copy(struct copying *copying) {
    const struct mp_lmdb_snapshot *snapshot = copying->snapshot;
    struct mp_lmdb_error absent;
    enum mp_status status = mp_lmdb_read_chunks(
        copying->restoring->source, snapshot->group, snapshot->point.index, 0,
        mp_lmdb_chunk_count(snapshot->size), copy_chunk, copying, &absent);
    return status == MP_OK && copying->bytes == snapshot->size &&
           copying->hash == snapshot->checksum;
}

/* The whole snapshot, if the source has the one that is damaged here. It is looked at before
 * anything is written. */
static void copy_snapshot(struct restoring *restoring, const struct mp_lmdb_damage *damage) {
    if (restoring->source == NULL) return;
    struct mp_lmdb_snapshot snapshot;
    struct mp_lmdb_error absent;
    enum mp_status status =
        mp_lmdb_get_snapshot(restoring->source, damage->group, &snapshot, &absent);
    if (status != MP_OK || snapshot.point.index != damage->snapshot) return;
    struct copying look = {.restoring = restoring, .snapshot = &snapshot};
    if (!read_copy(&look)) return;
    struct copying copy = {.restoring = restoring, .snapshot = &snapshot, .writes = true};
    (void)read_copy(&copy);
    if (restoring->status != MP_OK) return;
    restoring->status = mp_lmdb_put_snapshot(restoring->env, &snapshot, restoring->error);
    if (restoring->status == MP_OK) restoring->repaired += 1;
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
        if (list[i].snapshot != 0) {
            copy_snapshot(restoring, &list[i]);
        } else if (list[i].last != 0) {
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
