/* Writing the trace file. */
#include "trace_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uv.h>

#include "assert.h"
#include "bytes.h"

enum {
    BUFFER_SIZE = 64 << 10,
    KIND_START = 240,
    KIND_END = 241,
    KIND_STOPPED = 242,
    VERSION = 1,
    AT_MAGIC = 1,
    AT_VERSION = 7,
    AT_SEQUENCE = 8,
    AT_TIME = 16,
    AT_NODE = 24,
    AT_INCARNATION = 32,
    AT_CLUSTER = 40,
    AT_CHECKSUM = MP_TRACE_RECORD_SIZE - 8,
};

static const char magic[] = "ADOTRC";
enum { MAGIC_SIZE = sizeof magic - 1 };

static uint64_t checksum(const uint8_t *record) {
    uint64_t hash = 0xCBF29CE484222325u;
    for (uint32_t at = 0; at < AT_CHECKSUM; at += 8) {
        hash = (hash ^ mp_uv__get64(record + at)) * 0x100000001B3u;
        hash ^= hash >> 32;
    }
    return hash;
}

/* The next record, zero but for its kind, sequence and time. */
static uint8_t *begin(struct mp_trace_file *file, uint8_t kind) {
    MP_ASSERT(file->used + MP_TRACE_RECORD_SIZE <= BUFFER_SIZE);
    uint8_t *record = file->buffer + file->used;
    memset(record, 0, MP_TRACE_RECORD_SIZE);
    record[0] = kind;
    mp_uv__put64(record + AT_SEQUENCE, file->sequence);
    mp_uv__put64(record + AT_TIME, uv_hrtime());
    file->sequence += 1;
    return record;
}

static void end(struct mp_trace_file *file, uint8_t *record) {
    mp_uv__put64(record + AT_CHECKSUM, checksum(record));
    file->used += MP_TRACE_RECORD_SIZE;
}

static void add_stopped(struct mp_trace_file *file) {
    uint8_t *record = begin(file, KIND_STOPPED);
    record[1] = (uint8_t)file->stop;
    end(file, record);
}

static enum mp_status refuse(struct mp_lmdb_error *error, const char *path, const char *reason,
                             const char *remedy) {
    snprintf(error->text, sizeof error->text, "cannot trace to %s: %s; %s", path, reason, remedy);
    return MP_FOREIGN;
}

/* What the first record of the file says must be about us. */
static const char *foreign(const uint8_t *record, const struct mp_uv_options *options) {
    bool known = record[0] == KIND_START && memcmp(record + AT_MAGIC, magic, MAGIC_SIZE) == 0 &&
                 mp_uv__get64(record + AT_CHECKSUM) == checksum(record);
    if (!known) return "it is there and no trace";
    if (record[AT_VERSION] != VERSION) return "it is a trace of another version";
    const char *cluster = (const char *)record + AT_CLUSTER;
    if (strncmp(cluster, options->cluster, MP_LMDB_CLUSTER_SIZE) != 0) {
        return "it is a trace of another cluster";
    }
    bool same = options->node == 0 || mp_uv__get64(record + AT_NODE) == options->node;
    return same ? NULL : "it is a trace of another node";
}

static enum mp_status inspect(struct mp_trace_file *file, const struct mp_uv_options *options,
                              struct mp_lmdb_error *error) {
    static const char remedy[] = "name a file of this node's own, or a new one";
    struct stat status;
    if (fstat(file->fd, &status) != 0 || !S_ISREG(status.st_mode)) {
        return refuse(error, options->trace, "it is no regular file", remedy);
    }
    if (flock(file->fd, LOCK_EX | LOCK_NB) != 0) {
        return refuse(error, options->trace, "another process writes to it", remedy);
    }
    uint8_t record[MP_TRACE_RECORD_SIZE];
    ssize_t size = pread(file->fd, record, sizeof record, 0);
    if (size != 0 && size != (ssize_t)sizeof record) {
        return refuse(error, options->trace, "it is there and no trace", remedy);
    }
    const char *reason = size == 0 ? NULL : foreign(record, options);
    if (reason != NULL) return refuse(error, options->trace, reason, remedy);
    file->size = (uint64_t)status.st_size / MP_TRACE_RECORD_SIZE * MP_TRACE_RECORD_SIZE;
    if (file->size != (uint64_t)status.st_size && ftruncate(file->fd, (off_t)file->size) != 0) {
        return refuse(error, options->trace, strerror(errno), remedy);
    }
    return MP_OK;
}

