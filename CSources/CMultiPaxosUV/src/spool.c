/* Encoded bytes of a snapshot: in memory while they are few, in a file without a name beyond.
 *
 * The file is written with pwrite(), so that a full disk is an error and never a signal, and its
 * blocks are sent to the disk as they come: what is not written yet stays below two windows, and
 * the writer waits for the disk instead of the log's transactions behind it. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "assert.h"
#include "failpoint.h"

enum { WINDOW = 8 << 20, PASSED_STEP = 4 << 20, TEMPLATE_SIZE = 4096 };

struct mp_uv_spool {
    char *directory; /* NULL: memory alone. */
    uint64_t keep_free;
    uint64_t size;
    uint64_t capacity; /* Of the memory; of the file what is reserved. */
    uint8_t *memory;   /* NULL once there is a file. */
    int file;          /* -1: none. */
    uint64_t sent;     /* Bytes whose way to the disk has begun, whole windows. */
    uint8_t *mapped;   /* The file, once finished. */
    uint64_t checksum;
    bool finished;
};

struct mp_uv_spool *mp_uv_spool_new(const char *directory, uint64_t keep_free) {
    struct mp_uv_spool *spool = calloc(1, sizeof *spool);
    MP_ASSERT(spool != NULL);
    spool->file = -1;
    spool->keep_free = keep_free;
    if (directory == NULL) return spool;
    spool->directory = strdup(directory);
    MP_ASSERT(spool->directory != NULL);
    return spool;
}

void mp_uv_spool_free(struct mp_uv_spool *spool) {
    if (spool == NULL) return;
    if (spool->mapped != NULL) munmap(spool->mapped, spool->size);
    if (spool->file >= 0) close(spool->file);
    free(spool->memory);
    free(spool->directory);
    free(spool);
}

static enum mp_status fail(const struct mp_uv_spool *spool, int code,
                           struct mp_lmdb_error *error) {
    bool full = code == ENOSPC || code == EDQUOT || code == EFBIG;
    const char *advice = full ? "Free some space, or name another directory"
                              : "Name a directory that can be written to";
    snprintf(error->text, sizeof error->text,
             "A snapshot of %llu bytes or more cannot be kept in a temporary file in %s: %s. %s.",
             (unsigned long long)spool->size, spool->directory, strerror(code), advice);
    return full ? MP_FULL : MP_SYSTEM;
}

static enum mp_status fail_memory(uint64_t size, struct mp_lmdb_error *error) {
    snprintf(error->text, sizeof error->text,
             "A snapshot of %llu bytes does not fit into the memory.", (unsigned long long)size);
    return MP_FULL;
}

static enum mp_status check_size(uint64_t size, struct mp_lmdb_error *error) {
    if (size < MP_UV_SNAPSHOT_SIZE_MAX) return MP_OK;
    snprintf(error->text, sizeof error->text,
             "A snapshot may have less than %llu bytes. Divide the object into several.",
             (unsigned long long)MP_UV_SNAPSHOT_SIZE_MAX);
    return MP_TOO_BIG;
}

/* Where the file system knows no files without names, it has one for a moment. */
static int open_file(const char *directory) {
    int file = open(directory, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) return file;
    char path[TEMPLATE_SIZE];
    int length = snprintf(path, sizeof path, "%s/ado-spool-XXXXXX", directory);
    if (length < 0 || (size_t)length >= sizeof path) {
        errno = ENAMETOOLONG;
        return -1;
    }
    file = mkostemp(path, O_CLOEXEC);
    if (file >= 0) unlink(path);
    return file;
}

static int write_all(int file, const uint8_t *bytes, uint64_t size, uint64_t offset) {
    while (size > 0) {
        ssize_t written = pwrite(file, bytes, size, (off_t)offset);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return errno;
        if (written == 0) return ENOSPC;
        bytes += written;
        offset += (uint64_t)written;
        size -= (uint64_t)written;
    }
    return 0;
}

/* A file system that cannot promise is asked what it has. */
static int find_room(const struct mp_uv_spool *spool, uint64_t size) {
    struct statvfs info;
    if (fstatvfs(spool->file, &info) != 0) return errno;
    uint64_t available = (uint64_t)info.f_bavail * info.f_frsize;
    return available < size || available - size < spool->keep_free ? ENOSPC : 0;
}

static int allocate_file(struct mp_uv_spool *spool, uint64_t size) {
    int code = find_room(spool, size);
    if (code != 0) return code;
    do code = fallocate(spool->file, FALLOC_FL_KEEP_SIZE, 0, (off_t)size) == 0 ? 0 : errno;
    while (code == EINTR);
    if (code != 0 && code != EOPNOTSUPP && code != ENOSYS) return code;
    spool->capacity = size;
    return 0;
}

/* The window before this one must be on the disk before the next is written. */
static int send_windows(struct mp_uv_spool *spool) {
    const unsigned int wait = SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                              SYNC_FILE_RANGE_WAIT_AFTER;
    while (spool->size - spool->sent >= WINDOW) {
        int rc = sync_file_range(spool->file, (off_t)spool->sent, WINDOW, SYNC_FILE_RANGE_WRITE);
        if (rc == 0 && spool->sent >= WINDOW) {
            rc = sync_file_range(spool->file, (off_t)(spool->sent - WINDOW), WINDOW, wait);
        }
        if (rc != 0 && errno != ENOSYS && errno != EINVAL && errno != EPERM) return errno;
        spool->sent += WINDOW;
    }
    return 0;
}

/* The bytes follow those that are in the file. */
static int extend_file(struct mp_uv_spool *spool, const uint8_t *bytes, uint64_t size) {
    int code = spool->size + size > spool->capacity ? find_room(spool, size) : 0;
    if (code == 0) code = write_all(spool->file, bytes, size, spool->size);
    if (code != 0) return code;
    spool->size += size;
    mp_uv__failpoint("spool-written");
    return send_windows(spool);
}

