#include "frames.h"

#include <stdlib.h>
#include <string.h>

#include "assert.h"

_Static_assert(MP_FRAME_SMALLEST << (MP_FRAME_CLASSES - 1) == MP_BATCH_SIZE_MAX,
               "the largest frame holds the largest batch");

static uint32_t class_of(uint32_t capacity) {
    uint32_t class = 0;
    while (MP_FRAME_SMALLEST << class < capacity) class += 1;
    MP_ASSERT(class < MP_FRAME_CLASSES);
    return class;
}

struct mp_frame *mp_uv__frame_take(struct mp_frames *frames, uint32_t capacity) {
    uint32_t class = class_of(capacity);
    uint32_t bytes = MP_FRAME_SMALLEST << class;
    struct mp_frame *frame = frames->free[class];
    if (frame != NULL) {
        frames->free[class] = frame->next;
        frames->free_bytes -= bytes;
    } else {
        frame = mp_uv__grow(NULL, sizeof *frame + bytes);
    }
    frame->next = NULL;
    frame->references = 1;
    frame->capacity = bytes;
    frame->size = 0;
    frame->batch = (struct mp_batch){0};
    return frame;
}

struct mp_frame *mp_uv__frame_retain(struct mp_frame *frame) {
    MP_ASSERT(frame->references > 0);
    frame->references += 1;
    return frame;
}

void mp_uv__frame_release(struct mp_frames *frames, struct mp_frame *frame) {
    if (frame == NULL) return;
    MP_ASSERT(frame->references > 0);
    frame->references -= 1;
    if (frame->references > 0) return;
    if (frames->free_bytes + frame->capacity > MP_FRAMES_FREE_MAX) {
        free(frame);
        return;
    }
    uint32_t class = class_of(frame->capacity);
    frame->next = frames->free[class];
    frames->free[class] = frame;
    frames->free_bytes += frame->capacity;
}

struct mp_frame *mp_uv__frame_grow(struct mp_frames *frames, struct mp_frame *frame,
                                   uint32_t capacity) {
    MP_ASSERT(frame->references == 1);
    struct mp_frame *grown = mp_uv__frame_take(frames, capacity);
    MP_ASSERT(grown->capacity >= frame->size);
    memcpy(grown->bytes, frame->bytes, frame->size);
    grown->size = frame->size;
    mp_uv__frame_release(frames, frame);
    return grown;
}

struct mp_frame *mp_uv__frame_copy(struct mp_frames *frames, const struct mp_batch *batch) {
    struct mp_frame *frame = mp_uv__frame_take(frames, batch->size);
    memcpy(frame->bytes, batch->bytes, batch->size);
    frame->size = batch->size;
    frame->batch = *batch;
    frame->batch.bytes = frame->bytes;
    return frame;
}

void mp_uv__frames_free(struct mp_frames *frames) {
    for (uint32_t class = 0; class < MP_FRAME_CLASSES; class += 1) {
        while (frames->free[class] != NULL) {
            struct mp_frame *frame = frames->free[class];
            frames->free[class] = frame->next;
            free(frame);
        }
    }
    frames->free_bytes = 0;
}
