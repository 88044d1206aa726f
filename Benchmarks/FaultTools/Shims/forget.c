/* Remembers how the data file looked at the last flush, so that a test can bring that back after it
 * has killed the process: what the page cache held and the disk did not is then gone, as after a
 * power cut. The data is written as always (LMDB reads it through a map); what it replaced goes
 * to a journal first. UndoJournal.swift reads the journal.
 *
 * ADO_SHIM_JOURNAL  The journal: { offset, size, the bytes before }, empty after each flush.
 * ADO_SHIM_FLUSH    ignored: flushes and synchronous writes are ordinary ones. For the test that
 *                   losing what was acknowledged is noticed. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "kernel.h"

static int journal_fd = -1;
static bool flush_ignored;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

_Noreturn static void fail(const char *what) {
    dprintf(2, "the shim cannot %s its journal: %s\n", what, strerror(errno));
    _exit(99);
}

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("ADO_SHIM_JOURNAL");
    const char *flush = getenv("ADO_SHIM_FLUSH");
    if (path == NULL) return;
    flush_ignored = flush != NULL && strcmp(flush, "ignored") == 0;
    journal_fd = kernel_open_own(path);
    if (journal_fd < 0) fail("open");
}

/* The descriptor may be open for writing only. */
static void read_before(int fd, uint8_t *before, size_t size, off_t offset) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    int own = (int)syscall(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC);
    if (own < 0 || pread(own, before, size, offset) < 0) fail("read for");
    close(own);
}

/* Append what is at `offset` now. Behind the end of the file it is zeros. */
static void remember(int fd, off_t offset, size_t size) {
    uint8_t *before = calloc(1, size);
    if (before == NULL) fail("hold");
    read_before(fd, before, size, offset);
    uint64_t header[2] = {(uint64_t)offset, size};
    struct iovec parts[2] = {{header, sizeof header}, {before, size}};
    size_t total = kernel_total(parts, 2);
    if (kernel_writev(journal_fd, parts, 2) != (ssize_t)total) fail("write");
    free(before);
}

static ssize_t perform(int fd, const struct iovec *parts, int count, off_t offset) {
    if (offset >= 0) return kernel_pwritev(fd, parts, count, offset);
    return kernel_writev(fd, parts, count);
}

static ssize_t undoable_write(int fd, const struct iovec *parts, int count, off_t offset) {
    uint64_t inode;
    bool data = journal_fd >= 0 && kernel_classify(fd, &inode) == TARGET_DATA;
    bool durable = data && kernel_is_synchronous(fd) && !flush_ignored;
    if (!data || durable) return perform(fd, parts, count, offset);
    pthread_mutex_lock(&lock);
    off_t at = offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR);
    remember(fd, at, kernel_total(parts, count));
    ssize_t written = perform(fd, parts, count, offset);
    pthread_mutex_unlock(&lock);
    return written;
}

static int flush(int fd, long number) {
    uint64_t inode;
    bool data = journal_fd >= 0 && kernel_classify(fd, &inode) == TARGET_DATA;
    if (!data) return (int)syscall(number, fd);
    if (flush_ignored) return 0;
    pthread_mutex_lock(&lock);
    int rc = (int)syscall(number, fd);
    if (rc == 0 && ftruncate(journal_fd, 0) != 0) fail("empty");
    pthread_mutex_unlock(&lock);
    return rc;
}

static struct iovec part(const void *bytes, size_t size) {
    return (struct iovec){(void *)(uintptr_t)bytes, size};
}

ssize_t write(int fd, const void *bytes, size_t size) {
    struct iovec one = part(bytes, size);
    return undoable_write(fd, &one, 1, -1);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    return undoable_write(fd, parts, count, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    struct iovec one = part(bytes, size);
    return undoable_write(fd, &one, 1, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) {
    struct iovec one = part(bytes, size);
    return undoable_write(fd, &one, 1, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return undoable_write(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) {
    return undoable_write(fd, parts, count, offset);
}

int fdatasync(int fd) {
    return flush(fd, SYS_fdatasync);
}

int fsync(int fd) {
    return flush(fd, SYS_fsync);
}
