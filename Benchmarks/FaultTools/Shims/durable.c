/* Logs what a server writes to its data file and to its sockets, and each flush, with the times at
 * which the call began and ended. DurabilityChecker.swift reads the log.
 *
 * ADO_SHIM_LOG    The log. Each call is one record, appended by one write after the call returned.
 * ADO_SHIM_FLUSH  late: flushes return at once and happen 30 ms later. For the test that a reply
 *                 before its flush is noticed. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "kernel.h"

enum kind { KIND_WRITE = 1, KIND_FLUSH, KIND_SEND };

enum { PARTS_MAX = 1024, LATE_NS = 30000000 };

struct record {
    uint32_t size; /* This header and the bytes after it. */
    uint32_t kind;
    uint64_t inode;
    uint64_t begin_ns;
    uint64_t end_ns;
    uint64_t offset; /* In the data file. */
    uint32_t synchronous;
    uint32_t zero;
};

static int log_fd = -1;
static bool flush_late;

__attribute__((constructor)) static void start(void) {
    const char *path = getenv("ADO_SHIM_LOG");
    const char *flush = getenv("ADO_SHIM_FLUSH");
    if (path == NULL) return;
    flush_late = flush != NULL && strcmp(flush, "late") == 0;
    log_fd = kernel_open_own(path);
    if (log_fd >= 0) return;
    dprintf(2, "the shim cannot write its log %s: %s\n", path, strerror(errno));
    _exit(99);
}

/* Append a record with the first `size` bytes of the parts. A log with a hole proves nothing. */
static void append(struct record *record, const struct iovec *parts, int count, size_t size) {
    struct iovec out[PARTS_MAX + 1];
    record->size = (uint32_t)(sizeof *record + size);
    out[0] = (struct iovec){record, sizeof *record};
    int used = 1;
    for (int i = 0; i < count && size > 0; i += 1) {
        size_t length = parts[i].iov_len < size ? parts[i].iov_len : size;
        out[used] = (struct iovec){parts[i].iov_base, length};
        used += 1;
        size -= length;
    }
    int error = errno;
    if (kernel_writev(log_fd, out, used) == (ssize_t)record->size) {
        errno = error;
        return;
    }
    dprintf(2, "the shim cannot write its log: %s\n", strerror(errno));
    _exit(99);
}

/* One write to whatever `fd` is, with the offset given or the current one (-1). */
static ssize_t perform(int fd, const struct iovec *parts, int count, off_t offset) {
    if (offset >= 0) return kernel_pwritev(fd, parts, count, offset);
    return kernel_writev(fd, parts, count);
}

static ssize_t traced_write(int fd, const struct iovec *parts, int count, off_t offset) {
    struct record record = {0};
    enum kernel_target target = TARGET_OTHER;
    if (log_fd >= 0 && count <= PARTS_MAX) target = kernel_classify(fd, &record.inode);
    if (target == TARGET_OTHER) return perform(fd, parts, count, offset);
    record.kind = target == TARGET_SOCKET ? KIND_SEND : KIND_WRITE;
    if (target == TARGET_DATA) {
        record.offset = (uint64_t)(offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR));
        record.synchronous = kernel_is_synchronous(fd);
    }
    record.begin_ns = kernel_now();
    ssize_t written = perform(fd, parts, count, offset);
    record.end_ns = kernel_now();
    if (written > 0) append(&record, parts, count, (size_t)written);
    return written;
}

static void *flush_later(void *argument) {
    struct record *record = argument;
    int fd = (int)record->zero;
    struct timespec wait = {.tv_nsec = LATE_NS};
    nanosleep(&wait, NULL);
    record->zero = 0;
    record->begin_ns = kernel_now();
    long rc = syscall(SYS_fdatasync, fd);
    record->end_ns = kernel_now();
    if (rc == 0) append(record, NULL, 0, 0);
    free(record);
    return NULL;
}

static int start_late(int fd, const struct record *record) {
    struct record *copy = malloc(sizeof *copy);
    if (copy == NULL) return -1;
    *copy = *record;
    copy->zero = (uint32_t)fd;
    pthread_t thread;
    if (pthread_create(&thread, NULL, flush_later, copy) != 0) return -1;
    pthread_detach(thread);
    return 0;
}

static int traced_flush(int fd, long number) {
    struct record record = {.kind = KIND_FLUSH};
    enum kernel_target target = TARGET_OTHER;
    if (log_fd >= 0) target = kernel_classify(fd, &record.inode);
    if (target != TARGET_DATA) return (int)syscall(number, fd);
    if (flush_late) return start_late(fd, &record);
    record.begin_ns = kernel_now();
    int rc = (int)syscall(number, fd);
    record.end_ns = kernel_now();
    if (rc == 0) append(&record, NULL, 0, 0);
    return rc;
}

static struct iovec part(const void *bytes, size_t size) {
    return (struct iovec){(void *)(uintptr_t)bytes, size};
}

ssize_t write(int fd, const void *bytes, size_t size) {
    struct iovec one = part(bytes, size);
    return traced_write(fd, &one, 1, -1);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    return traced_write(fd, parts, count, -1);
}

ssize_t pwrite(int fd, const void *bytes, size_t size, off_t offset) {
    struct iovec one = part(bytes, size);
    return traced_write(fd, &one, 1, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off_t offset) {
    struct iovec one = part(bytes, size);
    return traced_write(fd, &one, 1, offset);
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return traced_write(fd, parts, count, offset);
}

ssize_t pwritev64(int fd, const struct iovec *parts, int count, off_t offset) {
    return traced_write(fd, parts, count, offset);
}

int fdatasync(int fd) {
    return traced_flush(fd, SYS_fdatasync);
}

int fsync(int fd) {
    return traced_flush(fd, SYS_fsync);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
    struct record record = {.kind = KIND_SEND};
    int count = (int)message->msg_iovlen;
    bool traced = log_fd >= 0 && count <= PARTS_MAX &&
                  kernel_classify(fd, &record.inode) == TARGET_SOCKET;
    record.begin_ns = kernel_now();
    ssize_t sent = syscall(SYS_sendmsg, fd, message, flags);
    record.end_ns = kernel_now();
    if (traced && sent > 0) append(&record, message->msg_iov, count, (size_t)sent);
    return sent;
}

ssize_t sendto(int fd, const void *bytes, size_t size, int flags, const struct sockaddr *address,
               socklen_t address_size) {
    struct iovec one = part(bytes, size);
    struct msghdr message = {.msg_name = (void *)(uintptr_t)address,
                             .msg_namelen = address_size,
                             .msg_iov = &one,
                             .msg_iovlen = 1};
    return sendmsg(fd, &message, flags);
}

ssize_t send(int fd, const void *bytes, size_t size, int flags) {
    return sendto(fd, bytes, size, flags, NULL, 0);
}
