#include "bytes.h"

/* A configuration is never a client's to write. */
static bool admits(enum mp_block_kind allowed, uint32_t kind) {
    if (kind == MP_ENTRY_CONFIGURATION) return false;
    switch (allowed) {
        case MP_BLOCK_ANY:
            return kind != 0;
        case MP_BLOCK_CALLS:
            return kind != 0 && kind != MP_ENTRY_BARRIER && kind != MP_ENTRY_CREATE;
        case MP_BLOCK_READS:
            return kind == 0;
    }
    return false;
}

enum mp_status mp_uv__block_check(const uint8_t *block, uint32_t size, uint32_t count,
                                  enum mp_block_kind allowed) {
    uint32_t offset = 0;
    for (uint32_t i = 0; i < count; i += 1) {
        if (size - offset < MP_ENTRY_HEADER_SIZE) return MP_MALFORMED;
        uint32_t payload = mp_uv__get32(block + offset);
        if (payload > MP_ENTRY_SIZE_MAX) return MP_TOO_BIG;
        if (!admits(allowed, mp_uv__get32(block + offset + 4))) return MP_MALFORMED;
        offset += MP_ENTRY_HEADER_SIZE;
        if (size - offset < payload) return MP_MALFORMED;
        offset += payload;
    }
    return offset == size ? MP_OK : MP_MALFORMED;
}

uint32_t mp_uv__block_prefix(const uint8_t *block, uint32_t size, uint32_t room, uint32_t limit,
                             uint32_t *taken) {
    uint32_t offset = 0;
    *taken = 0;
    while (offset < size && *taken < limit) {
        uint32_t entry = MP_ENTRY_HEADER_SIZE + mp_uv__get32(block + offset);
        if (room - offset < entry) break;
        offset += entry;
        *taken += 1;
    }
    return offset;
}
