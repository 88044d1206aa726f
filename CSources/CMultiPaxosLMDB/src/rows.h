/* Walking the identities of one group in order of their index. */
#ifndef MP_LMDB_ROWS_H
#define MP_LMDB_ROWS_H

#include "internal.h"

enum mp__row {
    MP__ROW_FOUND = 0,
    MP__ROW_END,     /* The group has no further row. */
    MP__ROW_DAMAGED, /* `first` is what the key says; `stored` is zero. */
    MP__ROW_FAILED,  /* LMDB failed with `rc`. */
};

struct mp__rows {
    MDB_cursor *cursor;
    uint64_t group;
    uint64_t first;
    struct mp__stored stored;
    int rc;
};

/* 0 or an error of LMDB; close only after 0. */
int mp__rows_open(struct mp__rows *rows, const struct mp_lmdb *env, MDB_txn *txn, uint64_t group);
void mp__rows_close(struct mp__rows *rows);

/* Go to the first row that begins at `first` or later. */
enum mp__row mp__rows_from(struct mp__rows *rows, uint64_t first);
/* Go to the row that holds `index`, or else to the first after it. */
enum mp__row mp__rows_seek(struct mp__rows *rows, uint64_t index);
enum mp__row mp__rows_next(struct mp__rows *rows);

#endif /* MP_LMDB_ROWS_H */
