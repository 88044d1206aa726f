/* Making a voting directory. The environment is built and flushed in DIR/.format, then renamed to
 * DIR/data.mdb: that rename is the one moment at which the directory starts to vote. Interrupted
 * before, it holds only leftovers that open refuses and that the next format removes. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

static const char *const leftovers[] = {"data.mdb", "lock.mdb"};

static enum mp_status fail_system(const char *doing, const char *path,
                                  struct mp_lmdb_error *error) {
    enum mp_status status = errno == ENOSPC || errno == EDQUOT ? MP_FULL : MP_SYSTEM;
    return mp__fail(error, status, "Could not %s %s: %s.", doing, path, strerror(errno));
}

static enum mp_status flush_directory(const char *path, struct mp_lmdb_error *error) {
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_system("open", path, error);
    int rc = fsync(fd);
    enum mp_status status = rc == 0 ? MP_OK : fail_system("flush", path, error);
    close(fd);
    return status;
}

/* A file system's own folder, and what an interrupted format or a lock leaves, are nothing. */
static bool counts_as_empty(const char *name) {
    static const char *const ignored[] = {".", "..", "lost+found", "LOCK", ".format"};
    for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i += 1) {
        if (strcmp(name, ignored[i]) == 0) return true;
    }
    return false;
}

static enum mp_status check_empty(const char *path, struct mp_lmdb_error *error) {
    char data[MP__PATH_SIZE];
    enum mp_status status = mp__path_join(data, path, "data.mdb", error);
    if (status != MP_OK) return status;
    if (access(data, F_OK) == 0) {
        return mp__fail(error, MP_FOREIGN,
                        "%s is formatted already; nothing was changed. Start the node with it, or "
                        "give another directory.",
                        path);
    }
    DIR *directory = opendir(path);
    if (directory == NULL) return fail_system("read", path, error);
    for (struct dirent *entry; status == MP_OK && (entry = readdir(directory)) != NULL;) {
        if (counts_as_empty(entry->d_name)) continue;
        status = mp__fail(error, MP_FOREIGN,
                          "%s is not empty (it holds %s); nothing was changed. Give a new or an "
                          "empty directory.",
                          path, entry->d_name);
    }
    closedir(directory);
    return status;
}

static enum mp_status make_directory(const char *path, struct mp_lmdb_error *error) {
    if (mkdir(path, 0700) != 0) {
        if (errno == EEXIST) return MP_OK;
        if (errno != ENOENT) return fail_system("make", path, error);
        return mp__fail(error, MP_SYSTEM, "%s cannot be made: the folder around it is missing.",
                        path);
    }
    char parent[MP__PATH_SIZE];
    enum mp_status status = mp__path_join(parent, path, "..", error);
    return status == MP_OK ? flush_directory(parent, error) : status;
}

static void remove_workspace(const char *workspace) {
    struct mp_lmdb_error ignored;
    char name[MP__PATH_SIZE];
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i += 1) {
        if (mp__path_join(name, workspace, leftovers[i], &ignored) == MP_OK) unlink(name);
    }
    rmdir(workspace);
}

static int put_self(MDB_txn *txn, MDB_dbi node, const struct mp_lmdb_options *options) {
    struct mp__self self = {.node = options->node};
    memcpy(self.cluster, options->cluster, strlen(options->cluster));
    ssize_t drawn;
    do drawn = getrandom(&self.incarnation, sizeof self.incarnation, 0);
    while (drawn < 0 && errno == EINTR);
    if (drawn != sizeof self.incarnation) return EIO;
    uint8_t record[MP__SELF_SIZE];
    mp__encode_self(record, &self);
    MDB_val key = {4, (void *)(uintptr_t)"self"};
    MDB_val value = {sizeof record, record};
    int rc = mdb_put(txn, node, &key, &value, MDB_NOOVERWRITE);
    if (rc != 0) return rc;

    uint8_t counter[MP__COUNTER_SIZE];
    mp__encode_counter(counter, 0);
    MDB_val counter_key = {8, (void *)(uintptr_t)"sequence"};
    MDB_val counter_value = {sizeof counter, counter};
    return mdb_put(txn, node, &counter_key, &counter_value, MDB_NOOVERWRITE);
}

