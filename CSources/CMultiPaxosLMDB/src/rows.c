#include "rows.h"

int mp__rows_open(struct mp__rows *rows, const struct mp_lmdb *env, MDB_txn *txn, uint64_t group) {
    *rows = (struct mp__rows){.group = group};
    return mdb_cursor_open(txn, env->identity, &rows->cursor);
}

void mp__rows_close(struct mp__rows *rows) {
    mdb_cursor_close(rows->cursor);
}

static bool plausible(const struct mp__stored *stored) {
    const struct mp_identity *identity = &stored->identity;
    return identity->count > 0 && identity->last - identity->first == identity->count - 1u &&
           identity->last >= identity->first;
}

static enum mp__row move(struct mp__rows *rows, MDB_val *key, MDB_cursor_op how) {
    MDB_val value;
    rows->stored = (struct mp__stored){0};
    rows->rc = mdb_cursor_get(rows->cursor, key, &value, how);
    if (rows->rc == MDB_NOTFOUND) return MP__ROW_END;
    if (rows->rc != 0) return MP__ROW_FAILED;
    if (key->mv_size != MP__IDENTITY_KEY_SIZE) return MP__ROW_DAMAGED;
    const uint8_t *bytes = key->mv_data;
    if (mp__get_key(bytes) != rows->group) return MP__ROW_END;
    rows->first = mp__get_key(bytes + 8);
    struct mp__stored *stored = &rows->stored;
    enum mp__verdict verdict = mp__decode_identity(value.mv_data, value.mv_size, stored);
    bool sound = verdict == MP__SOUND && stored->group == rows->group &&
                 stored->identity.first == rows->first && plausible(stored);
    if (sound) return MP__ROW_FOUND;
    *stored = (struct mp__stored){0};
    return MP__ROW_DAMAGED;
}

enum mp__row mp__rows_from(struct mp__rows *rows, uint64_t first) {
    uint8_t bytes[MP__IDENTITY_KEY_SIZE];
    mp__put_identity_key(bytes, rows->group, first);
    MDB_val key = {sizeof bytes, bytes};
    return move(rows, &key, MDB_SET_RANGE);
}

enum mp__row mp__rows_seek(struct mp__rows *rows, uint64_t index) {
    enum mp__row row = mp__rows_from(rows, index);
    if (row == MP__ROW_FAILED || (row != MP__ROW_END && rows->first == index)) return row;

    /* The row before may hold the index; a damaged one there may have held it. */
    MDB_val key;
    bool past_all = row == MP__ROW_END && rows->rc == MDB_NOTFOUND;
    row = move(rows, &key, past_all ? MDB_LAST : MDB_PREV);
    if (row == MP__ROW_FOUND && rows->stored.identity.last >= index) return row;
    if (row == MP__ROW_DAMAGED || row == MP__ROW_FAILED) return row;
    return mp__rows_from(rows, index);
}

enum mp__row mp__rows_next(struct mp__rows *rows) {
    MDB_val key;
    return move(rows, &key, MDB_NEXT);
}
