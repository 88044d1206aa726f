/* Snapshots: chunks first, each transaction a few of them, and the record that makes them a
 * snapshot last. Chunks without one are nothing: they are written over, or swept. */
#include <string.h>

#include "internal.h"

enum { CHUNKS_MAX = 4, SLACK_PAGES = 24 };

uint64_t mp_lmdb_chunk_count(uint64_t size) {
    return (size + MP_LMDB_CHUNK_SIZE - 1) / MP_LMDB_CHUNK_SIZE;
}

uint32_t mp_lmdb_chunk_size(uint64_t size, uint64_t number) {
    MP_ASSERT(number < mp_lmdb_chunk_count(size));
    uint64_t rest = size - number * MP_LMDB_CHUNK_SIZE;
    return rest < MP_LMDB_CHUNK_SIZE ? (uint32_t)rest : MP_LMDB_CHUNK_SIZE;
}

uint64_t mp_lmdb_chunk_hash(uint64_t hash, const uint8_t *chunk, uint32_t size) {
    return mp_hash_seeded(chunk, size, hash);
}

static enum mp_status require_space(struct mp_lmdb *env, MDB_txn *txn, MDB_dbi dbi, uint64_t rows,
                                    uint64_t pages, struct mp_lmdb_error *error) {
    pages += SLACK_PAGES;
    int rc = mp__tree_pages(txn, dbi, rows, &pages);
    if (rc != 0) return mp__fail_mdb(env, rc, "measure the trees", error);
    pages += pages / 128; /* Lists of freed pages: a chunk may take the place of one. */
    uint64_t run = mp__value_pages(env, MP_LMDB_CHUNK_SIZE);
    return mp__space_require(env, pages, run, MP__SPACE_STATE, error);
}

/* The record is made in LMDB's own page. */
static int put_chunk(struct mp_lmdb *env, MDB_txn *txn, const struct mp__chunk *chunk) {
    uint8_t bytes[MP__CHUNK_KEY_SIZE];
    mp__put_chunk_key(bytes, chunk->group, chunk->index, chunk->number);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value = {MP__CHUNK_OVERHEAD + (size_t)chunk->size, NULL};
    int rc = mdb_put(txn, env->chunks, &key, &value, MDB_RESERVE);
    if (rc == 0) mp__encode_chunk(value.mv_data, chunk);
    return rc;
}

enum mp_status mp_lmdb_put_chunks(struct mp_lmdb *env, uint64_t group, uint64_t index,
                                  uint64_t first, const uint8_t *bytes, uint32_t size,
                                  struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && bytes != NULL && error != NULL);
    MP_ASSERT(size > 0 && size <= CHUNKS_MAX * MP_LMDB_CHUNK_SIZE);
    error->text[0] = '\0';
    uint64_t count = mp_lmdb_chunk_count(size);
    MDB_txn *txn;
    enum mp_status status = mp__begin(env, &txn, error);
    if (status != MP_OK) return status;
    uint64_t pages = mp__value_pages(env, MP__CHUNK_OVERHEAD + MP_LMDB_CHUNK_SIZE);
    status = require_space(env, txn, env->chunks, count, count * pages, error);
    if (status != MP_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    int rc = 0;
    for (uint64_t i = 0; i < count && rc == 0; i += 1) {
        struct mp__chunk chunk = {
            .group = group,
            .index = index,
            .number = (uint32_t)(first + i),
            .bytes = bytes + i * MP_LMDB_CHUNK_SIZE,
            .size = mp_lmdb_chunk_size(size, i),
        };
        rc = put_chunk(env, txn, &chunk);
    }
    return rc == 0 ? mp__commit(env, txn, error) : mp__abandon(env, txn, rc, error);
}

enum mp_status mp_lmdb_put_snapshot(struct mp_lmdb *env, const struct mp_lmdb_snapshot *snapshot,
                                    struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && snapshot != NULL && error != NULL);
    MP_ASSERT(snapshot->point.index > 0 && snapshot->size > 0);
    error->text[0] = '\0';
    MDB_txn *txn;
    enum mp_status status = mp__begin(env, &txn, error);
    if (status != MP_OK) return status;
    status = require_space(env, txn, env->snapshots, 1, 0, error);
    if (status != MP_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    uint8_t record[MP__SNAPSHOT_SIZE];
    mp__put_identity_key(bytes, snapshot->group, snapshot->point.index);
    mp__encode_snapshot(record, snapshot);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value = {sizeof record, record};
    int rc = mdb_put(txn, env->snapshots, &key, &value, 0);
    /* Those beyond it were given up, because a chunk of them is damaged. */
    uint64_t index = snapshot->point.index;
    if (rc == 0) rc = mp__delete_later(txn, env->snapshots, snapshot->group, index);
    return rc == 0 ? mp__commit(env, txn, error) : mp__abandon(env, txn, rc, error);
}

