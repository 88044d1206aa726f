#include "disk.h"

uint32_t frames_starting(const struct frames *frames, uint64_t first) {
    for (uint32_t i = 0; i < frames->count; i += 1) {
        if (frame_get(frames->ids[i])->batch.first == first) return i;
    }
    return LOG_MAX;
}

uint32_t frames_holding(const struct frames *frames, uint64_t index) {
    for (uint32_t i = 0; i < frames->count; i += 1) {
        const struct mp_batch *batch = &frame_get(frames->ids[i])->batch;
        if (batch->first <= index && index <= batch->last) return i;
    }
    return LOG_MAX;
}

void frames_cut(struct frames *frames, uint64_t first) {
    while (frames->count > 0) {
        frame_id *last = &frames->ids[frames->count - 1];
        if (frame_get(*last)->batch.first < first) return;
        *last = 0;
        frames->count -= 1;
    }
}

uint64_t frames_end(const struct frames *frames) {
    return frames->count == 0 ? 0 : frame_get(frames->ids[frames->count - 1])->batch.last;
}

bool frames_append(struct frames *frames, frame_id id) {
    if (frames->count == LOG_MAX) give_up("a log has over %d batches", LOG_MAX);
    const struct mp_batch *batch = &frame_get(id)->batch;
    uint64_t checksum = 0;
    if (frames->count > 0) checksum = frame_get(frames->ids[frames->count - 1])->batch.checksum;
    if (batch->first != frames_end(frames) + 1 || batch->previous != checksum) return false;
    frames->ids[frames->count] = id;
    frames->count += 1;
    return true;
}

bool disk_apply(struct disk *disk, const struct pending *pending) {
    const struct mp_write *write = &pending->write;
    if (write->truncate_from != 0) frames_cut(&disk->log, write->truncate_from);
    if (pending->frame != 0 && !frames_append(&disk->log, (frame_id)pending->frame)) return false;
    disk->hard = write->hard;
    return frames_end(&disk->log) == write->hard.tip.index;
}
