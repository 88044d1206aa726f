#include "record.h"

#include <string.h>

#include "assert.h"

/* The kind seeds the checksum, so that no record passes for one of another kind. */
enum kind {
    KIND_IDENTITY = 1,
    KIND_HARD,
    KIND_SELF,
    KIND_COUNTER,
    KIND_PEER,
    KIND_CHUNK,
    KIND_SNAPSHOT,
};

enum { CHECKSUM_SIZE = 8, SIZE_MIN = 16 };

/* A place in a record that moves on with each field. */
struct writer {
    uint8_t *at;
};

struct reader {
    const uint8_t *at;
};

static void put32(struct writer *out, uint32_t value) {
    for (uint32_t i = 0; i < 4; i += 1) out->at[i] = (uint8_t)(value >> (8 * i));
    out->at += 4;
}

static void put64(struct writer *out, uint64_t value) {
    for (uint32_t i = 0; i < 8; i += 1) out->at[i] = (uint8_t)(value >> (8 * i));
    out->at += 8;
}

static void put_ballot(struct writer *out, struct mp_ballot ballot) {
    put64(out, ballot.round);
    put64(out, ballot.node);
}

static void put_point(struct writer *out, const struct mp_point *point) {
    put64(out, point->index);
    put_ballot(out, point->ballot);
    put64(out, point->checksum);
}

static uint32_t get32(struct reader *in) {
    uint32_t value = 0;
    for (uint32_t i = 0; i < 4; i += 1) value |= (uint32_t)in->at[i] << (8 * i);
    in->at += 4;
    return value;
}

static uint64_t get64(struct reader *in) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < 8; i += 1) value |= (uint64_t)in->at[i] << (8 * i);
    in->at += 8;
    return value;
}

static struct mp_ballot get_ballot(struct reader *in) {
    struct mp_ballot ballot;
    ballot.round = get64(in);
    ballot.node = get64(in);
    return ballot;
}

static struct mp_point get_point(struct reader *in) {
    struct mp_point point;
    point.index = get64(in);
    point.ballot = get_ballot(in);
    point.checksum = get64(in);
    return point;
}

/* Write the checksum behind the fields, which must fill the record. */
static void seal(uint8_t *record, size_t size, enum kind kind, struct writer *out) {
    MP_ASSERT(out->at == record + size - CHECKSUM_SIZE);
    put64(out, mp_hash_seeded(record, size - CHECKSUM_SIZE, kind));
}

/* Check size, checksum and version, and leave the reader behind the version. */
static enum mp__verdict begin(const void *bytes, size_t size, size_t expected, enum kind kind,
                              struct reader *in) {
    if (size < SIZE_MIN) return MP__DAMAGED;
    struct reader end = {(const uint8_t *)bytes + size - CHECKSUM_SIZE};
    if (mp_hash_seeded(bytes, size - CHECKSUM_SIZE, kind) != get64(&end)) return MP__DAMAGED;
    in->at = bytes;
    uint32_t version = get32(in);
    if (version > MP__FORMAT_VERSION) return MP__NEWER;
    if (version < MP__FORMAT_VERSION) return MP__OLDER;
    return size == expected ? MP__SOUND : MP__DAMAGED;
}

static void put_key(uint8_t *key, uint64_t value) {
    for (uint32_t i = 0; i < 8; i += 1) key[i] = (uint8_t)(value >> (56 - 8 * i));
}

void mp__put_sequence_key(uint8_t key[MP__SEQUENCE_KEY_SIZE], uint64_t sequence) {
    put_key(key, sequence);
}

void mp__put_group_key(uint8_t key[MP__GROUP_KEY_SIZE], uint64_t group) {
    put_key(key, group);
}

void mp__put_identity_key(uint8_t key[MP__IDENTITY_KEY_SIZE], uint64_t group, uint64_t first) {
    put_key(key, group);
    put_key(key + 8, first);
}

void mp__put_chunk_key(uint8_t key[MP__CHUNK_KEY_SIZE], uint64_t group, uint64_t index,
                       uint64_t number) {
    put_key(key, group);
    put_key(key + 8, index);
    put_key(key + 16, number);
}

uint64_t mp__get_key(const uint8_t *key) {
    uint64_t value = 0;
    for (uint32_t i = 0; i < 8; i += 1) value = value << 8 | key[i];
    return value;
}

