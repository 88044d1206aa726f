/* Little-endian fields of the driver's payloads, and walks over blocks of entries. */
#ifndef MP_UV_BYTES_H
#define MP_UV_BYTES_H

#include <mp.h>
#include <stdbool.h>
#include <stdint.h>

static inline void mp_uv__put32(uint8_t *bytes, uint32_t value) {
    for (uint32_t i = 0; i < 4; i += 1) bytes[i] = (uint8_t)(value >> (8 * i));
}

static inline void mp_uv__put64(uint8_t *bytes, uint64_t value) {
    for (uint32_t i = 0; i < 8; i += 1) bytes[i] = (uint8_t)(value >> (8 * i));
}

static inline uint32_t mp_uv__get32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline uint64_t mp_uv__get64(const uint8_t *bytes) {
    return (uint64_t)mp_uv__get32(bytes) | (uint64_t)mp_uv__get32(bytes + 4) << 32;
}

/* What the entries of a block may be. */
enum mp_block_kind {
    MP_BLOCK_ANY = 1,
    MP_BLOCK_CALLS, /* Of kinds that a caller may put in a log: barriers and creation are not. */
    MP_BLOCK_READS, /* Kind 0. */
};

/* Check a block of `count` entries { size, kind, payload } that must fill `size` bytes exactly.
 * MP_OK, MP_TOO_BIG (an entry is), MP_MALFORMED. */
MP_MUST_USE enum mp_status mp_uv__block_check(const uint8_t *block, uint32_t size, uint32_t count,
                                              enum mp_block_kind allowed);

/* How much of a checked block fits into `room` bytes and `limit` entries: *taken entries, and the
 * bytes they use. */
uint32_t mp_uv__block_prefix(const uint8_t *block, uint32_t size, uint32_t room, uint32_t limit,
                             uint32_t *taken);

#endif /* MP_UV_BYTES_H */
