/* Space ahead of the data, so that a full disk is noticed before a commit and not by it.
 *
 * The data file is allocated in steps beyond what LMDB uses, and its end is a reserve. A disk is
 * full when only that is left: from then on no batch is taken in. Those that were taken in already
 * may use half of it, so that the promises behind them do not wait for somebody to make room; the
 * rest is for promises. What a commit needs is bounded from above before it.
 *
 * What was freed inside the file is used again by LMDB, which does not say how; so it counts only
 * where the file cannot grow. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "internal.h"

enum { MARGIN = 1024 * 1024, ROOM = 192 * 1024, ROOM_RUN = 68 * 1024 };

static int data_file(const struct mp_lmdb *env) {
    int fd = -1;
    int rc = mdb_env_get_fd(env->mdb, &fd);
    MP_ASSERT(rc == 0);
    return fd;
}

static uint64_t measure(const struct mp_lmdb *env) {
    MDB_envinfo info;
    int rc = mdb_env_info(env->mdb, &info);
    MP_ASSERT(rc == 0);
    return ((uint64_t)info.me_last_pgno + 1) * env->space.page;
}

void mp__space_measure(struct mp_lmdb *env) {
    uint64_t used = measure(env);
    /* Beyond it the filler may have written zeros over what was just made durable. */
    MP_ASSERT(used <= env->space.claimed);
    atomic_store(&env->space.used, used);
    mp__filler_advance(&env->space.filler, used, atomic_load(&env->space.allocated));
}

/* What the file system would still give, as far as it says. */
static uint64_t available(int fd) {
    struct statvfs info;
    if (fstatvfs(fd, &info) != 0) return 0;
    return (uint64_t)info.f_bavail * info.f_frsize;
}

/* Allocate the file from `from` to `to`. 0 or an errno; what is there already stays. */
static int allocate(int fd, uint64_t from, uint64_t to) {
    if (to <= from) return 0;
    int rc;
    do rc = fallocate(fd, 0, (off_t)from, (off_t)(to - from));
    while (rc != 0 && errno == EINTR);
    if (rc == 0) return 0;
    if (errno != EOPNOTSUPP && errno != ENOSYS) return errno;
    /* A file system that cannot promise: its word on free space is the best there is. */
    return available(fd) >= to - from ? 0 : ENOSPC;
}

/* From the beginning, because a copied file may have holes where this one had blocks. */
static void allocate_first(struct mp_lmdb *env) {
    struct mp__space *space = &env->space;
    int fd = data_file(env);
    struct stat file;
    uint64_t used = atomic_load(&space->used);
    uint64_t size = fstat(fd, &file) == 0 ? (uint64_t)file.st_size : used;
    uint64_t step = used + 2 * space->reserve;
    uint64_t wishes[] = {size > step ? size : step, used + space->reserve, size};
    for (size_t i = 0; i < sizeof wishes / sizeof wishes[0]; i += 1) {
        uint64_t wish = wishes[i] < space->limit ? wishes[i] : space->limit;
        if (wish < used || allocate(fd, 0, wish) != 0) continue;
        atomic_store(&space->allocated, wish);
        return;
    }
    atomic_store(&space->allocated, used);
}

void mp__space_open(struct mp_lmdb *env, const struct mp_lmdb_options *options) {
    struct mp__space *space = &env->space;
    MDB_stat stat;
    MDB_envinfo info;
    int rc = mdb_env_stat(env->mdb, &stat);
    MP_ASSERT(rc == 0);
    rc = mdb_env_info(env->mdb, &info);
    MP_ASSERT(rc == 0);
    space->page = stat.ms_psize;
    space->limit = info.me_mapsize;
    space->reserve = options->reserve_bytes != 0 ? options->reserve_bytes : MP__RESERVE_BYTES;
    atomic_store(&space->used, measure(env));
    allocate_first(env);

    char data[MP__PATH_SIZE];
    struct mp_lmdb_error ignored;
    if (mp__path_join(data, env->path, "data.mdb", &ignored) != MP_OK) return;
    mp__filler_start(&space->filler, data, atomic_load(&space->used),
                     atomic_load(&space->allocated));
}

void mp__space_close(struct mp_lmdb *env) {
    mp__filler_stop(&env->space.filler);
}

static enum mp_status fail_full(const struct mp_lmdb *env, const char *what,
                                struct mp_lmdb_error *error) {
    return mp__fail(error, MP_FULL, "%s of %s is full. Free some space.", what, env->path);
}

