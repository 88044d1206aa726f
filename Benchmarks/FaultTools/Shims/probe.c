/* A program with LMDB and a socket, to try the shims on: it commits a promise and a batch, and
 * tells of both, before or after.
 *
 *   probe tell DIR after|before   commit, then tell; or tell, then commit
 *   probe fill DIR N              commit N counters one after the other, write the number of each
 *                                 to standard output, then write a page without a commit, and wait
 *   probe show DIR                write the last counter found to standard output */
#include <errno.h>
#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEADER = 120, BATCH = 64 + 8 + 3, HARD = 144, PROMISE = 2, ACCEPTED = 7 };

static const uint64_t group = 0x1122334455667788u;
static const uint64_t ballot_round = 3;
static const uint64_t checksum = 0xabcdefu;

static void check(int rc, const char *what) {
    if (rc == 0) return;
    fprintf(stderr, "%s: %s\n", what, mdb_strerror(rc));
    exit(1);
}

static void put(uint8_t *at, uint64_t value, int size) {
    for (int i = 0; i < size; i += 1) at[i] = (uint8_t)(value >> (8 * i));
}

static void make_batch(uint8_t bytes[BATCH]) {
    memset(bytes, 0, BATCH);
    put(bytes, 0x01424441u, 4);
    put(bytes + 4, BATCH, 4);
    put(bytes + 8, checksum, 8);
    put(bytes + 16, group, 8);
    put(bytes + 24, 1, 8);
    put(bytes + 32, ballot_round, 8);
    put(bytes + 40, 1, 8);
    put(bytes + 56, 1, 4);
    put(bytes + 64, 3, 4);
    put(bytes + 68, 1, 4);
}

static void make_hard(uint8_t bytes[HARD]) {
    memset(bytes, 0, HARD);
    put(bytes, 3, 4);
    put(bytes + 8, group, 8);
    put(bytes + 16, ballot_round, 8);
    put(bytes + 24, 1, 8);
}

static void tell(int socket, uint8_t kind, uint64_t index) {
    uint8_t bytes[HEADER] = {0};
    put(bytes, 0x014f4441u, 4);
    put(bytes + 4, HEADER, 4);
    bytes[16] = kind;
    put(bytes + 24, group, 8);
    put(bytes + 32, ballot_round, 8);
    put(bytes + 40, 1, 8);
    put(bytes + 48, index, 8);
    put(bytes + 72, index == 0 ? 0 : checksum, 8);
    if (write(socket, bytes, sizeof bytes) != HEADER) check(errno, "write to the socket");
}

static MDB_env *open_environment(const char *directory) {
    MDB_env *env;
    check(mdb_env_create(&env), "create");
    check(mdb_env_open(env, directory, MDB_NOTLS, 0600), "open");
    return env;
}

static void store(MDB_env *env, const char *name, const void *bytes, size_t size) {
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val key = {strlen(name), (void *)(uintptr_t)name};
    MDB_val value = {size, (void *)(uintptr_t)bytes};
    check(mdb_txn_begin(env, NULL, 0, &txn), "begin");
    check(mdb_dbi_open(txn, NULL, 0, &dbi), "open the database");
    check(mdb_put(txn, dbi, &key, &value, 0), "put");
    check(mdb_txn_commit(txn), "commit");
}

static void run_tell(MDB_env *env, bool before) {
    int sockets[2];
    uint8_t batch[BATCH];
    uint8_t hard[HARD];
    check(socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) == 0 ? 0 : errno, "socketpair");
    make_batch(batch);
    make_hard(hard);
    if (before) tell(sockets[0], PROMISE, 0);
    store(env, "hard", hard, sizeof hard);
    if (!before) tell(sockets[0], PROMISE, 0);
    if (before) tell(sockets[0], ACCEPTED, 1);
    store(env, "batch", batch, sizeof batch);
    if (!before) tell(sockets[0], ACCEPTED, 1);
}

static void run_fill(MDB_env *env, uint64_t last) {
    for (uint64_t i = 1; i <= last; i += 1) {
        store(env, "counter", &i, sizeof i);
        printf("%llu\n", (unsigned long long)i);
        fflush(stdout);
    }
    mdb_filehandle_t fd;
    uint8_t page[4096] = {0};
    check(mdb_env_get_fd(env, &fd), "descriptor");
    for (off_t at = 0; at < 8 * 4096; at += 4096) {
        if (pwrite(fd, page, sizeof page, at) != sizeof page) check(errno, "spoil the file");
    }
    printf("spoiled\n");
    fflush(stdout);
    pause();
}

static void run_show(MDB_env *env) {
    MDB_txn *txn;
    MDB_dbi dbi;
    MDB_val key = {7, (void *)(uintptr_t)"counter"};
    MDB_val value;
    uint64_t counter = 0;
    check(mdb_txn_begin(env, NULL, MDB_RDONLY, &txn), "begin");
    check(mdb_dbi_open(txn, NULL, 0, &dbi), "open the database");
    if (mdb_get(txn, dbi, &key, &value) == 0) memcpy(&counter, value.mv_data, sizeof counter);
    mdb_txn_abort(txn);
    printf("%llu\n", (unsigned long long)counter);
}

int main(int argc, char **argv) {
    if (argc < 3) return 64;
    MDB_env *env = open_environment(argv[2]);
    if (strcmp(argv[1], "show") == 0) run_show(env);
    if (argc == 4 && strcmp(argv[1], "tell") == 0) run_tell(env, strcmp(argv[3], "before") == 0);
    if (argc == 4 && strcmp(argv[1], "fill") == 0) run_fill(env, strtoull(argv[3], NULL, 10));
    mdb_env_close(env);
    return 0;
}
