/* The environment: one per node, opened exclusively, only by whom it belongs to.
 *
 * Five named databases (record.h has the bytes). LMDB's flags are NOTLS and nothing else: none of
 * those that trade durability for speed is ever set. The map is address space, 1 TiB by default,
 * and never moved, so that readers on other threads need no lock against the writer. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "internal.h"

/* LMDB's two meta pages: a smaller file is an interrupted beginning, which LMDB would complete. */
enum { DATA_SIZE_MIN = 8192 };

static const char *name_of(const struct mp_lmdb_options *options) {
    return options->cluster == NULL ? "ID" : options->cluster;
}

static enum mp_status fail_unformatted(const struct mp_lmdb_options *options,
                                       struct mp_lmdb_error *error) {
    return mp__fail(error, MP_FOREIGN,
                    "%s is not formatted; run: adod format --cluster %s --node %llu --data %s",
                    options->path, name_of(options), (unsigned long long)options->node,
                    options->path);
}

static enum mp_status check_directory(const struct mp_lmdb_options *options,
                                      struct mp_lmdb_error *error) {
    struct stat info;
    if (stat(options->path, &info) != 0) {
        if (errno != ENOENT) {
            return mp__fail(error, MP_SYSTEM, "%s cannot be opened: %s.", options->path,
                            strerror(errno));
        }
        return mp__fail(error, MP_SYSTEM,
                        "%s does not exist. Mount its disk; for a new node run: adod format "
                        "--cluster %s --node %llu --data %s",
                        options->path, name_of(options), (unsigned long long)options->node,
                        options->path);
    }
    if (!S_ISDIR(info.st_mode)) {
        return mp__fail(error, MP_SYSTEM, "%s is not a directory; give --data one.",
                        options->path);
    }
    char data[MP__PATH_SIZE];
    enum mp_status status = mp__check_file_system(options->path, error);
    if (status == MP_OK) status = mp__path_join(data, options->path, "data.mdb", error);
    if (status != MP_OK) return status;
    if (stat(data, &info) == 0) {
        return info.st_size >= DATA_SIZE_MIN ? MP_OK : fail_unformatted(options, error);
    }
    if (errno == ENOENT) return fail_unformatted(options, error);
    return mp__fail(error, MP_SYSTEM, "%s cannot be read: %s.", data, strerror(errno));
}

static enum mp_status fail_open(const char *path, int rc, struct mp_lmdb_error *error) {
    if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH || rc == MDB_CORRUPTED) {
        return mp__fail(error, MP_CORRUPT,
                        "%s/data.mdb is damaged at its beginning (%s). Remove this voter and "
                        "admit it again with a new directory.",
                        path, mdb_strerror(rc));
    }
    if (rc == EACCES || rc == EROFS || rc == EPERM) {
        return mp__fail(error, MP_SYSTEM,
                        "%s is not writable: %s. Mount it for writing, or give this user write "
                        "permission.",
                        path, mdb_strerror(rc));
    }
    return mp__fail(error, MP_SYSTEM, "%s cannot be opened: %s.", path, mdb_strerror(rc));
}

static int open_logs(struct mp_lmdb *env, MDB_txn *txn) {
    int rc = mdb_dbi_open(txn, "batches", 0, &env->batches);
    if (rc == 0) rc = mdb_dbi_open(txn, "identity", 0, &env->identity);
    if (rc == 0) rc = mdb_dbi_open(txn, "hard", 0, &env->hard);
    if (rc == 0) rc = mdb_dbi_open(txn, "mirror", 0, &env->mirror);
    if (rc == 0) rc = mdb_dbi_open(txn, "chunks", 0, &env->chunks);
    if (rc == 0) rc = mdb_dbi_open(txn, "snapshots", 0, &env->snapshots);
    return rc;
}

