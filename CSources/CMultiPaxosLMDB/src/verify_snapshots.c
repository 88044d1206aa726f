/* Looking for damage of snapshots: every record, and every chunk of the newest. */
#include "verify.h"

static void report(struct mp__verifying *verifying, uint64_t group, uint64_t index,
                   const struct mp_lmdb_error *error) {
    struct mp_lmdb_damage damage = {.group = group, .snapshot = index};
    mp__report(verifying, &damage, error);
}

static void verify_record(struct mp__verifying *verifying, uint64_t group, uint64_t index,
                          const MDB_val *value) {
    struct mp_lmdb_snapshot snapshot;
    struct mp_lmdb_error error;
    bool sound = mp__decode_snapshot(value->mv_data, value->mv_size, &snapshot) == MP__SOUND &&
                 snapshot.group == group && snapshot.point.index == index;
    if (sound) return;
    (void)mp__fail_snapshot(verifying->env, group, index, "has a damaged record", &error);
    report(verifying, group, index, &error);
}

static int verify_records(struct mp__verifying *verifying, uint64_t group) {
    MDB_cursor *cursor;
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    mp__put_identity_key(bytes, group, 0);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    int rc = mdb_cursor_open(verifying->txn, verifying->env->snapshots, &cursor);
    if (rc != 0) return rc;
    rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (rc == 0 && !verifying->stopped) {
        if (key.mv_size != sizeof bytes || mp__get_key(key.mv_data) != group) break;
        verify_record(verifying, group, mp__get_key((const uint8_t *)key.mv_data + 8), &value);
        rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    }
    mdb_cursor_close(cursor);
    return rc == MDB_NOTFOUND ? 0 : rc;
}

/* Chunks until the budget is spent, or one is damaged: one is enough to replace the snapshot. */
static enum mp_status verify_chunks(struct mp__verifying *verifying,
                                    const struct mp_lmdb_snapshot *snapshot, uint64_t *chunk,
                                    struct mp_lmdb_error *error) {
    uint64_t count = mp_lmdb_chunk_count(snapshot->size);
    for (; *chunk <= count; *chunk += 1) {
        if (verifying->bytes >= verifying->budget || verifying->stopped) return MP_OK;
        struct mp__chunk read;
        enum mp_status status =
            mp__read_chunk(verifying->env, verifying->txn, snapshot->group,
                           snapshot->point.index, *chunk - 1, &read, error);
        verifying->bytes += MP_LMDB_CHUNK_SIZE;
        uint32_t size = mp_lmdb_chunk_size(snapshot->size, *chunk - 1);
        if (status == MP_OK && read.size != size) {
            status = mp__fail_snapshot(verifying->env, snapshot->group, snapshot->point.index,
                                       "has a chunk of a wrong size", error);
        }
        if (status == MP_OK) continue;
        if (status != MP_CORRUPT) return status;
        report(verifying, snapshot->group, snapshot->point.index, error);
        break;
    }
    *chunk = 0;
    return MP_OK;
}

enum mp_status mp__verify_snapshots(struct mp__verifying *verifying, uint64_t group,
                                    uint64_t *chunk, struct mp_lmdb_error *error) {
    MP_ASSERT(*chunk > 0);
    int rc = *chunk == 1 ? verify_records(verifying, group) : 0;
    if (rc != 0) return mp__fail_mdb(verifying->env, rc, "read the snapshots", error);
    struct mp_lmdb_snapshot snapshot;
    enum mp_status status =
        mp__find_snapshot(verifying->env, verifying->txn, group, &snapshot, error);
    bool none = status == MP_UNKNOWN_GROUP || status == MP_CORRUPT; /* Reported above. */
    if (none) *chunk = 0;
    if (status != MP_OK) return none ? MP_OK : status;
    return verify_chunks(verifying, &snapshot, chunk, error);
}
