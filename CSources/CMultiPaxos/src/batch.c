#include "mp/batch.h"

#include <string.h>

#include "assert.h"
#include "bytes.h"
#include "mp/replica.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

_Static_assert(MP_ENTRY_SIZE_MAX + MP_ENTRY_HEADER_SIZE + MP_BATCH_HEADER_SIZE <= MP_BATCH_SIZE_MAX,
               "the largest entry fits in a batch of its own");

enum { CHECKSUM_FROM = 16, CONFIGURATION_SIZE = 8, ADMISSION_SIZE = 16 };

uint64_t mp_hash(const void *bytes, size_t size) {
    return XXH3_64bits(bytes, size);
}

uint64_t mp_hash_seeded(const void *bytes, size_t size, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, size, seed);
}

/* The voters that the entry at `at` names; 0 if it is no configuration, or none that can be. */
static uint64_t voters_at(const uint8_t *at) {
    if (mp__get32(at + 4) != MP_ENTRY_CONFIGURATION) return 0;
    uint32_t size = mp__get32(at);
    if (size != CONFIGURATION_SIZE && size != ADMISSION_SIZE) return 0;
    return mp__get64(at + MP_ENTRY_HEADER_SIZE);
}

/* The admissions that it names; 0 if it names none. */
static uint32_t admissions_at(const uint8_t *at) {
    if (voters_at(at) == 0 || mp__get32(at) != ADMISSION_SIZE) return 0;
    return mp__get32(at + MP_ENTRY_HEADER_SIZE + CONFIGURATION_SIZE);
}

/* A configuration is well formed, and alone; other entries are none of the core's business. */
static bool entry_fits(const uint8_t *at, uint32_t count) {
    if (mp__get32(at + 4) != MP_ENTRY_CONFIGURATION) return true;
    if (count != 1 || !mp_voters_valid(voters_at(at))) return false;
    if (mp__get32(at) == CONFIGURATION_SIZE) return true;
    return admissions_at(at) != 0 && mp__get32(at + MP_ENTRY_HEADER_SIZE + 12) == 0;
}

/* True if `count` entries fill the bytes after the header exactly. */
static bool entries_fit(const uint8_t *bytes, uint32_t size, uint32_t count) {
    uint32_t offset = MP_BATCH_HEADER_SIZE;
    for (uint32_t i = 0; i < count; i += 1) {
        if (size - offset < MP_ENTRY_HEADER_SIZE) return false;
        uint32_t payload = mp__get32(bytes + offset);
        if (payload > MP_ENTRY_SIZE_MAX) return false;
        if (size - offset - MP_ENTRY_HEADER_SIZE < payload) return false;
        if (!entry_fits(bytes + offset, count)) return false;
        offset += MP_ENTRY_HEADER_SIZE + payload;
    }
    return offset == size;
}

enum mp_status mp_batch_decode(const uint8_t *bytes, size_t size, struct mp_batch *batch) {
    MP_ASSERT(bytes != NULL || size == 0);
    MP_ASSERT(batch != NULL);
    *batch = (struct mp_batch){0};
    if (size < MP_BATCH_HEADER_SIZE || size > MP_BATCH_SIZE_MAX) return MP_MALFORMED;
    if (mp__get32(bytes) != MP_BATCH_MAGIC || mp__get32(bytes + 4) != size) return MP_MALFORMED;

    struct mp_batch claimed = {
        .group = mp__get64(bytes + 16),
        .first = mp__get64(bytes + 24),
        .ballot = mp__get_ballot(bytes + 32),
        .previous = mp__get64(bytes + 48),
        .checksum = mp__get64(bytes + 8),
        .count = mp__get32(bytes + 56),
        .size = (uint32_t)size,
        .bytes = bytes,
    };
    if (claimed.count == 0 || claimed.count > MP_BATCH_ENTRIES_MAX) return MP_MALFORMED;
    if (claimed.first == 0 || claimed.first > UINT64_MAX - claimed.count) return MP_MALFORMED;
    if (claimed.ballot.round == 0 || mp__get32(bytes + 60) != 0) return MP_MALFORMED;
    claimed.last = claimed.first + claimed.count - 1;

    *batch = claimed;
    if (mp_hash(bytes + CHECKSUM_FROM, size - CHECKSUM_FROM) != claimed.checksum) return MP_CORRUPT;
    if (!entries_fit(bytes, claimed.size, claimed.count)) {
        *batch = (struct mp_batch){0};
        return MP_MALFORMED;
    }
    batch->voters = voters_at(bytes + MP_BATCH_HEADER_SIZE);
    batch->admissions = admissions_at(bytes + MP_BATCH_HEADER_SIZE);
    return MP_OK;
}