static enum mp_status check_self(struct mp_lmdb *env, const struct mp_lmdb_options *options,
                                 struct mp_lmdb_error *error) {
    const struct mp__self *self = &env->self;
    if (options->cluster != NULL && strcmp(self->cluster, options->cluster) != 0) {
        return mp__fail(error, MP_FOREIGN,
                        "%s belongs to cluster \"%s\"; this is cluster \"%s\". Start it with "
                        "--cluster %s, or point --data at a directory of cluster \"%s\".",
                        options->path, self->cluster, options->cluster, self->cluster,
                        options->cluster);
    }
    if (self->node == options->node || options->any_node) return MP_OK;
    unsigned long long owner = self->node;
    unsigned long long node = options->node;
    return mp__fail(error, MP_FOREIGN,
                    "%s belongs to node %llu of cluster \"%s\"; this is node %llu. Start it with "
                    "--node %llu, or point --data at node %llu's directory.",
                    options->path, owner, self->cluster, node, owner, node);
}

static enum mp_status read_self(struct mp_lmdb *env, MDB_txn *txn,
                                const struct mp_lmdb_options *options,
                                struct mp_lmdb_error *error) {
    MDB_val key = {4, (void *)(uintptr_t)"self"};
    MDB_val value = {0, NULL};
    int rc = mdb_get(txn, env->node, &key, &value);
    if (rc != 0 && rc != MDB_NOTFOUND) return mp__fail_mdb(env, rc, "read the node", error);
    enum mp__verdict verdict = MP__DAMAGED;
    if (rc == 0) verdict = mp__decode_self(value.mv_data, value.mv_size, &env->self);
    if (verdict == MP__NEWER) {
        return mp__fail(error, MP_FOREIGN,
                        "%s was written by a newer version of this program (its format is above "
                        "%u). Start that version.",
                        options->path, MP__FORMAT_VERSION);
    }
    if (verdict == MP__OLDER) {
        return mp__fail(error, MP_FOREIGN,
                        "%s was written by an older version of this program (its format is below "
                        "%u). Start that version, or admit this voter again with a new directory.",
                        options->path, MP__FORMAT_VERSION);
    }
    if (verdict == MP__SOUND) return check_self(env, options, error);
    return mp__fail(error, MP_CORRUPT,
                    "The record that says whose directory %s is, is damaged. Remove this voter "
                    "and admit it again with a new directory.",
                    options->path);
}

static enum mp_status check_opened(const struct mp_lmdb *env, int rc,
                                   struct mp_lmdb_error *error) {
    if (rc == 0) return MP_OK;
    if (rc != MDB_NOTFOUND) return mp__fail_mdb(env, rc, "open the databases", error);
    return mp__fail(error, MP_FOREIGN, "%s/data.mdb is no data file of this program.", env->path);
}

static enum mp_status read_directory(struct mp_lmdb *env, const struct mp_lmdb_options *options,
                                     struct mp_lmdb_error *error) {
    MDB_txn *txn;
    int rc = mdb_txn_begin(env->mdb, NULL, MDB_RDONLY, &txn);
    if (rc != 0) return mp__fail_mdb(env, rc, "read the node", error);
    rc = mdb_dbi_open(txn, "node", 0, &env->node);
    enum mp_status status = check_opened(env, rc, error);
    /* What the format is decides which databases there should be. */
    if (status == MP_OK) status = read_self(env, txn, options, error);
    if (status == MP_OK) status = check_opened(env, open_logs(env, txn), error);
    if (status == MP_OK) status = mp__check_node_records(env, txn, error);
    /* Handles opened in this transaction become the environment's by a commit. */
    rc = mdb_txn_commit(txn);
    if (status == MP_OK && rc != 0) status = mp__fail_mdb(env, rc, "open the databases", error);
    return status;
}

/* Reading behind the end of a mapped file kills the process: a cut file is refused before that. */
static enum mp_status check_length(const struct mp_lmdb *env, struct mp_lmdb_error *error) {
    MDB_envinfo info;
    MDB_stat stat;
    struct stat file;
    int fd = -1;
    int rc = mdb_env_info(env->mdb, &info);
    if (rc == 0) rc = mdb_env_stat(env->mdb, &stat);
    if (rc == 0) rc = mdb_env_get_fd(env->mdb, &fd);
    if (rc == 0 && fstat(fd, &file) != 0) rc = errno;
    if (rc != 0) return fail_open(env->path, rc, error);
    uint64_t used = ((uint64_t)info.me_last_pgno + 1) * stat.ms_psize;
    if ((uint64_t)file.st_size >= used) return MP_OK;
    return mp__fail(error, MP_CORRUPT,
                    "%s/data.mdb is cut off: it has %llu of %llu bytes. Remove this voter and "
                    "admit it again with a new directory.",
                    env->path, (unsigned long long)file.st_size, (unsigned long long)used);
}