enum mp_status mp__fail_snapshot(const struct mp_lmdb *env, uint64_t group, uint64_t index,
                                 const char *what, struct mp_lmdb_error *error) {
    return mp__fail(error, MP_CORRUPT, "In %s group %llu: the snapshot at index %llu %s.",
                    env->path, (unsigned long long)group, (unsigned long long)index, what);
}

/* Step back from the end of the group's snapshots to the first sound one. */
static enum mp_status search_back(const struct mp_lmdb *env, MDB_cursor *cursor, uint64_t group,
                                  struct mp_lmdb_snapshot *snapshot,
                                  struct mp_lmdb_error *error) {
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    mp__put_identity_key(bytes, group, UINT64_MAX);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    enum mp_status status = MP_UNKNOWN_GROUP;
    int rc = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    rc = mdb_cursor_get(cursor, &key, &value, rc == MDB_NOTFOUND ? MDB_LAST : MDB_PREV);
    for (; rc == 0; rc = mdb_cursor_get(cursor, &key, &value, MDB_PREV)) {
        if (key.mv_size != sizeof bytes || mp__get_key(key.mv_data) != group) break;
        uint64_t index = mp__get_key((const uint8_t *)key.mv_data + 8);
        bool sound = mp__decode_snapshot(value.mv_data, value.mv_size, snapshot) == MP__SOUND &&
                     snapshot->group == group && snapshot->point.index == index &&
                     snapshot->size > 0;
        if (sound) return MP_OK;
        status = mp__fail_snapshot(env, group, index, "has a damaged record", error);
    }
    *snapshot = (struct mp_lmdb_snapshot){0};
    if (rc == 0 || rc == MDB_NOTFOUND) return status;
    return mp__fail_mdb(env, rc, "read a snapshot", error);
}

enum mp_status mp__find_snapshot(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                                 struct mp_lmdb_snapshot *snapshot, struct mp_lmdb_error *error) {
    MDB_cursor *cursor;
    *snapshot = (struct mp_lmdb_snapshot){0};
    int rc = mdb_cursor_open(txn, env->snapshots, &cursor);
    if (rc != 0) return mp__fail_mdb(env, rc, "read a snapshot", error);
    enum mp_status status = search_back(env, cursor, group, snapshot, error);
    mdb_cursor_close(cursor);
    return status;
}

enum mp_status mp_lmdb_get_snapshot(struct mp_lmdb *env, uint64_t group,
                                    struct mp_lmdb_snapshot *snapshot,
                                    struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && snapshot != NULL && error != NULL);
    error->text[0] = '\0';
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return mp__fail_mdb(env, rc, "begin a read", error);
    enum mp_status status = mp__find_snapshot(env, txn, group, snapshot, error);
    mdb_txn_abort(txn);
    return status;
}

enum mp_status mp__read_chunk(const struct mp_lmdb *env, MDB_txn *txn, uint64_t group,
                              uint64_t index, uint64_t number, struct mp__chunk *chunk,
                              struct mp_lmdb_error *error) {
    uint8_t bytes[MP__CHUNK_KEY_SIZE];
    mp__put_chunk_key(bytes, group, index, number);
    MDB_val key = {sizeof bytes, bytes};
    MDB_val value;
    int rc = mdb_get(txn, env->chunks, &key, &value);
    if (rc == MDB_NOTFOUND) return mp__fail_snapshot(env, group, index, "lacks a chunk", error);
    if (rc != 0) return mp__fail_mdb(env, rc, "read a snapshot", error);
    bool sound = mp__decode_chunk(value.mv_data, value.mv_size, chunk) == MP__SOUND &&
                 chunk->group == group && chunk->index == index && chunk->number == number;
    return sound ? MP_OK : mp__fail_snapshot(env, group, index, "has a damaged chunk", error);
}

enum mp_status mp_lmdb_read_chunks(struct mp_lmdb *env, uint64_t group, uint64_t index,
                                   uint64_t first, uint64_t count, mp_lmdb_on_chunk on_chunk,
                                   void *context, struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && on_chunk != NULL && error != NULL);
    error->text[0] = '\0';
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return mp__fail_mdb(env, rc, "begin a read", error);
    struct mp_lmdb_snapshot snapshot;
    enum mp_status status = mp__find_snapshot(env, txn, group, &snapshot, error);
    bool gone = status == MP_UNKNOWN_GROUP || (status == MP_OK && snapshot.point.index != index);
    if (gone) status = MP_TRIMMED;
    for (uint64_t i = 0; i < count && status == MP_OK; i += 1) {
        struct mp__chunk chunk;
        status = mp__read_chunk(env, txn, group, index, first + i, &chunk, error);
        if (status == MP_OK && !on_chunk(context, first + i, chunk.bytes, chunk.size)) break;
    }
    mdb_txn_abort(txn);
    return status;
}
