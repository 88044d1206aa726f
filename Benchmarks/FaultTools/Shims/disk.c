/* A disk that gets slow, fails or fills up, when a test says so.
 *
 * ADO_SHIM_DISK  A file that says how the disk is; looked at before each call. Without the file the
 *                disk is well. One line:
 *                  slow N   each flush of the data file takes N milliseconds more
 *                  fail N   each flush of the data file fails with the error number N
 *                  room N   the data file cannot grow beyond N bytes */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include "kernel.h"

static const char *control;

__attribute__((constructor)) static void start(void) {
    control = getenv("ADO_SHIM_DISK");
}

/* The number after `word` if the disk is so, else `otherwise`. */
static long condition(const char *word, long otherwise) {
    if (control == NULL) return otherwise;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, control, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return otherwise;
    char line[64] = {0};
    ssize_t size = syscall(SYS_read, fd, line, sizeof line - 1);
    close(fd);
    size_t length = strlen(word);
    if (size <= (ssize_t)length || strncmp(line, word, length) != 0) return otherwise;
    return strtol(line + length, NULL, 10);
}

static bool is_data(int fd) {
    uint64_t inode;
    int error = errno;
    bool data = control != NULL && kernel_classify(fd, &inode) == TARGET_DATA;
    errno = error;
    return data;
}

static int flush(int fd, long number) {
    if (!is_data(fd)) return (int)syscall(number, fd);
    long error = condition("fail ", 0);
    if (error != 0) {
        errno = (int)error;
        return -1;
    }
    long ms = condition("slow ", 0);
    struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    while (ms > 0 && nanosleep(&left, &left) != 0 && errno == EINTR) continue;
    return (int)syscall(number, fd);
}

int fdatasync(int fd) {
    return flush(fd, SYS_fdatasync);
}

int fsync(int fd) {
    return flush(fd, SYS_fsync);
}

static int allocate(int fd, int mode, off_t offset, off_t size) {
    if (is_data(fd) && offset + size > condition("room ", LONG_MAX)) {
        errno = ENOSPC;
        return -1;
    }
    return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
    return allocate(fd, mode, offset, size);
}

int fallocate64(int fd, int mode, off_t offset, off_t size) {
    return allocate(fd, mode, offset, size);
}

int fstatvfs(int fd, struct statvfs *out) {
    struct statfs info;
    struct stat file;
    if (syscall(SYS_fstatfs, fd, &info) != 0 || fstat(fd, &file) != 0) return -1;
    *out = (struct statvfs){.f_bsize = 1, .f_frsize = 1};
    uint64_t available = (uint64_t)info.f_bavail * (uint64_t)info.f_bsize;
    long room = is_data(fd) ? condition("room ", LONG_MAX) : LONG_MAX;
    uint64_t left = room > file.st_size ? (uint64_t)(room - file.st_size) : 0;
    out->f_bavail = room == LONG_MAX || available < left ? available : left;
    return 0;
}

int fstatvfs64(int fd, struct statvfs64 *out) {
    struct statvfs info;
    if (fstatvfs(fd, &info) != 0) return -1;
    *out = (struct statvfs64){.f_bsize = 1, .f_frsize = 1, .f_bavail = info.f_bavail};
    return 0;
}
