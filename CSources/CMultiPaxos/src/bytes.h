/* Little-endian fields of the wire and disk formats, one byte at a time: formats are bytes, never
 * structs. Compilers turn each of these into one load or store. */
#ifndef MP_BYTES_H
#define MP_BYTES_H

#include <stdint.h>

#include "mp/ballot.h"

static inline void mp__put32(uint8_t *bytes, uint32_t value) {
    for (uint32_t i = 0; i < 4; i += 1) bytes[i] = (uint8_t)(value >> (8 * i));
}

static inline void mp__put64(uint8_t *bytes, uint64_t value) {
    for (uint32_t i = 0; i < 8; i += 1) bytes[i] = (uint8_t)(value >> (8 * i));
}

static inline uint32_t mp__get32(const uint8_t *bytes) {
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

static inline uint64_t mp__get64(const uint8_t *bytes) {
    return (uint64_t)mp__get32(bytes) | (uint64_t)mp__get32(bytes + 4) << 32;
}

static inline void mp__put_ballot(uint8_t *bytes, struct mp_ballot ballot) {
    mp__put64(bytes, ballot.round);
    mp__put64(bytes + 8, ballot.node);
}

static inline struct mp_ballot mp__get_ballot(const uint8_t *bytes) {
    return (struct mp_ballot){.round = mp__get64(bytes), .node = mp__get64(bytes + 8)};
}

#endif /* MP_BYTES_H */
