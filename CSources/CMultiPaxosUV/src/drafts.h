/* Drafts: calls on their way. A draft gathers the calls (or the reads) of one object in the entry
 * format of a batch, and remembers for each who asked. It is then either sealed as a batch of this
 * node, or sent as one message to the node that serves the object; in both cases the answers find
 * their way back through it. Every entry is answered exactly once, or its asker is gone. */
#ifndef MP_UV_DRAFTS_H
#define MP_UV_DRAFTS_H

#include "frames.h"
#include "mp_uv.h"

#define MP_SLOT_LOCAL UINT32_MAX        /* Asked by this process: the tag is its token. */
#define MP_SLOT_NONE (UINT32_MAX - 1u)  /* Nobody waits: a barrier, or an explicit push. */

/* `count` entries in a row with tags in a row, of one asker. */
struct mp_origin {
    uint32_t slot; /* Of a connection, or one of the above. */
    uint32_t generation;
    uint64_t tag;
    uint32_t count;
};

struct mp_draft {
    struct mp_draft *next;
    struct mp_frame *frame;
    struct mp_batch_builder builder;
    struct mp_origin *origins;
    uint32_t origin_count;
    uint32_t origin_capacity;
    uint64_t group;
    uint64_t born_us;
    bool read;
    bool relayed;  /* Came from another server: not to be forwarded again. */
    bool proposal; /* Belongs to an explicit push. */
    bool barrier;  /* An entry that changes nothing. */

    /* As a batch of this node: its identity. Orphaned: the ballot is no longer this node's. */
    uint64_t first;
    uint64_t last;
    struct mp_ballot ballot;
    uint64_t checksum;
    bool orphaned;
    uint64_t deadline_us;

    /* As a message to another node: where it went, and which entries are answered. */
    bool sent;
    uint32_t slot;
    uint32_t generation;
    uint32_t record;
    uint32_t answered;
    uint32_t cursor_entry;
    uint32_t cursor_origin;
    uint64_t answers[MP_BATCH_ENTRIES_MAX / 64];
};

struct mp_draft_list {
    struct mp_draft *head;
    struct mp_draft *tail;
    uint64_t bytes;
};

struct mp_drafts {
    struct mp_draft *free;
    uint32_t free_count;
};

struct mp_draft *mp_uv__draft_take(struct mp_drafts *drafts, struct mp_frames *frames,
                                   uint64_t group, uint32_t capacity);
void mp_uv__draft_release(struct mp_drafts *drafts, struct mp_frames *frames,
                          struct mp_draft *draft);
void mp_uv__drafts_free(struct mp_drafts *drafts);

/* Append as many whole entries of a checked block as fit in a draft of `bytes_max` bytes, or one if
 * the draft is empty; *taken of them, and the bytes used. */
uint32_t mp_uv__draft_append(struct mp_draft *draft, struct mp_frames *frames,
                             const uint8_t *block, uint32_t size, uint32_t bytes_max,
                             struct mp_origin origin, uint32_t *taken);

/* Append one entry that fits for certain: into a fresh draft. */
void mp_uv__draft_append_one(struct mp_draft *draft, struct mp_frames *frames, uint32_t kind,
                             const uint8_t *payload, uint32_t size, struct mp_origin origin);

void mp_uv__draft_push(struct mp_draft_list *list, struct mp_draft *draft);
struct mp_draft *mp_uv__draft_pop(struct mp_draft_list *list);

#endif /* MP_UV_DRAFTS_H */
