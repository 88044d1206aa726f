/* Fuzzing the batch decoder with libFuzzer: whatever the disk or a peer holds, decoding ends with a
 * status, touches no byte outside of the input, and a batch it accepts can be walked to its exact
 * end and built again from its entries, byte for byte.
 *
 * Random bytes never have a right checksum, so half of the inputs get one: the first byte says
 * which half this is. */
#include <stdlib.h>
#include <string.h>

#include "../../CSources/CMultiPaxos/src/assert.h"
#include "../../CSources/CMultiPaxos/src/bytes.h"
#include "mp/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Make the header plausible: right magic, length, small count, and checksum. */
static void repair(uint8_t *bytes, size_t size, uint8_t how) {
    if (size < MP_BATCH_HEADER_SIZE) return;
    mp__put32(bytes, MP_BATCH_MAGIC);
    mp__put32(bytes + 4, (uint32_t)size);
    if (how & 2) mp__put32(bytes + 56, (how >> 5) + 1u);
    if (how & 4) mp__put32(bytes + 60, 0);
    if ((how & 8) && size >= MP_BATCH_HEADER_SIZE + MP_ENTRY_HEADER_SIZE) {
        size_t rest = size - MP_BATCH_HEADER_SIZE - MP_ENTRY_HEADER_SIZE;
        mp__put32(bytes + MP_BATCH_HEADER_SIZE, (uint32_t)rest);
        mp__put32(bytes + 56, 1);
    }
    mp__put64(bytes + 8, mp_hash(bytes + 16, size - 16));
}

static void check_rebuild(const uint8_t *bytes, const struct mp_batch *batch) {
    uint8_t *copy = malloc(batch->size);
    if (copy == NULL) return;
    struct mp_batch_builder builder;
    mp_batch_begin(&builder, copy, batch->size);

    uint32_t offset = MP_BATCH_HEADER_SIZE;
    uint32_t count = 0;
    struct mp_entry entry;
    while (mp_batch_next(batch, &offset, &entry)) {
        MP_ASSERT(entry.payload >= bytes + MP_BATCH_HEADER_SIZE);
        MP_ASSERT(entry.payload + entry.size <= bytes + batch->size);
        MP_ASSERT(mp_batch_append(&builder, entry.kind, entry.payload, entry.size) == MP_OK);
        count += 1;
    }
    MP_ASSERT(offset == batch->size);
    MP_ASSERT(count == batch->count);
    MP_ASSERT(batch->last == batch->first + count - 1);

    struct mp_batch again;
    mp_batch_seal(&builder, batch->group, batch->first, batch->ballot, batch->previous, &again);
    MP_ASSERT(again.size == batch->size);
    MP_ASSERT(memcmp(copy, bytes, batch->size) == 0);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 1) return 0;
    uint8_t how = data[0];
    size -= 1;
    uint8_t *bytes = malloc(size > 0 ? size : 1);
    if (bytes == NULL) return 0;
    memcpy(bytes, data + 1, size);
    if (how & 1) repair(bytes, size, how);

    struct mp_batch batch;
    enum mp_status status = mp_batch_decode(bytes, size, &batch);
    MP_ASSERT(status == MP_OK || status == MP_CORRUPT || status == MP_MALFORMED);
    if (status == MP_OK) {
        MP_ASSERT(batch.size == size);
        check_rebuild(bytes, &batch);
    }
    if (status == MP_MALFORMED) MP_ASSERT(batch.bytes == NULL);
    free(bytes);
    return 0;
}