/* From memory into a file. */
static int make_file(struct mp_uv_spool *spool) {
    spool->file = open_file(spool->directory);
    if (spool->file < 0) return errno;
    uint64_t size = spool->size;
    uint8_t *memory = spool->memory;
    spool->memory = NULL;
    spool->size = 0;
    spool->capacity = 0;
    int code = size == 0 ? 0 : extend_file(spool, memory, size);
    free(memory);
    return code;
}

static enum mp_status grow_memory(struct mp_uv_spool *spool, uint64_t size,
                                  struct mp_lmdb_error *error) {
    if (size <= spool->capacity) return MP_OK;
    uint64_t capacity = spool->capacity < 4096 ? 4096 : 2 * spool->capacity;
    if (capacity < size) capacity = size;
    uint8_t *memory = realloc(spool->memory, capacity);
    if (memory == NULL) return fail_memory(size, error);
    spool->memory = memory;
    spool->capacity = capacity;
    return MP_OK;
}

static bool needs_file(const struct mp_uv_spool *spool, uint64_t size) {
    return spool->directory != NULL && (spool->file >= 0 || size > MP_UV_SPOOL_MEMORY);
}

enum mp_status mp_uv_spool_reserve(struct mp_uv_spool *spool, uint64_t size,
                                   struct mp_lmdb_error *error) {
    MP_ASSERT(!spool->finished && spool->size <= size);
    enum mp_status status = check_size(size, error);
    if (status != MP_OK) return status;
    if (!needs_file(spool, size)) return grow_memory(spool, size, error);
    int code = spool->file >= 0 ? 0 : make_file(spool);
    if (code == 0) code = allocate_file(spool, size);
    return code == 0 ? MP_OK : fail(spool, code, error);
}

enum mp_status mp_uv_spool_append(struct mp_uv_spool *spool, const uint8_t *bytes, uint64_t size,
                                  struct mp_lmdb_error *error) {
    MP_ASSERT(!spool->finished);
    enum mp_status status = check_size(spool->size + size, error);
    if (status != MP_OK || size == 0) return status;
    if (needs_file(spool, spool->size + size)) {
        int code = spool->file >= 0 ? 0 : make_file(spool);
        if (code == 0) code = extend_file(spool, bytes, size);
        return code == 0 ? MP_OK : fail(spool, code, error);
    }
    status = grow_memory(spool, spool->size + size, error);
    if (status != MP_OK) return status;
    memcpy(spool->memory + spool->size, bytes, size);
    spool->size += size;
    return MP_OK;
}

enum mp_status mp_uv_spool_patch(struct mp_uv_spool *spool, uint64_t offset, const uint8_t *bytes,
                                 uint64_t size, struct mp_lmdb_error *error) {
    MP_ASSERT(offset <= spool->size && size <= spool->size - offset);
    if (spool->file < 0) {
        memcpy(spool->memory + offset, bytes, size);
        return MP_OK;
    }
    int code = write_all(spool->file, bytes, size, offset);
    return code == 0 ? MP_OK : fail(spool, code, error);
}

static void compute_checksum(struct mp_uv_spool *spool) {
    const uint8_t *bytes = mp_uv_spool_bytes(spool);
    spool->checksum = 0;
    for (uint64_t i = 0; i < mp_lmdb_chunk_count(spool->size); i += 1) {
        uint64_t offset = i * MP_LMDB_CHUNK_SIZE;
        spool->checksum = mp_lmdb_chunk_hash(spool->checksum, bytes + offset,
                                             mp_lmdb_chunk_size(spool->size, i));
        mp_uv__spool_passed(spool, offset);
    }
}

enum mp_status mp_uv_spool_finish(struct mp_uv_spool *spool, struct mp_lmdb_error *error) {
    MP_ASSERT(!spool->finished);
    if (spool->file >= 0 && spool->size > 0) {
        void *mapped = mmap(NULL, spool->size, PROT_READ, MAP_SHARED, spool->file, 0);
        if (mapped == MAP_FAILED) return fail(spool, errno, error);
        spool->mapped = mapped;
        (void)madvise(mapped, spool->size, MADV_SEQUENTIAL);
    }
    spool->finished = true;
    compute_checksum(spool);
    return MP_OK;
}

const uint8_t *mp_uv_spool_bytes(const struct mp_uv_spool *spool) {
    MP_ASSERT(spool->finished);
    return spool->mapped != NULL ? spool->mapped : spool->memory;
}

uint64_t mp_uv_spool_size(const struct mp_uv_spool *spool) {
    return spool->size;
}

uint64_t mp_uv_spool_checksum(const struct mp_uv_spool *spool) {
    MP_ASSERT(spool->finished);
    return spool->checksum;
}

bool mp_uv_spool_has_file(const struct mp_uv_spool *spool) {
    return spool->file >= 0;
}

void mp_uv__spool_passed(const struct mp_uv_spool *spool, uint64_t end) {
    if (spool->mapped == NULL || end % PASSED_STEP != 0 || end == 0) return;
    uint64_t from = end - PASSED_STEP;
    (void)madvise(spool->mapped + from, PASSED_STEP, MADV_DONTNEED);
}

void mp_uv__spool_spoil(struct mp_uv_spool *spool, uint64_t offset, bool consistent) {
    uint8_t byte = mp_uv_spool_bytes(spool)[offset] ^ 1;
    struct mp_lmdb_error error;
    enum mp_status status = mp_uv_spool_patch(spool, offset, &byte, 1, &error);
    MP_ASSERT(status == MP_OK);
    if (consistent) compute_checksum(spool);
}