enum mp_status mp_uv__trace_open(struct mp_trace_file *file, const struct mp_uv_options *options,
                                 struct mp_lmdb_error *error) {
    int fd = open(options->trace, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0644);
    if (fd < 0) {
        return refuse(error, options->trace, strerror(errno),
                      "name a file in a directory that exists and may be written");
    }
    *file = (struct mp_trace_file){.fd = fd, .limit = options->trace_limit};
    if (file->limit == 0) file->limit = MP_TRACE_LIMIT_DEFAULT;
    enum mp_status status = inspect(file, options, error);
    if (status != MP_OK) {
        close(fd);
        return status;
    }
    file->buffer = mp_uv__allocate(BUFFER_SIZE);
    file->open = true;
    return MP_OK;
}

void mp_uv__trace_start(struct mp_trace_file *file, const char *cluster, uint64_t node,
                        uint64_t incarnation) {
    if (!file->open) return;
    uint8_t *record = begin(file, KIND_START);
    memcpy(record + AT_MAGIC, magic, MAGIC_SIZE);
    record[AT_VERSION] = VERSION;
    mp_uv__put64(record + AT_NODE, node);
    mp_uv__put64(record + AT_INCARNATION, incarnation);
    memcpy(record + AT_CLUSTER, cluster, strnlen(cluster, MP_LMDB_CLUSTER_SIZE));
    end(file, record);
}

static void put_ballot(uint8_t *at, struct mp_ballot ballot) {
    mp_uv__put64(at, ballot.round);
    mp_uv__put64(at + 8, ballot.node);
}

/* One more record, and the one that says that it was the last, must fit below the limit. */
static bool reaches_limit(const struct mp_trace_file *file) {
    return file->size + file->used + 2 * (uint64_t)MP_TRACE_RECORD_SIZE > file->limit;
}

static void write_out(struct mp_trace_file *file) {
    uint32_t done = 0;
    while (done < file->used && file->stop != MP_TRACE_FAILED) {
        ssize_t count = write(file->fd, file->buffer + done, file->used - done);
        if (count < 0 && errno == EINTR) continue;
        if (count > 0) {
            done += (uint32_t)count;
            continue;
        }
        file->stop = MP_TRACE_FAILED;
        file->error = count < 0 ? errno : ENOSPC;
    }
    uint32_t whole = done / MP_TRACE_RECORD_SIZE * MP_TRACE_RECORD_SIZE;
    file->size += whole;
    file->sequence -= (file->used - whole) / MP_TRACE_RECORD_SIZE;
    file->used = 0;
}

void mp_uv__trace_add(struct mp_trace_file *file, const struct mp_trace *trace) {
    if (!file->open || file->stop != MP_TRACE_GOES_ON) return;
    if (reaches_limit(file)) {
        file->stop = MP_TRACE_AT_LIMIT;
        add_stopped(file);
        return;
    }
    uint8_t *record = begin(file, (uint8_t)trace->kind);
    mp_uv__put64(record + AT_NODE, trace->node);
    mp_uv__put64(record + 32, trace->group);
    mp_uv__put64(record + 40, trace->peer);
    put_ballot(record + 48, trace->ballot);
    put_ballot(record + 64, trace->by);
    mp_uv__put64(record + 80, trace->point.index);
    put_ballot(record + 88, trace->point.ballot);
    mp_uv__put64(record + 104, trace->point.checksum);
    end(file, record);
    if (file->used >= BUFFER_SIZE / 2) write_out(file);
}

static void give_up(struct mp_trace_file *file) {
    close(file->fd);
    free(file->buffer);
    file->buffer = NULL;
    file->open = false;
}

/* Cut off what a failed write left of a record, and say why nothing follows. */
static bool write_stopped(struct mp_trace_file *file) {
    if (ftruncate(file->fd, (off_t)file->size) != 0) return false;
    add_stopped(file);
    file->used = 0;
    file->sequence -= 1;
    ssize_t count = write(file->fd, file->buffer, MP_TRACE_RECORD_SIZE);
    return count == (ssize_t)MP_TRACE_RECORD_SIZE;
}

/* If the disk is full to the last record, that one gives its place. */
static void conclude_failure(struct mp_trace_file *file) {
    if (write_stopped(file)) return;
    if (file->sequence > 1) {
        file->size -= MP_TRACE_RECORD_SIZE;
        file->sequence -= 1;
        if (write_stopped(file)) return;
    }
    (void)!ftruncate(file->fd, (off_t)file->size);
}

enum mp_trace_stop mp_uv__trace_flush(struct mp_trace_file *file) {
    if (!file->open) return MP_TRACE_GOES_ON;
    if (file->used > 0) write_out(file);
    if (file->stop == MP_TRACE_FAILED) conclude_failure(file);
    if (file->stop != MP_TRACE_GOES_ON) give_up(file);
    return file->stop;
}

void mp_uv__trace_close(struct mp_trace_file *file, bool clean) {
    if (!file->open) return;
    if (clean && file->stop == MP_TRACE_GOES_ON) end(file, begin(file, KIND_END));
    if (clean) (void)mp_uv__trace_flush(file);
    if (file->open) give_up(file);
}