void mp__encode_identity(uint8_t out[MP__IDENTITY_SIZE], const struct mp__stored *stored) {
    const struct mp_identity *identity = &stored->identity;
    struct writer to = {out};
    put32(&to, MP__FORMAT_VERSION);
    put32(&to, identity->count);
    put64(&to, stored->group);
    put64(&to, identity->first);
    put64(&to, identity->last);
    put_ballot(&to, identity->ballot);
    put64(&to, identity->previous);
    put64(&to, identity->checksum);
    put64(&to, stored->sequence);
    put64(&to, identity->voters);
    put32(&to, identity->size);
    put32(&to, identity->admissions);
    seal(out, MP__IDENTITY_SIZE, KIND_IDENTITY, &to);
}

enum mp__verdict mp__decode_identity(const void *bytes, size_t size, struct mp__stored *stored) {
    *stored = (struct mp__stored){0};
    struct reader in;
    enum mp__verdict verdict = begin(bytes, size, MP__IDENTITY_SIZE, KIND_IDENTITY, &in);
    if (verdict != MP__SOUND) return verdict;
    struct mp_identity *identity = &stored->identity;
    identity->count = get32(&in);
    stored->group = get64(&in);
    identity->first = get64(&in);
    identity->last = get64(&in);
    identity->ballot = get_ballot(&in);
    identity->previous = get64(&in);
    identity->checksum = get64(&in);
    stored->sequence = get64(&in);
    identity->voters = get64(&in);
    identity->size = get32(&in);
    identity->admissions = get32(&in);
    return MP__SOUND;
}

/* The long form is written only where it says more: logs that began before any server was admitted
 * anew, and records of earlier versions, have the short one. */
size_t mp__encode_hard(uint8_t out[MP__HARD_BORN_SIZE], const struct mp__hard *hard) {
    size_t size = hard->state.born == 0 ? MP__HARD_SIZE : MP__HARD_BORN_SIZE;
    struct writer to = {out};
    put32(&to, MP__FORMAT_VERSION);
    put32(&to, hard->state.admissions);
    put64(&to, hard->group);
    put_ballot(&to, hard->state.promised);
    put_point(&to, &hard->state.tip);
    put_point(&to, &hard->state.commit);
    put_point(&to, &hard->state.trimmed);
    put64(&to, hard->state.voters);
    put64(&to, hard->sequence);
    if (size == MP__HARD_BORN_SIZE) {
        put32(&to, hard->state.born);
        put32(&to, 0);
    }
    seal(out, size, KIND_HARD, &to);
    return size;
}

enum mp__verdict mp__decode_hard(const void *bytes, size_t size, struct mp__hard *hard) {
    *hard = (struct mp__hard){0};
    struct reader in;
    bool born = size == MP__HARD_BORN_SIZE;
    enum mp__verdict verdict = begin(bytes, size, born ? size : MP__HARD_SIZE, KIND_HARD, &in);
    if (verdict != MP__SOUND) return verdict;
    hard->state.admissions = get32(&in);
    hard->group = get64(&in);
    hard->state.promised = get_ballot(&in);
    hard->state.tip = get_point(&in);
    hard->state.commit = get_point(&in);
    hard->state.trimmed = get_point(&in);
    hard->state.voters = get64(&in);
    hard->sequence = get64(&in);
    if (born) hard->state.born = get32(&in);
    return MP__SOUND;
}

void mp__encode_self(uint8_t out[MP__SELF_SIZE], const struct mp__self *self) {
    struct writer to = {out};
    put32(&to, MP__FORMAT_VERSION);
    put32(&to, 0);
    put64(&to, self->node);
    put64(&to, self->incarnation);
    memcpy(to.at, self->cluster, MP_LMDB_CLUSTER_SIZE);
    to.at += MP_LMDB_CLUSTER_SIZE;
    seal(out, MP__SELF_SIZE, KIND_SELF, &to);
}

enum mp__verdict mp__decode_self(const void *bytes, size_t size, struct mp__self *self) {
    *self = (struct mp__self){0};
    struct reader in;
    enum mp__verdict verdict = begin(bytes, size, MP__SELF_SIZE, KIND_SELF, &in);
    if (verdict != MP__SOUND) return verdict;
    (void)get32(&in);
    self->node = get64(&in);
    self->incarnation = get64(&in);
    memcpy(self->cluster, in.at, MP_LMDB_CLUSTER_SIZE);
    self->cluster[MP_LMDB_CLUSTER_SIZE - 1] = '\0';
    return MP__SOUND;
}

