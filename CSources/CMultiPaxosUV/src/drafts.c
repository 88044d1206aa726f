#include "drafts.h"

#include <stdlib.h>
#include <string.h>

#include "assert.h"
#include "bytes.h"

enum { DRAFTS_FREE_MAX = 256 };

struct mp_draft *mp_uv__draft_take(struct mp_drafts *drafts, struct mp_frames *frames,
                                   uint64_t group, uint32_t capacity) {
    struct mp_draft *draft = drafts->free;
    struct mp_origin *origins = NULL;
    uint32_t origin_capacity = 0;
    if (draft != NULL) {
        drafts->free = draft->next;
        drafts->free_count -= 1;
        origins = draft->origins;
        origin_capacity = draft->origin_capacity;
    } else {
        draft = mp_uv__allocate(sizeof *draft);
    }
    memset(draft, 0, offsetof(struct mp_draft, answers)); /* Cleared when it is sent. */
    draft->origins = origins;
    draft->origin_capacity = origin_capacity;
    draft->group = group;
    draft->frame = mp_uv__frame_take(frames, capacity + MP_BATCH_HEADER_SIZE);
    mp_batch_begin(&draft->builder, draft->frame->bytes, draft->frame->capacity);
    return draft;
}

void mp_uv__draft_release(struct mp_drafts *drafts, struct mp_frames *frames,
                          struct mp_draft *draft) {
    mp_uv__frame_release(frames, draft->frame);
    draft->frame = NULL;
    if (drafts->free_count == DRAFTS_FREE_MAX) {
        free(draft->origins);
        free(draft);
        return;
    }
    draft->next = drafts->free;
    drafts->free = draft;
    drafts->free_count += 1;
}

void mp_uv__drafts_free(struct mp_drafts *drafts) {
    while (drafts->free != NULL) {
        struct mp_draft *draft = drafts->free;
        drafts->free = draft->next;
        free(draft->origins);
        free(draft);
    }
    drafts->free_count = 0;
}

/* Room for `size` more bytes, if a batch may be that large. */
static bool reserve(struct mp_draft *draft, struct mp_frames *frames, uint32_t size) {
    uint32_t needed = draft->builder.size + size;
    if (needed > MP_BATCH_SIZE_MAX) return false;
    if (needed <= draft->builder.capacity) return true;
    draft->frame->size = draft->builder.size;
    draft->frame = mp_uv__frame_grow(frames, draft->frame, needed);
    draft->builder.bytes = draft->frame->bytes;
    draft->builder.capacity = draft->frame->capacity;
    return true;
}

static void note_origin(struct mp_draft *draft, struct mp_origin origin) {
    if (draft->origin_count > 0) {
        struct mp_origin *last = &draft->origins[draft->origin_count - 1];
        bool same = last->slot == origin.slot && last->generation == origin.generation;
        if (same && last->tag + last->count == origin.tag) {
            last->count += origin.count;
            return;
        }
    }
    if (draft->origin_count == draft->origin_capacity) {
        draft->origin_capacity = draft->origin_capacity == 0 ? 8 : draft->origin_capacity * 2;
        draft->origins =
            mp_uv__grow(draft->origins, draft->origin_capacity * sizeof *draft->origins);
    }
    draft->origins[draft->origin_count] = origin;
    draft->origin_count += 1;
}

uint32_t mp_uv__draft_append(struct mp_draft *draft, struct mp_frames *frames,
                             const uint8_t *block, uint32_t size, uint32_t bytes_max,
                             struct mp_origin origin, uint32_t *taken) {
    MP_ASSERT(bytes_max <= MP_BATCH_SIZE_MAX);
    uint32_t room = draft->builder.size < bytes_max ? bytes_max - draft->builder.size : 0;
    uint32_t limit = MP_BATCH_ENTRIES_MAX - draft->builder.count;
    uint32_t bytes = mp_uv__block_prefix(block, size, room, limit, taken);
    if (*taken == 0 && draft->builder.count == 0) {
        room = MP_BATCH_SIZE_MAX - draft->builder.size;
        bytes = mp_uv__block_prefix(block, size, room, 1, taken);
    }
    if (*taken == 0) return 0;
    bool fits = reserve(draft, frames, bytes);
    MP_ASSERT(fits);
    memcpy(draft->builder.bytes + draft->builder.size, block, bytes);
    draft->builder.size += bytes;
    draft->builder.count += *taken;
    origin.count = *taken;
    note_origin(draft, origin);
    return bytes;
}

void mp_uv__draft_append_one(struct mp_draft *draft, struct mp_frames *frames, uint32_t kind,
                             const uint8_t *payload, uint32_t size, struct mp_origin origin) {
    bool fits = reserve(draft, frames, MP_ENTRY_HEADER_SIZE + size);
    MP_ASSERT(fits);
    enum mp_status status = mp_batch_append(&draft->builder, kind, payload, size);
    MP_ASSERT(status == MP_OK);
    origin.count = 1;
    note_origin(draft, origin);
}

void mp_uv__draft_push(struct mp_draft_list *list, struct mp_draft *draft) {
    draft->next = NULL;
    if (list->tail != NULL) {
        list->tail->next = draft;
    } else {
        list->head = draft;
    }
    list->tail = draft;
    list->bytes += draft->builder.size;
}

struct mp_draft *mp_uv__draft_pop(struct mp_draft_list *list) {
    struct mp_draft *draft = list->head;
    if (draft == NULL) return NULL;
    list->head = draft->next;
    if (list->head == NULL) list->tail = NULL;
    draft->next = NULL;
    MP_ASSERT(list->bytes >= draft->builder.size);
    list->bytes -= draft->builder.size;
    return draft;
}
