/* A disk as the contract of mp/replica.h has it: it holds what was written and no more, and the
 * writes become durable one by one, in order. */
#ifndef EXHAUSTIVE_DISK_H
#define EXHAUSTIVE_DISK_H

#include "wire.h"

enum { LOG_MAX = 14, PENDING_MAX = 20 };

/* The frames of a whole log, from index 1 on. */
struct frames {
    uint64_t count;
    frame_id ids[LOG_MAX + 2]; /* A multiple of four. */
};

/* The place of the frame that starts at, or that holds, an index; LOG_MAX if there is none. */
uint32_t frames_starting(const struct frames *frames, uint64_t first);
uint32_t frames_holding(const struct frames *frames, uint64_t index);
/* Forget the frames that start at `first` or later. */
void frames_cut(struct frames *frames, uint64_t first);
/* False if the frame does not follow the last one. */
bool frames_append(struct frames *frames, frame_id id);
/* The last index; 0 without frames. */
uint64_t frames_end(const struct frames *frames);

struct disk {
    struct mp_hard_state hard;
    struct frames log;
};

struct pending {
    struct mp_write write;
    uint64_t frame;
};

/* False if the write leaves a gap in the log, or a tip that is not its end. */
bool disk_apply(struct disk *disk, const struct pending *pending);

#endif /* EXHAUSTIVE_DISK_H */
