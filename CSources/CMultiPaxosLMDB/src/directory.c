/* What must be true of a directory before LMDB sees it: sane options, a local file system, and
 * nobody else inside. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "internal.h"

enum mp_status mp__fail(struct mp_lmdb_error *error, enum mp_status status, const char *format,
                        ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(error->text, sizeof error->text, format, arguments);
    va_end(arguments);
    return status;
}

enum mp_status mp__fail_mdb(const struct mp_lmdb *env, int rc, const char *doing,
                            struct mp_lmdb_error *error) {
    return mp__fail(error, MP_SYSTEM, "Could not %s in %s: %s.", doing, env->path,
                    mdb_strerror(rc));
}

enum mp_status mp__check_options(const struct mp_lmdb_options *options,
                                 struct mp_lmdb_error *error) {
    MP_ASSERT(options->path != NULL);
    if (options->path[0] == '\0') {
        return mp__fail(error, MP_SYSTEM, "The path of the data directory is empty; give --data.");
    }
    size_t cluster = options->cluster == NULL ? 1 : strlen(options->cluster);
    if (cluster == 0 || cluster >= MP_LMDB_CLUSTER_SIZE) {
        return mp__fail(error, MP_FOREIGN, "A cluster's name has 1 to %u bytes, this one %zu.",
                        MP_LMDB_CLUSTER_SIZE - 1, cluster);
    }
    if (options->any_node) return MP_OK;
    if (options->node == 0 || options->node > MP_NODE_MAX) {
        return mp__fail(error, MP_FOREIGN, "%llu is no node id of a server; use 1 to %u.",
                        (unsigned long long)options->node, MP_NODE_MAX);
    }
    return MP_OK;
}

enum mp_status mp__path_join(char out[MP__PATH_SIZE], const char *directory, const char *name,
                             struct mp_lmdb_error *error) {
    int size = snprintf(out, MP__PATH_SIZE, "%s/%s", directory, name);
    if (size > 0 && size < MP__PATH_SIZE) return MP_OK;
    return mp__fail(error, MP_SYSTEM, "The path of the data directory is too long; use a shorter.");
}

/* File systems whose flush or locks end at another machine. */
static const struct {
    unsigned long magic;
    const char *name;
} remote_file_systems[] = {
    {0x00006969ul, "NFS"},  {0x0000517Bul, "SMB"},    {0xFE534D42ul, "SMB"},
    {0xFF534D42ul, "CIFS"}, {0x01021997ul, "9P"},     {0x00C36400ul, "Ceph"},
    {0x5346414Ful, "AFS"},  {0x6B414653ul, "AFS"},    {0x73757245ul, "Coda"},
    {0x0BD00BD0ul, "Lustre"},
};

enum mp_status mp__check_file_system(const char *path, struct mp_lmdb_error *error) {
    struct statfs info;
    if (statfs(path, &info) != 0) {
        return mp__fail(error, MP_SYSTEM, "%s cannot be read: %s.", path, strerror(errno));
    }
    unsigned long magic = (unsigned long)info.f_type & 0xFFFFFFFFul;
    size_t count = sizeof remote_file_systems / sizeof remote_file_systems[0];
    for (size_t i = 0; i < count; i += 1) {
        if (remote_file_systems[i].magic != magic) continue;
        return mp__fail(error, MP_SYSTEM,
                        "%s is on a remote file system (%s), which cannot promise that a flush is "
                        "durable. Use a directory of a local disk.",
                        path, remote_file_systems[i].name);
    }
    return MP_OK;
}

static enum mp_status fail_locked(const char *path, int lock, struct mp_lmdb_error *error) {
    char holder[32] = {0};
    ssize_t size = pread(lock, holder, sizeof holder - 1, 0);
    close(lock);
    long pid = 0;
    if (size > 0 && sscanf(holder, "%ld", &pid) == 1 && pid == (long)getpid()) {
        return mp__fail(error, MP_IN_USE, "%s is already open in this process. Open it once.",
                        path);
    }
    return mp__fail(error, MP_IN_USE,
                    "%s is in use by another process (%ld, by its own word). Stop that one first.",
                    path, pid);
}

/* flock() belongs to the open file, not to the process: a second open of the same directory is
 * refused within one process too, and a killed process leaves no lock behind. */
enum mp_status mp__directory_lock(const char *path, int *lock, struct mp_lmdb_error *error) {
    char name[MP__PATH_SIZE];
    enum mp_status status = mp__path_join(name, path, "LOCK", error);
    if (status != MP_OK) return status;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) {
        return mp__fail(error, MP_SYSTEM,
                        "%s is not writable: %s. Mount it for writing, or give this user write "
                        "permission.",
                        path, strerror(errno));
    }
    int rc;
    do rc = flock(fd, LOCK_EX | LOCK_NB);
    while (rc != 0 && errno == EINTR);
    if (rc != 0 && errno == EWOULDBLOCK) return fail_locked(path, fd, error);
    if (rc != 0) {
        status = mp__fail(error, MP_SYSTEM, "%s cannot be locked: %s.", name, strerror(errno));
        close(fd);
        return status;
    }
    /* For the other side's sentence only; nothing depends on it, and the disk may be full. */
    char holder[32];
    int size = snprintf(holder, sizeof holder, "%-20ld\n", (long)getpid());
    if (pwrite(fd, holder, (size_t)size, 0) != size) errno = 0;
    *lock = fd;
    return MP_OK;
}

/* Unlocked by name: a child that is just being started may hold a copy of the descriptor. */
void mp__directory_unlock(int lock) {
    flock(lock, LOCK_UN);
    close(lock);
}
