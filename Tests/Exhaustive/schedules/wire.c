#include "wire.h"

#include <string.h>

enum { FRAMES_MAX = 1 << 15, LETTERS_MAX = 1 << 22, LETTER_SIZE_MAX = 1024 };

/* Before the bytes of a letter: from, to, and the number of the frame. */
enum { ADDRESS_SIZE = 4 };

static struct strings frames;
static struct frame *decoded;
static struct strings letters;
static uint8_t *addressees;

void wire_make(void) {
    strings_make(&frames, "frame", (size_t)FRAMES_MAX * 128, FRAMES_MAX);
    decoded = reserve((FRAMES_MAX + 1u) * sizeof *decoded);
    strings_make(&letters, "letter", (size_t)LETTERS_MAX * 256, LETTERS_MAX);
    addressees = reserve(LETTERS_MAX);
}

frame_id frame_put(const uint8_t *bytes, size_t size) {
    bool is_new = false;
    frame_id id = (frame_id)(strings_put(&frames, bytes, size, &is_new) + 1);
    if (!is_new) return id;
    struct frame *frame = &decoded[id];
    frame->bytes = strings_get(&frames, id - 1u, &frame->size);
    enum mp_status status = mp_batch_decode(frame->bytes, frame->size, &frame->batch);
    if (status != MP_OK) give_up("a sealed batch is not one: %s", mp_status_text(status));
    return id;
}

const struct frame *frame_get(frame_id id) {
    if (id == 0 || id > frames.count) give_up("there is no frame %u", id);
    return &decoded[id];
}

uint32_t letter_put(const struct letter *letter) {
    uint8_t bytes[LETTER_SIZE_MAX] = {(uint8_t)letter->from, (uint8_t)letter->to};
    struct mp_message message = letter->message;
    size_t size = ADDRESS_SIZE + MP_MESSAGE_HEADER_SIZE;
    message.payload = NULL;
    message.payload_size = 0;
    memcpy(bytes + 2, &letter->frame, sizeof letter->frame);
    if (letter->frame != 0) {
        const struct frame *frame = frame_get(letter->frame);
        message.payload = frame->bytes;
        message.payload_size = (uint32_t)frame->size;
        if (size + frame->size > sizeof bytes) give_up("a frame of %zu bytes", frame->size);
        memcpy(bytes + size, frame->bytes, frame->size);
        size += frame->size;
    }
    mp_message_encode(&message, 0, bytes + ADDRESS_SIZE);
    bool is_new = false;
    uint32_t id = strings_put(&letters, bytes, size, &is_new);
    addressees[id] = bytes[1];
    return id;
}

void letter_get(uint32_t id, struct letter *letter) {
    size_t size = 0, consumed = 0;
    const uint8_t *bytes = strings_get(&letters, id, &size);
    *letter = (struct letter){.from = bytes[0], .to = bytes[1]};
    memcpy(&letter->frame, bytes + 2, sizeof letter->frame);
    size -= ADDRESS_SIZE;
    enum mp_status status =
        mp_message_decode(bytes + ADDRESS_SIZE, size, &letter->message, &consumed);
    if (status != MP_OK || consumed != size) {
        give_up("a message does not survive the wire: %s", mp_status_text(status));
    }
}

uint32_t letter_to(uint32_t id) {
    return addressees[id];
}

uint32_t letter_count(void) {
    return letters.count;
}

/* Without the number of the frame, which depends on what was met before it. */
uint64_t letter_name(uint32_t id) {
    size_t size = 0;
    const uint8_t *bytes = strings_get(&letters, id, &size);
    uint64_t address = (uint64_t)bytes[0] << 8 | bytes[1];
    return mp_hash_seeded(bytes + ADDRESS_SIZE, size - ADDRESS_SIZE, address);
}
