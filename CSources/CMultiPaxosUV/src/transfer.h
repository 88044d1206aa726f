/* A snapshot on its way here, as the files see it that get one: transfer.c and uploads.c. */
#ifndef MP_UV_TRANSFER_H
#define MP_UV_TRANSFER_H

#include "node.h"

struct mp_transfer {
    struct mp_lmdb_snapshot snapshot; /* point.index 0: not known yet. */
    uint64_t wanted;  /* The least index that helps. */
    uint64_t next;    /* The first chunk of the question under way, or of the next one. */
    uint64_t end;     /* The chunk after its last. */
    uint64_t arrived; /* Chunks of it that came. */
    uint64_t hash;    /* Of the chunks before `next`; with those that came. */
    uint64_t hash_arrived;
    uint8_t *bytes;   /* The chunks of the question. */
    struct mp_uv_spool *spool; /* Of a client: those before; while `storing` the job has it. */
    bool asking;
    bool storing;     /* The disk of a server has them, or the spool of a client. */
    bool told;        /* The log says why it cannot be kept. */
    uint32_t fulls;   /* How often there was no room, up to a limit. */
    bool hurries;     /* A snapshot that was on its way gave way to a newer one: no rests. */
    bool upload;      /* Not to catch up, but to trim: an application may be who has it. */
    uint64_t source;  /* Of an upload: who gives the snapshot. */
    uint32_t misses;  /* Questions in a row that it did not answer. */
    uint32_t failures;
    uint64_t retry_us;
    uint64_t asked_us;
    uint64_t heard;    /* What was committed elsewhere when that was seen to grow, and when. */
    uint64_t grown_us;
};

/* Forget the snapshot that was on its way. */
void mp_uv__transfer_restart(struct mp_transfer *transfer);
/* The same, and what is stored of it is deleted. */
void mp_uv__transfer_give_up(struct mp_uv_node *node, struct mp_transfer *transfer);
/* Give up the question under way; what came of its chunks is asked for again. */
void mp_uv__transfer_fail(struct mp_uv_node *node, struct mp_transfer *transfer);
/* A server to ask: not the serving node, unless there is no other. NULL if none is connected. */
struct mp_conn *mp_uv__transfer_choose(struct mp_uv_node *node,
                                       const struct mp_transfer *transfer);

/* uploads.c. Whom to ask next; NULL if nobody is there. */
struct mp_conn *mp_uv__upload_choose(struct mp_uv_node *node, const struct mp_object *object);
/* Whether the snapshot is one of this log, as far as is seen from here; then with what is known
 * here in the place of what was said. */
bool mp_uv__upload_admits(struct mp_uv_node *node, const struct mp_object *object,
                          struct mp_lmdb_snapshot *snapshot);
/* Whether the first bytes of it, once they came, name the object. */
bool mp_uv__upload_names(struct mp_uv_node *node, const struct mp_object *object);
/* What is said of one that is not taken. */
void mp_uv__upload_refused(struct mp_uv_node *node, const struct mp_object *object);
/* A question was not answered. */
void mp_uv__upload_missed(struct mp_uv_node *node, struct mp_transfer *transfer);

#endif /* MP_UV_TRANSFER_H */
