/* The frames of an object's log that are still needed: those the core did not tell to drop, and
 * those not applied yet. They are in the order of the log, without a gap. */
#include <string.h>

#include "node.h"

static struct mp_frame *at(const struct mp_object *object, uint32_t position) {
    return object->log[object->log_head + position];
}

/* The position of the frame that holds `index`, or of the first after it. */
static uint32_t position_of(const struct mp_object *object, uint64_t index) {
    uint32_t low = 0;
    uint32_t high = object->log_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (at(object, middle)->batch.last < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

struct mp_frame *mp_uv__log_find(const struct mp_object *object, uint64_t index) {
    uint32_t position = position_of(object, index);
    if (position == object->log_count) return NULL;
    struct mp_frame *frame = at(object, position);
    return frame->batch.first <= index ? frame : NULL;
}

static void release(struct mp_uv_node *node, struct mp_frame *frame) {
    node->objects.cached_bytes -= frame->batch.size;
    mp_uv__frame_release(&node->frames, frame);
}

void mp_uv__log_truncate(struct mp_uv_node *node, struct mp_object *object, uint64_t from) {
    while (object->log_count > 0) {
        struct mp_frame *frame = at(object, object->log_count - 1);
        if (frame->batch.first < from) return;
        object->log_count -= 1;
        release(node, frame);
    }
}

void mp_uv__log_forget(struct mp_uv_node *node, struct mp_object *object, uint64_t through) {
    if (through > object->drop_through) object->drop_through = through;
    uint64_t limit = object->drop_through;
    bool keep = !object->broken && node->objects.cached_bytes < MP_CACHE_BYTES_MAX;
    if (keep && object->applied < limit) limit = object->applied;
    while (object->log_count > 0 && at(object, 0)->batch.last <= limit) {
        struct mp_frame *frame = at(object, 0);
        object->log_head += 1;
        object->log_count -= 1;
        release(node, frame);
    }
}

static void make_room(struct mp_object *object) {
    if (object->log_head + object->log_count < object->log_capacity) return;
    if (object->log_head > object->log_capacity / 2) {
        memmove(object->log, object->log + object->log_head,
                object->log_count * sizeof(struct mp_frame *));
        object->log_head = 0;
        return;
    }
    object->log_capacity = object->log_capacity == 0 ? 8 : object->log_capacity * 2;
    object->log = mp_uv__grow(object->log, object->log_capacity * sizeof(struct mp_frame *));
}

void mp_uv__log_keep(struct mp_uv_node *node, struct mp_object *object, struct mp_frame *frame) {
    const struct mp_batch *batch = &frame->batch;
    mp_uv__log_truncate(node, object, batch->first);
    bool gap = object->log_count > 0 && at(object, object->log_count - 1)->batch.last + 1 !=
                                            batch->first;
    while (gap && object->log_count > 0) { /* What lies before a gap is read from storage. */
        object->log_count -= 1;
        release(node, at(object, object->log_count));
    }
    if (object->log_count == 0) object->log_head = 0;
    make_room(object);
    object->log[object->log_head + object->log_count] = mp_uv__frame_retain(frame);
    object->log_count += 1;
    node->objects.cached_bytes += batch->size;
}