struct mp_identity mp_batch_identity(const struct mp_batch *batch) {
    return (struct mp_identity){
        .first = batch->first,
        .last = batch->last,
        .ballot = batch->ballot,
        .previous = batch->previous,
        .checksum = batch->checksum,
        .voters = batch->voters,
        .admissions = batch->admissions,
        .size = batch->size,
        .count = batch->count,
    };
}

bool mp_batch_next(const struct mp_batch *batch, uint32_t *offset, struct mp_entry *entry) {
    MP_ASSERT(*offset >= MP_BATCH_HEADER_SIZE);
    MP_ASSERT(*offset <= batch->size);
    if (*offset == batch->size) return false;
    const uint8_t *at = batch->bytes + *offset;
    *entry = (struct mp_entry){
        .size = mp__get32(at),
        .kind = mp__get32(at + 4),
        .payload = at + MP_ENTRY_HEADER_SIZE,
    };
    *offset += MP_ENTRY_HEADER_SIZE + entry->size;
    return true;
}

void mp_batch_begin(struct mp_batch_builder *builder, uint8_t *bytes, uint32_t capacity) {
    MP_ASSERT(capacity >= MP_BATCH_HEADER_SIZE);
    MP_ASSERT(bytes != NULL);
    *builder = (struct mp_batch_builder){
        .bytes = bytes,
        .capacity = capacity < MP_BATCH_SIZE_MAX ? capacity : MP_BATCH_SIZE_MAX,
        .size = MP_BATCH_HEADER_SIZE,
    };
}

enum mp_status mp_batch_append(struct mp_batch_builder *builder, uint32_t kind,
                               const uint8_t *payload, uint32_t size) {
    MP_ASSERT(builder->size >= MP_BATCH_HEADER_SIZE);
    MP_ASSERT(payload != NULL || size == 0);
    if (size > MP_ENTRY_SIZE_MAX) return MP_TOO_BIG;
    if (builder->count == MP_BATCH_ENTRIES_MAX) return MP_BUSY;
    bool alone = kind == MP_ENTRY_CONFIGURATION || mp_batch_voters(builder) != 0;
    if (alone && builder->count > 0) return MP_BUSY;
    if (builder->capacity - builder->size < size + MP_ENTRY_HEADER_SIZE) return MP_BUSY;

    uint8_t *at = builder->bytes + builder->size;
    mp__put32(at, size);
    mp__put32(at + 4, kind);
    if (size > 0) memcpy(at + MP_ENTRY_HEADER_SIZE, payload, size);
    if (!entry_fits(at, 1)) return MP_MALFORMED; /* What was written is not counted. */
    builder->size += MP_ENTRY_HEADER_SIZE + size;
    builder->count += 1;
    return MP_OK;
}

enum mp_status mp_batch_configure(struct mp_batch_builder *builder, uint64_t voters,
                                  uint32_t admissions) {
    uint8_t payload[ADMISSION_SIZE] = {0};
    mp__put64(payload, voters);
    mp__put32(payload + CONFIGURATION_SIZE, admissions);
    uint32_t size = admissions == 0 ? CONFIGURATION_SIZE : ADMISSION_SIZE;
    return mp_batch_append(builder, MP_ENTRY_CONFIGURATION, payload, size);
}

uint64_t mp_batch_voters(const struct mp_batch_builder *builder) {
    return builder->count == 1 ? voters_at(builder->bytes + MP_BATCH_HEADER_SIZE) : 0;
}

void mp_batch_seal(const struct mp_batch_builder *builder, uint64_t group, uint64_t first,
                   struct mp_ballot ballot, uint64_t previous, struct mp_batch *batch) {
    MP_ASSERT(builder->count > 0);
    MP_ASSERT(first > 0 && ballot.round > 0);
    uint8_t *bytes = builder->bytes;
    mp__put32(bytes, MP_BATCH_MAGIC);
    mp__put32(bytes + 4, builder->size);
    mp__put64(bytes + 16, group);
    mp__put64(bytes + 24, first);
    mp__put_ballot(bytes + 32, ballot);
    mp__put64(bytes + 48, previous);
    mp__put32(bytes + 56, builder->count);
    mp__put32(bytes + 60, 0);
    uint64_t checksum = mp_hash(bytes + CHECKSUM_FROM, builder->size - CHECKSUM_FROM);
    mp__put64(bytes + 8, checksum);
    *batch = (struct mp_batch){
        .group = group,
        .first = first,
        .last = first + builder->count - 1,
        .ballot = ballot,
        .previous = previous,
        .checksum = checksum,
        .voters = mp_batch_voters(builder),
        .admissions = builder->count == 1 ? admissions_at(bytes + MP_BATCH_HEADER_SIZE) : 0,
        .count = builder->count,
        .size = builder->size,
        .bytes = bytes,
    };
}
