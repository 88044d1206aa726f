#include "mp/message.h"

#include <string.h>

#include "assert.h"
#include "bytes.h"

enum { CHECKSUM_FROM = 16 };

void mp_message_encode(const struct mp_message *message, uint64_t payload_checksum,
                       uint8_t header[MP_MESSAGE_HEADER_SIZE]) {
    MP_ASSERT(message->kind != 0);
    MP_ASSERT(message->payload_size <= MP_PAYLOAD_SIZE_MAX);
    if (message->payload_size == 0) {
        payload_checksum = 0;
    } else if (payload_checksum == 0) {
        payload_checksum = mp_hash(message->payload, message->payload_size);
    }

    memset(header, 0, MP_MESSAGE_HEADER_SIZE);
    mp__put32(header, MP_MESSAGE_MAGIC);
    mp__put32(header + 4, MP_MESSAGE_HEADER_SIZE + message->payload_size);
    header[16] = message->kind;
    header[17] = message->outcome;
    header[18] = (uint8_t)(message->flags & 0xff);
    header[19] = (uint8_t)(message->flags >> 8);
    mp__put32(header + 20, message->admissions);
    mp__put64(header + 24, message->group);
    mp__put_ballot(header + 32, message->ballot);
    mp__put64(header + 48, message->point.index);
    mp__put_ballot(header + 56, message->point.ballot);
    mp__put64(header + 72, message->point.checksum);
    mp__put64(header + 80, message->commit);
    mp__put64(header + 88, message->sequence);
    mp__put64(header + 96, message->value);
    mp__put64(header + 104, payload_checksum);
    mp__put64(header + 8, mp_hash(header + CHECKSUM_FROM, MP_MESSAGE_HEADER_SIZE - CHECKSUM_FROM));
}

static void decode_header(const uint8_t *header, struct mp_message *message) {
    *message = (struct mp_message){
        .kind = header[16],
        .outcome = header[17],
        .flags = (uint16_t)(header[18] | header[19] << 8),
        .admissions = mp__get32(header + 20),
        .group = mp__get64(header + 24),
        .ballot = mp__get_ballot(header + 32),
        .point =
            {
                .index = mp__get64(header + 48),
                .ballot = mp__get_ballot(header + 56),
                .checksum = mp__get64(header + 72),
            },
        .commit = mp__get64(header + 80),
        .sequence = mp__get64(header + 88),
        .value = mp__get64(header + 96),
    };
}

/* A message that carries a batch: the batch's own checksum covers its bytes, and the receiver
 * verifies it, so that they are hashed once. */
static bool carries_batch(uint8_t kind) {
    return kind == MP_MESSAGE_ACCEPT || kind == MP_MESSAGE_FRAME;
}

enum mp_status mp_message_decode(const uint8_t *bytes, size_t size, struct mp_message *message,
                                 size_t *consumed) {
    MP_ASSERT(bytes != NULL || size == 0);
    MP_ASSERT(message != NULL && consumed != NULL);
    *message = (struct mp_message){0};
    *consumed = MP_MESSAGE_HEADER_SIZE;
    if (size >= 4 && mp__get32(bytes) != MP_MESSAGE_MAGIC) return MP_MALFORMED;
    if (size < MP_MESSAGE_HEADER_SIZE) return MP_PARTIAL;

    uint64_t checksum = mp_hash(bytes + CHECKSUM_FROM, MP_MESSAGE_HEADER_SIZE - CHECKSUM_FROM);
    if (mp__get64(bytes + 8) != checksum) return MP_MALFORMED;
    uint32_t total = mp__get32(bytes + 4);
    if (total < MP_MESSAGE_HEADER_SIZE) return MP_MALFORMED;
    if (total - MP_MESSAGE_HEADER_SIZE > MP_PAYLOAD_SIZE_MAX) return MP_MALFORMED;
    if (bytes[16] == 0 || mp__get64(bytes + 112) != 0) return MP_MALFORMED;
    *consumed = total;
    if (size < total) return MP_PARTIAL;

    struct mp_message decoded;
    decode_header(bytes, &decoded);
    decoded.payload_size = total - MP_MESSAGE_HEADER_SIZE;
    uint64_t payload_checksum = mp__get64(bytes + 104);
    /* The size is outside of the checksum: a payload must not vanish with it. */
    if (decoded.payload_size == 0 && payload_checksum != 0) return MP_MALFORMED;
    if (decoded.payload_size > 0) {
        decoded.payload = bytes + MP_MESSAGE_HEADER_SIZE;
        bool verified_later = carries_batch(decoded.kind);
        if (!verified_later &&
            mp_hash(decoded.payload, decoded.payload_size) != payload_checksum) {
            return MP_MALFORMED;
        }
    }
    *message = decoded;
    return MP_OK;
}