void mp__encode_counter(uint8_t out[MP__COUNTER_SIZE], uint64_t value) {
    struct writer to = {out};
    put32(&to, MP__FORMAT_VERSION);
    put32(&to, 0);
    put64(&to, value);
    seal(out, MP__COUNTER_SIZE, KIND_COUNTER, &to);
}

enum mp__verdict mp__decode_counter(const void *bytes, size_t size, uint64_t *value) {
    *value = 0;
    struct reader in;
    enum mp__verdict verdict = begin(bytes, size, MP__COUNTER_SIZE, KIND_COUNTER, &in);
    if (verdict != MP__SOUND) return verdict;
    (void)get32(&in);
    *value = get64(&in);
    return MP__SOUND;
}

void mp__encode_peer(uint8_t out[MP__PEER_SIZE], const struct mp_lmdb_peer *peer) {
    struct writer to = {out};
    put32(&to, MP__FORMAT_VERSION);
    put32(&to, peer->lost ? 1 : 0);
    put64(&to, peer->node);
    put64(&to, peer->incarnation);
    put64(&to, peer->sequence);
    put32(&to, peer->generation);
    put32(&to, 0);
    seal(out, MP__PEER_SIZE, KIND_PEER, &to);
}

enum mp__verdict mp__decode_peer(const void *bytes, size_t size, struct mp_lmdb_peer *peer) {
    *peer = (struct mp_lmdb_peer){0};
    struct reader in;
    enum mp__verdict verdict = begin(bytes, size, MP__PEER_SIZE, KIND_PEER, &in);
    if (verdict != MP__SOUND) return verdict;
    peer->lost = get32(&in) != 0;
    peer->node = get64(&in);
    peer->incarnation = get64(&in);
    peer->sequence = get64(&in);
    peer->generation = get32(&in);
    return MP__SOUND;
}

void mp__encode_snapshot(uint8_t out[MP__SNAPSHOT_SIZE], const struct mp_lmdb_snapshot *snapshot) {
    struct writer to = {out};
    put32(&to, MP__FORMAT_VERSION);
    put32(&to, snapshot->admissions);
    put64(&to, snapshot->group);
    put_point(&to, &snapshot->point);
    put_ballot(&to, snapshot->ballot);
    put64(&to, snapshot->voters);
    put64(&to, snapshot->digest);
    put64(&to, snapshot->size);
    put64(&to, snapshot->checksum);
    seal(out, MP__SNAPSHOT_SIZE, KIND_SNAPSHOT, &to);
}

enum mp__verdict mp__decode_snapshot(const void *bytes, size_t size,
                                     struct mp_lmdb_snapshot *snapshot) {
    *snapshot = (struct mp_lmdb_snapshot){0};
    struct reader in;
    enum mp__verdict verdict = begin(bytes, size, MP__SNAPSHOT_SIZE, KIND_SNAPSHOT, &in);
    if (verdict != MP__SOUND) return verdict;
    snapshot->admissions = get32(&in);
    snapshot->group = get64(&in);
    snapshot->point = get_point(&in);
    snapshot->ballot = get_ballot(&in);
    snapshot->voters = get64(&in);
    snapshot->digest = get64(&in);
    snapshot->size = get64(&in);
    snapshot->checksum = get64(&in);
    return MP__SOUND;
}

void mp__encode_chunk(uint8_t *out, const struct mp__chunk *chunk) {
    struct writer to = {out};
    put32(&to, MP__FORMAT_VERSION);
    put32(&to, chunk->number);
    put64(&to, chunk->group);
    put64(&to, chunk->index);
    memcpy(to.at, chunk->bytes, chunk->size);
    to.at += chunk->size;
    seal(out, MP__CHUNK_OVERHEAD + (size_t)chunk->size, KIND_CHUNK, &to);
}

enum mp__verdict mp__decode_chunk(const void *bytes, size_t size, struct mp__chunk *chunk) {
    *chunk = (struct mp__chunk){0};
    struct reader in;
    if (size > MP__CHUNK_OVERHEAD + (size_t)MP_LMDB_CHUNK_SIZE) return MP__DAMAGED;
    enum mp__verdict verdict = begin(bytes, size, size, KIND_CHUNK, &in);
    if (verdict != MP__SOUND) return verdict;
    if (size < MP__CHUNK_OVERHEAD) return MP__DAMAGED;
    chunk->number = get32(&in);
    chunk->group = get64(&in);
    chunk->index = get64(&in);
    chunk->bytes = in.at;
    chunk->size = (uint32_t)(size - MP__CHUNK_OVERHEAD);
    return MP__SOUND;
}
