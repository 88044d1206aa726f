/* Records of the node itself: the storage sequence, its vote, and what peers announced. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

enum { PEER_NAME_SIZE = 32 };

static MDB_val name_key(const char *name) {
    return (MDB_val){strlen(name), (void *)(uintptr_t)name};
}

static MDB_val peer_key(char name[PEER_NAME_SIZE], uint64_t node) {
    snprintf(name, PEER_NAME_SIZE, "peer %llu", (unsigned long long)node);
    return name_key(name);
}

int mp__put_sequence(struct mp_lmdb *env, MDB_txn *txn, uint64_t sequence) {
    uint8_t record[MP__COUNTER_SIZE];
    mp__encode_counter(record, sequence);
    MDB_val key = name_key("sequence");
    MDB_val value = {sizeof record, record};
    return mdb_put(txn, env->node, &key, &value, 0);
}

static enum mp_status fail_damaged(const struct mp_lmdb *env, const char *what,
                                   struct mp_lmdb_error *error) {
    return mp__fail(error, MP_CORRUPT,
                    "In %s %s is damaged. Remove this voter and admit it again with a new "
                    "directory.",
                    env->path, what);
}

/* No frame may be younger than the sequence: its number would be given out again. */
static enum mp_status check_last_frame(struct mp_lmdb *env, MDB_txn *txn, uint64_t sequence,
                                       struct mp_lmdb_error *error) {
    MDB_cursor *cursor;
    MDB_val key;
    MDB_val value;
    int rc = mdb_cursor_open(txn, env->batches, &cursor);
    if (rc != 0) return mp__fail_mdb(env, rc, "read the last batch", error);
    rc = mdb_cursor_get(cursor, &key, &value, MDB_LAST);
    uint64_t last = 0;
    if (rc == 0 && key.mv_size == MP__SEQUENCE_KEY_SIZE) last = mp__get_key(key.mv_data);
    mdb_cursor_close(cursor);
    if (rc != 0 && rc != MDB_NOTFOUND) return mp__fail_mdb(env, rc, "read the last batch", error);
    return last <= sequence ? MP_OK : fail_damaged(env, "the storage sequence", error);
}

enum mp_status mp__check_node_records(struct mp_lmdb *env, MDB_txn *txn,
                                      struct mp_lmdb_error *error) {
    MDB_cursor *cursor;
    int rc = mdb_cursor_open(txn, env->node, &cursor);
    if (rc != 0) return mp__fail_mdb(env, rc, "read the node", error);
    MDB_val key;
    MDB_val value;
    uint64_t sequence = 0;
    bool counted = false;
    enum mp_status status = MP_OK;
    for (rc = mdb_cursor_get(cursor, &key, &value, MDB_FIRST); rc == 0 && status == MP_OK;
         rc = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        const void *bytes = value.mv_data;
        struct mp_lmdb_peer peer;
        uint64_t admitted = 0;
        if (key.mv_size == 8 && memcmp(key.mv_data, "sequence", 8) == 0) {
            counted = mp__decode_counter(bytes, value.mv_size, &sequence) == MP__SOUND;
        } else if (key.mv_size == 8 && memcmp(key.mv_data, "admitted", 8) == 0) {
            bool sound = mp__decode_counter(bytes, value.mv_size, &admitted) == MP__SOUND;
            if (!sound) status = fail_damaged(env, "whether it votes", error);
            env->standing = (struct mp_lmdb_standing){
                .vote = (enum mp_lmdb_vote)(admitted & 0xff),
                .generation = (uint32_t)(admitted >> 8),
            };
            if ((admitted & 0xff) > MP_LMDB_VOTE_ANEW) {
                status = fail_damaged(env, "whether it votes", error);
            }
        } else if (key.mv_size > 5 && memcmp(key.mv_data, "peer ", 5) == 0) {
            bool sound = mp__decode_peer(bytes, value.mv_size, &peer) == MP__SOUND;
            if (!sound) status = fail_damaged(env, "what a peer announced", error);
        }
    }
    mdb_cursor_close(cursor);
    if (status != MP_OK) return status;
    if (rc != MDB_NOTFOUND) return mp__fail_mdb(env, rc, "read the node", error);
    if (!counted) return fail_damaged(env, "the storage sequence", error);
    atomic_store(&env->sequence, sequence);
    return check_last_frame(env, txn, sequence, error);
}

static enum mp_status put(struct mp_lmdb *env, MDB_val key, MDB_val value,
                          struct mp_lmdb_error *error) {
    enum { PAGES = 64 };
    error->text[0] = '\0';
    MDB_txn *txn;
    enum mp_status status = mp__begin(env, &txn, error);
    if (status != MP_OK) return status;
    status = mp__space_require(env, PAGES, 1, MP__SPACE_PROMISE, error);
    if (status != MP_OK) {
        mdb_txn_abort(txn);
        return status;
    }
    int rc = mdb_put(txn, env->node, &key, &value, 0);
    return rc == 0 ? mp__commit(env, txn, error) : mp__abandon(env, txn, rc, error);
}

enum mp_status mp_lmdb_put_peer(struct mp_lmdb *env, const struct mp_lmdb_peer *peer,
                                struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && peer != NULL);
    MP_ASSERT(peer->node != 0);
    char name[PEER_NAME_SIZE];
    uint8_t record[MP__PEER_SIZE];
    mp__encode_peer(record, peer);
    return put(env, peer_key(name, peer->node), (MDB_val){sizeof record, record}, error);
}

enum mp_status mp_lmdb_admit(struct mp_lmdb *env, const struct mp_lmdb_standing *standing,
                             struct mp_lmdb_error *error) {
    MP_ASSERT(env != NULL && error != NULL);
    uint8_t record[MP__COUNTER_SIZE];
    mp__encode_counter(record, (uint64_t)standing->generation << 8 | (uint64_t)standing->vote);
    return put(env, name_key("admitted"), (MDB_val){sizeof record, record}, error);
}

bool mp_lmdb_get_peer(struct mp_lmdb *env, uint64_t node, struct mp_lmdb_peer *peer) {
    *peer = (struct mp_lmdb_peer){.node = node};
    char name[PEER_NAME_SIZE];
    MDB_val key = peer_key(name, node);
    MDB_val value;
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn);
    if (rc == 0) {
        rc = mdb_get(txn, env->node, &key, &value);
        bool sound = rc == 0 && mp__decode_peer(value.mv_data, value.mv_size, peer) == MP__SOUND;
        mdb_txn_abort(txn);
        if (sound && peer->node == node) return true;
    }
    if (rc == MDB_NOTFOUND) return false;
    /* Something was announced, but what cannot be read any more: count on the worst. */
    *peer = (struct mp_lmdb_peer){.node = node, .lost = true};
    return true;
}