/* More than the bound, because here a wrong bound would not only be a full disk. */
static void claim(struct mp_lmdb *env, uint64_t pages) {
    struct mp__space *space = &env->space;
    space->claimed = atomic_load(&space->used) + pages * space->page + MARGIN;
    mp__filler_claim(&space->filler, space->claimed);
}

/* Pages of the runs in one list of freed pages that are at least so long. The list is a count and
 * then numbers of pages that fall. */
static uint64_t pages_in_runs(const MDB_val *list, uint64_t length) {
    const uint8_t *bytes = list->mv_data;
    size_t numbers = list->mv_size / sizeof(size_t);
    uint64_t found = 0;
    uint64_t run = 0;
    size_t before = 0;
    for (size_t i = 1; i <= numbers; i += 1) {
        size_t page = 0;
        if (i < numbers) memcpy(&page, bytes + i * sizeof page, sizeof page);
        if (i < numbers && run > 0 && page + 1 == before) {
            run += 1;
        } else {
            if (run >= length) found += run;
            run = 1;
        }
        before = page;
    }
    return found;
}

/* Whether a write surely fits into what was freed, which LMDB keeps in its database 0, a list for
 * each transaction. Of a run that is long enough at most half is of no use. Should a reader still
 * look at the pages then LMDB goes on at the end, which must leave a quarter of the reserve:
 * batches that were taken in may have had the first half. */
static bool fits_freed(const struct mp_lmdb *env, uint64_t pages, uint64_t run) {
    const struct mp__space *space = &env->space;
    uint64_t end = atomic_load(&space->used) + pages * space->page + space->reserve / 4;
    if (end > atomic_load(&space->allocated)) return false;
    MDB_txn *txn;
    MDB_cursor *cursor;
    uint64_t found = 0;
    if (mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn) != 0) return false;
    if (mdb_cursor_open(txn, 0, &cursor) == 0) {
        MDB_val key;
        MDB_val list;
        while (found < 2 * pages && mdb_cursor_get(cursor, &key, &list, MDB_NEXT) == 0) {
            found += pages_in_runs(&list, run);
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    return found >= 2 * pages;
}

/* A whole step if it fits; else just enough, so that a full disk is used to its end. */
static int extend(struct mp_lmdb *env, uint64_t need) {
    struct mp__space *space = &env->space;
    int fd = data_file(env);
    uint64_t allocated = atomic_load(&space->allocated);
    uint64_t target = need + space->reserve;
    if (target > space->limit || available(fd) < target - allocated) target = need;
    int rc = allocate(fd, allocated, target);
    if (rc == 0) atomic_store(&space->allocated, target);
    return rc;
}

static uint64_t left_alone(const struct mp__space *space, enum mp__space_use use) {
    if (use == MP__SPACE_PROMISE) return 0;
    return use == MP__SPACE_TAKEN ? space->reserve / 2 : space->reserve;
}

/* MP_OK if so many pages can be written. */
static enum mp_status find(struct mp_lmdb *env, uint64_t pages, uint64_t run,
                           enum mp__space_use use, struct mp_lmdb_error *error) {
    struct mp__space *space = &env->space;
    uint64_t used = atomic_load(&space->used);
    uint64_t need = used + pages * space->page + left_alone(space, use);
    uint64_t allocated = atomic_load(&space->allocated);
    int rc = 0;
    const char *what = "The map";
    if (need > space->limit) {
        rc = ENOSPC;
    } else if (need > allocated) {
        what = "The disk";
        rc = extend(env, need);
    }
    bool full = rc == ENOSPC || rc == EDQUOT || rc == EFBIG;
    if (rc == 0 || (full && use != MP__SPACE_PROMISE && fits_freed(env, pages, run))) return MP_OK;
    if (full) return fail_full(env, what, error);
    return mp__fail(error, MP_SYSTEM, "Could not allocate space in %s: %s. Check the disk.",
                    env->path, strerror(rc));
}

enum mp_status mp__space_require(struct mp_lmdb *env, uint64_t pages, uint64_t run,
                                 enum mp__space_use use, struct mp_lmdb_error *error) {
    enum mp_status status = find(env, pages, run, use, error);
    if (status == MP_OK) claim(env, pages);
    return status;
}

enum mp_status mp_lmdb_room(struct mp_lmdb *env, struct mp_lmdb_error *error) {
    uint64_t page = env->space.page;
    return find(env, ROOM / page, ROOM_RUN / page, MP__SPACE_FREE, error);
}
