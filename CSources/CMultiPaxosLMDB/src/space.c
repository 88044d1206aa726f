/* Space ahead of the data, so that a full disk is noticed before a commit and not by it.
 *
 * The data file is allocated in steps beyond what LMDB uses, and its end is a reserve. A disk is
 * full when only that is left: from then on no batch is taken in. Those that were taken in already
 * may use half of it, so that the promises behind them do not wait for somebody to make room;
 * snapshots, by which logs are trimmed, an eighth more; the rest is for promises. What a commit
 * needs is bounded from above before it.
 *
 * What was freed inside the file is used again by LMDB, which does not say how; so it counts only
 * where the file cannot grow. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "internal.h"

enum {
    MARGIN = 1024 * 1024,
    ROOM = 192 * 1024,
    ROOM_RUN = 68 * 1024,
    FREED_FOLD = 4,      /* So many times what is wanted is looked at first, before each commit. */
    FREED_MAX = 1 << 18, /* Pages, 1 GiB, that are looked at before the disk is called full. */
};

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "LMDB's page numbers are of 64 bits");

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

/* What was freed, or the oldest of it, by page numbers that rise. */
struct freed {
    uint64_t *pages;
    size_t count;
};

static int by_number(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

/* LMDB keeps what was freed in its database 0: for each transaction a list, of a count and then
 * numbers. It joins the lists when it looks for pages side by side, so they are joined here. */
static bool gather_freed(const struct mp_lmdb *env, size_t max, struct freed *freed) {
    *freed = (struct freed){.pages = malloc(max * sizeof *freed->pages)};
    MDB_txn *txn;
    MDB_cursor *cursor;
    if (freed->pages == NULL) return false;
    if (mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn) != 0) return false;
    if (mdb_cursor_open(txn, 0, &cursor) == 0) {
        MDB_val key;
        MDB_val list;
        while (freed->count < max && mdb_cursor_get(cursor, &key, &list, MDB_NEXT) == 0) {
            size_t words = list.mv_size / sizeof(size_t);
            size_t numbers = words == 0 ? 0 : words - 1;
            size_t space = max - freed->count;
            if (numbers > space) numbers = space;
            memcpy(freed->pages + freed->count, (const uint8_t *)list.mv_data + sizeof(size_t),
                   numbers * sizeof(size_t));
            freed->count += numbers;
        }
        mdb_cursor_close(cursor);
    }
    mdb_txn_abort(txn);
    qsort(freed->pages, freed->count, sizeof freed->pages[0], by_number);
    return true;
}

/* Pages of the runs that are at least so long. */
static uint64_t pages_in_runs(const struct freed *freed, uint64_t length) {
    uint64_t found = 0;
    uint64_t run = 0;
    for (size_t i = 0; i < freed->count; i += 1) {
        run += 1;
        bool ends = i + 1 == freed->count || freed->pages[i + 1] != freed->pages[i] + 1;
        if (!ends) continue;
        if (run >= length) found += run;
        run = 0;
    }
    return found;
}

/* A write, and what it has to leave to snapshots. */
struct wish {
    uint64_t pages;
    uint64_t run; /* Of pages that one value takes. */
    uint64_t kept;
};

static bool fits_within(const struct mp_lmdb *env, const struct wish *wish, size_t max) {
    uint64_t chunk = mp__value_pages(env, MP_LMDB_CHUNK_SIZE);
    struct freed freed;
    bool fits = gather_freed(env, max, &freed) &&
                pages_in_runs(&freed, wish->run) >= 2 * wish->pages &&
                pages_in_runs(&freed, chunk) >= wish->kept;
    free(freed.pages);
    return fits;
}

/* Whether a write surely fits into what was freed. Of a run that is long enough at most half is of
 * no use. Should a reader still look at the pages then LMDB goes on at the end, which must leave an
 * eighth of the reserve. As much of what was freed, in runs for chunks, is left to snapshots: a log
 * that fills it all could not be trimmed any more. */
static bool fits_freed(const struct mp_lmdb *env, uint64_t pages, uint64_t run,
                       enum mp__space_use use) {
    const struct mp__space *space = &env->space;
    uint64_t eighth = space->reserve / 8;
    uint64_t end = atomic_load(&space->used) + pages * space->page + eighth;
    if (end > atomic_load(&space->allocated)) return false;
    struct wish wish = {.pages = pages, .run = run};
    if (use != MP__SPACE_STATE) wish.kept = pages + eighth / space->page;
    return fits_within(env, &wish, FREED_FOLD * (2 * wish.pages + wish.kept)) ||
           fits_within(env, &wish, FREED_MAX);
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
    static const uint64_t eighths[] = {
        [MP__SPACE_FREE] = 8,
        [MP__SPACE_TAKEN] = 4,
        [MP__SPACE_STATE] = 3,
        [MP__SPACE_PROMISE] = 0,
    };
    return space->reserve * eighths[use] / 8;
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
    if (rc == 0) return MP_OK;
    if (full && use != MP__SPACE_PROMISE && fits_freed(env, pages, run, use)) return MP_OK;
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
