/* The bytes of the records. Every record begins with its version and ends with a checksum of all
 * bytes before, whatever the version; keys are big endian so that LMDB's order is numeric order,
 * values little endian. A record repeats its key: a damaged key is told from a damaged value.
 *
 * Decoding is total: any bytes give a record or one of the verdicts. */
#ifndef MP_LMDB_RECORD_H
#define MP_LMDB_RECORD_H

#include "mp_lmdb.h"

#define MP__FORMAT_VERSION 3u

enum {
    MP__SEQUENCE_KEY_SIZE = 8,
    MP__GROUP_KEY_SIZE = 8,
    MP__IDENTITY_KEY_SIZE = 16,
    MP__IDENTITY_SIZE = 96,
    MP__CHUNK_KEY_SIZE = 24,
    MP__HARD_SIZE = 152,
    MP__HARD_BORN_SIZE = 160,
    MP__SELF_SIZE = 96,
    MP__COUNTER_SIZE = 24,
    MP__PEER_SIZE = 48,
    MP__SNAPSHOT_SIZE = 104,
    MP__CHUNK_OVERHEAD = 32,
};

enum mp__verdict {
    MP__SOUND = 0,
    MP__DAMAGED, /* Size or checksum is wrong. */
    MP__NEWER,   /* Sound, of a version this program does not know. */
    MP__OLDER,   /* Sound, of a version this program knows no more. */
};

/* The identity of a batch, and where its frame is. */
struct mp__stored {
    uint64_t group;
    uint64_t sequence;
    struct mp_identity identity;
};

struct mp__hard {
    uint64_t group;
    uint64_t sequence; /* Of the write that made it. */
    struct mp_hard_state state;
};

/* A piece of a snapshot. */
struct mp__chunk {
    uint64_t group;
    uint64_t index; /* Of the snapshot: the last entry it holds. */
    uint32_t number;
    const uint8_t *bytes;
    uint32_t size;
};

/* Whose directory it is. */
struct mp__self {
    uint64_t node;
    uint64_t incarnation;
    char cluster[MP_LMDB_CLUSTER_SIZE];
};

void mp__put_sequence_key(uint8_t key[MP__SEQUENCE_KEY_SIZE], uint64_t sequence);
void mp__put_group_key(uint8_t key[MP__GROUP_KEY_SIZE], uint64_t group);
void mp__put_identity_key(uint8_t key[MP__IDENTITY_KEY_SIZE], uint64_t group, uint64_t first);
void mp__put_chunk_key(uint8_t key[MP__CHUNK_KEY_SIZE], uint64_t group, uint64_t index,
                       uint64_t number);
/* The eight bytes of a key's number. */
uint64_t mp__get_key(const uint8_t *key);

void mp__encode_identity(uint8_t out[MP__IDENTITY_SIZE], const struct mp__stored *stored);
enum mp__verdict mp__decode_identity(const void *bytes, size_t size, struct mp__stored *stored);

size_t mp__encode_hard(uint8_t out[MP__HARD_BORN_SIZE], const struct mp__hard *hard);
enum mp__verdict mp__decode_hard(const void *bytes, size_t size, struct mp__hard *hard);

void mp__encode_self(uint8_t out[MP__SELF_SIZE], const struct mp__self *self);
enum mp__verdict mp__decode_self(const void *bytes, size_t size, struct mp__self *self);

void mp__encode_counter(uint8_t out[MP__COUNTER_SIZE], uint64_t value);
enum mp__verdict mp__decode_counter(const void *bytes, size_t size, uint64_t *value);

void mp__encode_peer(uint8_t out[MP__PEER_SIZE], const struct mp_lmdb_peer *peer);
enum mp__verdict mp__decode_peer(const void *bytes, size_t size, struct mp_lmdb_peer *peer);

void mp__encode_snapshot(uint8_t out[MP__SNAPSHOT_SIZE], const struct mp_lmdb_snapshot *snapshot);
enum mp__verdict mp__decode_snapshot(const void *bytes, size_t size,
                                     struct mp_lmdb_snapshot *snapshot);

/* `out` has room for the bytes and MP__CHUNK_OVERHEAD. */
void mp__encode_chunk(uint8_t *out, const struct mp__chunk *chunk);
enum mp__verdict mp__decode_chunk(const void *bytes, size_t size, struct mp__chunk *chunk);

#endif /* MP_LMDB_RECORD_H */
