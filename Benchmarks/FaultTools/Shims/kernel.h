/* What both shims need: the real calls, straight to the kernel, so that a shim never meets itself;
 * and which descriptors are of interest.
 *
 * A shim is a preloaded library: its functions are found before those of the C library. */
#ifndef ADO_SHIM_KERNEL_H
#define ADO_SHIM_KERNEL_H

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

enum kernel_target { TARGET_OTHER = 0, TARGET_DATA, TARGET_SOCKET };

static inline uint64_t kernel_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static inline bool kernel_is_data_file(int fd) {
    char link[64];
    char path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path);
    static const char name[] = "/data.mdb";
    ssize_t length = (ssize_t)sizeof name - 1;
    return size > length && memcmp(path + size - length, name, sizeof name - 1) == 0;
}

/* What a descriptor is, and the number that names it for as long as it is open. */
static inline enum kernel_target kernel_classify(int fd, uint64_t *inode) {
    struct stat info;
    if (fstat(fd, &info) != 0) return TARGET_OTHER;
    *inode = info.st_ino;
    if (S_ISSOCK(info.st_mode)) return TARGET_SOCKET;
    return S_ISREG(info.st_mode) && kernel_is_data_file(fd) ? TARGET_DATA : TARGET_OTHER;
}

/* True if a write on this descriptor returns only when it is durable. */
static inline bool kernel_is_synchronous(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && (flags & O_DSYNC) != 0;
}

static inline ssize_t kernel_pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
    return syscall(SYS_pwritev, fd, parts, count, (unsigned long)offset, 0ul);
}

static inline ssize_t kernel_writev(int fd, const struct iovec *parts, int count) {
    return syscall(SYS_writev, fd, parts, count);
}

static inline size_t kernel_total(const struct iovec *parts, int count) {
    size_t total = 0;
    for (int i = 0; i < count; i += 1) total += parts[i].iov_len;
    return total;
}

/* Opens a file of the shim's own at a number that no program uses by chance. */
static inline int kernel_open_own(const char *path) {
    int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, 0600);
    if (fd < 0) return fd;
    int high = fcntl(fd, F_DUPFD_CLOEXEC, 700);
    if (high < 0) return fd;
    close(fd);
    return high;
}

#endif /* ADO_SHIM_KERNEL_H */
