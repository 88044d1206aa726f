/* What the driver keeps of one group: the frames of its log that the core still refers to, how far
 * it is applied, the calls that wait, and the batches of this node on their way. */
#ifndef MP_UV_OBJECTS_H
#define MP_UV_OBJECTS_H

#include "drafts.h"

#define MP_WAITING_BYTES_MAX (16u << 20)       /* Waiting calls of one object. */
#define MP_WAITING_BYTES_TOTAL_MAX (128u << 20) /* And of all. */

/* Above it frames that are committed but not applied are read again rather than kept. */
#define MP_CACHE_BYTES_MAX (256u << 20)

struct mp_proposal;
struct mp_watch;
struct mp_transfer;
struct mp_offer;

struct mp_object {
    uint64_t group;
    struct mp_object *next_in_bucket;
    struct mp_object *next_active;
    struct mp_object *next_dirty;
    struct mp_object *next_apply;
    bool active;   /* In the list that ticks visit. */
    bool dirty;    /* To be attended to before this wake-up ends. */
    bool applying; /* In the list of those with entries to apply. */

    /* Frames of the log, without a gap. The core says when to drop them. */
    struct mp_frame **log;
    uint32_t log_head;
    uint32_t log_count;
    uint32_t log_capacity;
    uint64_t drop_through; /* Dropped by the core, kept until applied. */

    uint64_t applied;
    uint64_t commit;
    bool reading; /* Frames to apply are being read. */
    bool broken;  /* They could not be: nothing more is applied until they are repaired. */
    uint64_t read_retry_us;

    struct mp_watch *watches; /* Fetches of what is not committed yet. */
    struct mp_lmdb_snapshot snapshot; /* The newest that is durable here; point.index 0: none. */
    bool snapshot_damaged;            /* A chunk of it cannot be read: another takes its place. */
    struct mp_lmdb_snapshot draft;    /* The one that is being made; point.index 0: none. */
    struct mp_point last;             /* What is applied ends here; its index is `applied`. */
    uint64_t voters;                  /* In force at `applied`; 0: as the log began. */
    uint64_t voters_from;             /* Since which index, as far as is known. */
    uint32_t admissions;              /* Named by the log up to `applied`. */
    uint64_t grown;                   /* Bytes applied since the last snapshot was begun. */
    struct mp_lmdb_snapshot restored; /* The one that is being restored. */
    bool restore_due; /* The snapshot is still to be read for that. */
    bool restore_told; /* The log says why it is not yet. */
    uint32_t restore_misses;
    bool restoring; /* The state is being replaced by a snapshot's: nothing is applied. */
    struct mp_transfer *transfer;
    uint64_t application;   /* Of a server: the client that proposed last. */
    struct mp_offer *offer; /* Of a client: a snapshot for servers that do not apply the object. */

    /* Its stored log, see repair.c. */
    bool damaged;          /* In the list of those being repaired. */
    bool muted;            /* The core knows. */
    bool verifying;        /* A read looks for what is damaged. */
    uint64_t suspect_from; /* To be verified from this index on; 0: nothing. */
    struct mp_object *next_damaged;

    struct mp_draft_list calls;
    struct mp_draft_list reads;     /* Wait for a confirmation round to start. */
    struct mp_draft_list asking;    /* The round is under way. */
    struct mp_draft_list confirmed; /* Wait until `confirmed_through` is applied. */
    uint64_t confirmed_through;
    uint64_t confirm_us;
    struct mp_draft_list flights; /* Batches of this node, pushed and not yet applied. */
    uint32_t capacity_hint;       /* Bytes of the last batch. */

    uint8_t *description;
    uint32_t description_size;
    uint32_t opened_at; /* Generation of the connection that was told. */

    bool pulling;     /* For waiting calls. */
    bool barrier_due; /* The first own batch of the ballot is still to be made. */
    uint32_t pull_failures;
    uint64_t pull_retry_us;
    uint64_t owner_seen_us;
    uint64_t owner_seen;
    struct mp_proposal *proposal;
    struct mp_draft_list pushes; /* Of the explicit push, not sealed yet. */

    /* Since an explicit pull a handle of this node stands on the log, and has told its callers what
     * its own entries come to. Nothing else that changes the object may get between them. */
    bool branched;
    bool branch_padded;    /* Entries that change nothing did: for reads, or to name directories. */
    uint64_t branch_count; /* Entries that it pushed and that are in the log. */
};

struct mp_objects {
    struct mp_object **buckets;
    uint32_t bucket_count; /* A power of two. */
    uint32_t count;
    struct mp_object *active;
    struct mp_object *dirty;
    struct mp_object *apply_head;
    struct mp_object *apply_tail;
    struct mp_object *damaged;
    uint64_t cached_bytes;
    uint64_t waiting_bytes;
};

struct mp_object *mp_uv__object_find(const struct mp_uv_node *node, uint64_t group);

/* Find or make; NULL if there are groups_max already. */
struct mp_object *mp_uv__object_need(struct mp_uv_node *node, uint64_t group);

void mp_uv__object_activate(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__object_mark(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__object_mark_apply(struct mp_uv_node *node, struct mp_object *object);

/* Mark every object with something waiting: where calls go has changed. */
void mp_uv__objects_reroute(struct mp_uv_node *node);

/* The log cache. Keep takes a reference of its own. */
void mp_uv__log_keep(struct mp_uv_node *node, struct mp_object *object, struct mp_frame *frame);
struct mp_frame *mp_uv__log_find(const struct mp_object *object, uint64_t index);
void mp_uv__log_truncate(struct mp_uv_node *node, struct mp_object *object, uint64_t from);
void mp_uv__log_forget(struct mp_uv_node *node, struct mp_object *object, uint64_t through);

/* Remember what object a group is. */
void mp_uv__object_describe(struct mp_object *object, const uint8_t *description, uint32_t size);

void mp_uv__objects_free(struct mp_uv_node *node);

#endif /* MP_UV_OBJECTS_H */