static int try_map(struct mp_lmdb *env, uint64_t map) {
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    int rc = mdb_env_create(&env->mdb);
    if (rc != 0) return rc;
    rc = mdb_env_set_mapsize(env->mdb, (size_t)(map - map % page));
    if (rc == 0) rc = mdb_env_set_maxdbs(env->mdb, MP__DATABASES);
    if (rc == 0) rc = mdb_env_open(env->mdb, env->path, MDB_NOTLS, 0600);
    if (rc == 0) return 0;
    mdb_env_close(env->mdb);
    env->mdb = NULL;
    return rc;
}

/* A process may be short of address space (limits, sanitizers): the default then gives way. */
static enum mp_status open_mdb(struct mp_lmdb *env, const struct mp_lmdb_options *options,
                               struct mp_lmdb_error *error) {
    uint64_t map = options->map_bytes != 0 ? options->map_bytes : MP__MAP_BYTES;
    int rc = try_map(env, map);
    while (rc == ENOMEM && options->map_bytes == 0 && map > MP__MAP_BYTES_MIN) {
        map /= 8;
        rc = try_map(env, map);
    }
    return rc == 0 ? check_length(env, error) : fail_open(env->path, rc, error);
}

enum mp_status mp_lmdb_open(const struct mp_lmdb_options *options, struct mp_lmdb **env,
                            struct mp_lmdb_error *error) {
    MP_ASSERT(options != NULL && env != NULL);
    MP_ASSERT(error != NULL);
    *env = NULL;
    error->text[0] = '\0';
    enum mp_status status = mp__check_options(options, error);
    if (status == MP_OK) status = check_directory(options, error);
    if (status != MP_OK) return status;

    struct mp_lmdb *made = calloc(1, sizeof *made);
    if (made == NULL) return mp__fail(error, MP_SYSTEM, "There is no memory left.");
    made->lock = -1;
    /* check_directory() found the longer path of the data file to fit. */
    memcpy(made->path, options->path, strlen(options->path) + 1);
    status = mp__directory_lock(made->path, &made->lock, error);
    if (status == MP_OK) status = open_mdb(made, options, error);
    if (status == MP_OK) status = read_directory(made, options, error);
    if (status != MP_OK) {
        mp_lmdb_close(made);
        return status;
    }
    mp__space_open(made, options);
    *env = made;
    return MP_OK;
}

void mp_lmdb_close(struct mp_lmdb *env) {
    if (env == NULL) return;
    mp__space_close(env);
    if (env->mdb != NULL) mdb_env_close(env->mdb);
    if (env->lock >= 0) mp__directory_unlock(env->lock);
    free(env);
}

void mp_lmdb_identity(const struct mp_lmdb *env, struct mp_lmdb_identity_record *record) {
    *record = (struct mp_lmdb_identity_record){
        .node = env->self.node,
        .incarnation = env->self.incarnation,
        .sequence = atomic_load(&env->sequence),
        .standing = env->standing,
    };
    memcpy(record->cluster, env->self.cluster, sizeof record->cluster);
}

uint32_t mp_lmdb_flags(const struct mp_lmdb *env) {
    unsigned flags = 0;
    int rc = mdb_env_get_flags(env->mdb, &flags);
    MP_ASSERT(rc == 0);
    return flags;
}

void mp_lmdb_get_stats(const struct mp_lmdb *env, struct mp_lmdb_stats *stats) {
    *stats = (struct mp_lmdb_stats){
        .commits = atomic_load(&env->commits),
        .batches = atomic_load(&env->frames),
        .bytes_used = atomic_load(&env->space.used),
        .bytes_allocated = atomic_load(&env->space.allocated),
        .sequence = atomic_load(&env->sequence),
    };
}
