/* Fuzzing the message decoder with libFuzzer: whatever a peer sends, decoding ends with a status,
 * touches no byte outside of the input, and what it accepts is what encoding would have written.
 *
 * Random bytes never have a right checksum, so half of the inputs get one: the first byte says
 * which half this is. */
#include <stdlib.h>
#include <string.h>

#include "../../CSources/CMultiPaxos/src/assert.h"
#include "../../CSources/CMultiPaxos/src/bytes.h"
#include "mp/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Make the header plausible: right magic, a length that may fit, right checksums. */
static void repair(uint8_t *bytes, size_t size, uint8_t how) {
    if (size < MP_MESSAGE_HEADER_SIZE) return;
    mp__put32(bytes, MP_MESSAGE_MAGIC);
    if (how & 2) mp__put32(bytes + 4, (uint32_t)size);
    if (how & 4) memset(bytes + 20, 0, 4);
    if (how & 4) memset(bytes + 112, 0, 8);
    if (how & 8) {
        uint64_t payload = mp_hash(bytes + MP_MESSAGE_HEADER_SIZE, size - MP_MESSAGE_HEADER_SIZE);
        mp__put64(bytes + 104, size == MP_MESSAGE_HEADER_SIZE ? 0 : payload);
    }
    mp__put64(bytes + 8, mp_hash(bytes + 16, MP_MESSAGE_HEADER_SIZE - 16));
}

/* The fields of an accepted message are all there is to it: encoding them gives it back. */
static void check_round_trip(const uint8_t *bytes, const struct mp_message *message) {
    uint8_t header[MP_MESSAGE_HEADER_SIZE];
    mp_message_encode(message, mp__get64(bytes + 104), header);
    bool has_own_checksum = mp__get64(bytes + 104) != 0 && message->payload_size > 0;
    if (has_own_checksum) MP_ASSERT(memcmp(header, bytes, sizeof header) == 0);

    struct mp_message again;
    size_t consumed = 0;
    enum mp_status status = mp_message_decode(bytes, MP_MESSAGE_HEADER_SIZE + message->payload_size,
                                              &again, &consumed);
    MP_ASSERT(status == MP_OK);
    MP_ASSERT(again.payload == message->payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    uint8_t how = data[0];
    size -= 1;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) return 0;
    memcpy(bytes, data + 1, size);
    if (how & 1) repair(bytes, size, how);

    struct mp_message message;
    size_t consumed = 0;
    enum mp_status status = mp_message_decode(bytes, size, &message, &consumed);
    MP_ASSERT(status == MP_OK || status == MP_PARTIAL || status == MP_MALFORMED);
    if (status == MP_PARTIAL) MP_ASSERT(consumed > size);
    if (status == MP_OK) {
        MP_ASSERT(consumed == MP_MESSAGE_HEADER_SIZE + message.payload_size);
        MP_ASSERT(consumed <= size);
        check_round_trip(bytes, &message);
        struct mp_message shorter;
        size_t needed = 0;
        MP_ASSERT(mp_message_decode(bytes, consumed - 1, &shorter, &needed) == MP_PARTIAL);
        MP_ASSERT(needed > consumed - 1);
    }
    free(bytes);
    return 0;
}