static int fill(MDB_env *mdb, const struct mp_lmdb_options *options) {
    MDB_txn *txn;
    int rc = mdb_txn_begin(mdb, NULL, 0, &txn);
    if (rc != 0) return rc;
    static const char *const names[] = {"batches", "identity",  "hard", "mirror",
                                        "chunks",  "snapshots", "node"};
    MDB_dbi dbi = 0;
    for (size_t i = 0; rc == 0 && i < sizeof names / sizeof names[0]; i += 1) {
        rc = mdb_dbi_open(txn, names[i], MDB_CREATE, &dbi);
    }
    if (rc == 0) rc = put_self(txn, dbi, options); /* "node" came last. */
    if (rc == 0) return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return rc;
}

static enum mp_status build(const char *workspace, const struct mp_lmdb_options *options,
                            struct mp_lmdb_error *error) {
    MDB_env *mdb;
    int rc = mdb_env_create(&mdb);
    if (rc != 0) return mp__fail(error, MP_SYSTEM, "LMDB cannot start: %s.", mdb_strerror(rc));
    rc = mdb_env_set_maxdbs(mdb, MP__DATABASES);
    if (rc == 0) rc = mdb_env_open(mdb, workspace, MDB_NOTLS, 0600);
    if (rc == 0) rc = fill(mdb, options);
    if (rc == 0) rc = mdb_env_sync(mdb, 1);
    mdb_env_close(mdb);
    if (rc == 0) return MP_OK;
    return mp__fail(error, rc == ENOSPC || rc == EDQUOT ? MP_FULL : MP_SYSTEM,
                    "Could not format %s: %s.", options->path, mdb_strerror(rc));
}

static enum mp_status publish(const char *workspace, const char *path,
                              struct mp_lmdb_error *error) {
    char from[MP__PATH_SIZE];
    char to[MP__PATH_SIZE];
    enum mp_status status = flush_directory(workspace, error);
    if (status == MP_OK) status = mp__path_join(from, workspace, "data.mdb", error);
    if (status == MP_OK) status = mp__path_join(to, path, "data.mdb", error);
    if (status != MP_OK) return status;
    if (rename(from, to) != 0) return fail_system("put in place", to, error);
    remove_workspace(workspace);
    return flush_directory(path, error);
}

static enum mp_status format_locked(const struct mp_lmdb_options *options,
                                    struct mp_lmdb_error *error) {
    char workspace[MP__PATH_SIZE];
    enum mp_status status = mp__path_join(workspace, options->path, ".format", error);
    if (status == MP_OK) status = check_empty(options->path, error);
    if (status != MP_OK) return status;
    remove_workspace(workspace);
    if (mkdir(workspace, 0700) != 0) return fail_system("make", workspace, error);
    status = build(workspace, options, error);
    if (status == MP_OK) status = publish(workspace, options->path, error);
    if (status != MP_OK) remove_workspace(workspace);
    return status;
}

enum mp_status mp_lmdb_format(const struct mp_lmdb_options *options,
                              struct mp_lmdb_error *error) {
    MP_ASSERT(options != NULL && error != NULL);
    MP_ASSERT(options->cluster != NULL);
    int lock = -1;
    error->text[0] = '\0';
    MP_ASSERT(!options->any_node);
    enum mp_status status = mp__check_options(options, error);
    if (status == MP_OK) status = make_directory(options->path, error);
    if (status == MP_OK) status = mp__check_file_system(options->path, error);
    if (status == MP_OK) status = check_empty(options->path, error);
    if (status == MP_OK) status = mp__directory_lock(options->path, &lock, error);
    if (status != MP_OK) return status;
    status = format_locked(options, error);
    mp__directory_unlock(lock);
    return status;
}
