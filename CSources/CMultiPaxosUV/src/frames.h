/* Frames: pooled, counted buffers. A batch lives in one frame from the moment its first entry is
 * gathered until nobody needs it: the log cache, every peer it is sent to and the storage write
 * share the same bytes. Replies and other payloads use the same buffers.
 *
 * Thread safety: counts are touched on the loop thread only. Other threads may read the bytes of
 * a frame that the loop holds for them. */
#ifndef MP_UV_FRAMES_H
#define MP_UV_FRAMES_H

#include <mp.h>

#define MP_FRAME_CLASSES 12u         /* 512 bytes, doubling, up to MP_BATCH_SIZE_MAX. */
#define MP_FRAME_SMALLEST 512u
#define MP_FRAMES_FREE_MAX (32u << 20) /* Bytes kept for reuse. */

struct mp_frame {
    struct mp_frame *next; /* In a free list. */
    uint32_t references;
    uint32_t capacity;
    uint32_t size;         /* Bytes in use. */
    struct mp_batch batch; /* When sealed or copied: a view of `bytes`. */
    uint8_t bytes[];
};

struct mp_frames {
    struct mp_frame *free[MP_FRAME_CLASSES];
    uint64_t free_bytes;
};

/* A frame with room for `capacity` bytes and one reference, which is the caller's. */
struct mp_frame *mp_uv__frame_take(struct mp_frames *frames, uint32_t capacity);

struct mp_frame *mp_uv__frame_retain(struct mp_frame *frame);
void mp_uv__frame_release(struct mp_frames *frames, struct mp_frame *frame);

/* Exchange a frame nobody else refers to for one with more room and the same bytes. */
struct mp_frame *mp_uv__frame_grow(struct mp_frames *frames, struct mp_frame *frame,
                                   uint32_t capacity);

/* A copy of a batch that lives in borrowed memory. */
struct mp_frame *mp_uv__frame_copy(struct mp_frames *frames, const struct mp_batch *batch);

void mp_uv__frames_free(struct mp_frames *frames);

#endif /* MP_UV_FRAMES_H */
