/* One node on its own event-loop thread: a replica, or a client, driven by libuv.
 *
 * Lifecycle: mp_uv_node_start() -> any number of submit, pull, push, open, fetch, admin, run ->
 * mp_uv_node_close() -> on_closed. Nothing may be called on the node after mp_uv_node_close(), and
 * its memory is gone when on_closed returns.
 *
 * A server node has a vote, a directory and a listener. A client node has none of these: it dials
 * every server, sends calls to the serving one, and may propose from here with pull and push.
 *
 * Thread safety: functions are safe from any thread unless they say "loop thread". Callbacks run on
 * the loop thread, one at a time, and must not block. Pointers passed to a callback are valid for
 * the call; pointers passed to a function are copied before it returns. */
#ifndef MP_UV_H
#define MP_UV_H

#include <mp.h>
#include <mp_lmdb.h>
#include <mp_uv_spool.h>

/* On a callback parameter: the closure may run on a thread that is not the one that made it. */
#ifdef __clang__
#define MP_UV_SENDABLE __attribute__((swift_attr("@Sendable")))
#else
#define MP_UV_SENDABLE
#endif

#define MP_UV_HOST_SIZE 256u
#define MP_UV_OBJECT_SIZE_MAX 256u /* Bytes of an object's description: type, zero, name. */

struct mp_uv_node;

struct mp_uv_peer {
    uint64_t node;
    char host[MP_UV_HOST_SIZE]; /* A name or a numeric address. */
    uint16_t port;
};

struct mp_uv_options {
    char cluster[MP_LMDB_CLUSTER_SIZE]; /* Empty: a server is of its directory's cluster. */
    uint64_t node; /* 0: a client, which draws a random id. */
    struct mp_uv_peer voters[MP_VOTERS_MAX]; /* Every server, this one included. */
    uint32_t voter_count;
    int listen_fd;    /* Of mp_uv_bind(), owned by the node from a successful start on; -1: none. */
    const char *data; /* Voting directory of a server; NULL for a client. */
    /* Directory of the files without names that large snapshots pass through. NULL: a server's
     * `data`; for a client what TMPDIR says, or /var/tmp. */
    const char *spool;
    uint64_t timeout_us;      /* T, the election timeout; 0: 200,000. */
    uint64_t call_timeout_us; /* After which an unanswered call is UNKNOWN; 0: 5,000,000. */
    uint32_t window;          /* Batches in flight per group; 0: the default. */
    uint32_t groups_max;      /* 0: the default. Each costs mp_group_size() bytes. */
    /* Bytes of an object's log after which a server snapshots it and trims the log before the
     * snapshot before; never less than the snapshot's own. 0: never. */
    uint64_t snapshot_bytes;
    const char *trace;        /* File to which transitions are appended; NULL: none. */
    uint64_t trace_limit;     /* Bytes of it after which tracing stops; 0: 1 GiB. */
    /* Bytes of stored frames that are verified in a second, round and round; 0: 4 MiB. */
    uint64_t scrub_bytes;
};

/* What became of a call. Values below 64 are the state machine's answer: the call is in the log
 * (or was read). Values from 64 on are the driver's. */
enum mp_uv_outcome {
    MP_UV_OK = 0,         /* The method's result. */
    MP_UV_THROWN,         /* The method threw: the encoded error. Nothing changed. */
    MP_UV_NO_SESSION,     /* The session is unknown or evicted: not done by this entry. */
    MP_UV_CANCELLED,      /* The request was settled as cancelled before: never done. */
    MP_UV_FORGOTTEN,      /* The request is below the acknowledged ones: its result is gone. */
    MP_UV_UNHOSTED,       /* No type for this object is registered where it was applied. */
    MP_UV_REJECTED,       /* The state machine could not decode the call. Nothing changed. */
    MP_UV_QUARANTINED,    /* The replica where it was applied has stopped; the payload says why. */
    MP_UV_REMOVED,        /* The object was removed: not done. */
    MP_UV_BUSY = 64,      /* Not done: a queue is full. */
    MP_UV_NO_QUORUM,      /* Not done: too few nodes are reachable. */
    MP_UV_TOO_BIG,        /* Not done: over MP_ENTRY_SIZE_MAX. */
    MP_UV_STORAGE_FULL,   /* Not done: the disks are full. */
    MP_UV_NOT_OPEN,       /* Not done: no open told the server what the object is. */
    MP_UV_UNKNOWN,        /* May or may not have been done, or may be later. */
    MP_UV_CLOSED,         /* Not done: the node is closing and had not sent it. */
};

enum mp_uv_call_kind {
    MP_UV_CALL = 1, /* An entry of the log. */
    MP_UV_READ,     /* A linearizable read: a confirmed owner answers it without the log. */
};

/* An answer. `index` is the entry's place in the log; for a read, the last index it has seen. */
struct mp_uv_reply {
    uint64_t token;
    uint64_t index;
    enum mp_uv_outcome outcome;
    uint32_t size;
    const uint8_t *payload;
};

/* Results that the state machine returns to the driver: for each entry of the batch in order,
 * { uint32 size, uint32 outcome, payload }, little endian, without padding. The bytes stay valid
 * until the next callback. */
struct mp_uv_results {
    const uint8_t *bytes;
    uint32_t size;
};

enum mp_uv_log_level { MP_UV_LOG_INFO = 1, MP_UV_LOG_WARNING, MP_UV_LOG_ERROR };

/* What became of an explicit pull or push. */
enum mp_uv_proposal {
    MP_UV_PULLED = 1,    /* `point` is the tip, `ballot` the own one. */
    MP_UV_COMMITTED,     /* Push: everything, through point.index. */
    MP_UV_PARTIAL,       /* Push, at the deadline: point.index is committed, the rest unknown. */
    MP_UV_PREEMPTED,     /* `ballot` took over; what a push had sent is unknown. */
    MP_UV_PUSH_UNKNOWN,  /* Push, at the deadline: nothing is known to be committed. */
    MP_UV_PULL_FAILED,   /* Too few nodes answered: nothing changed. */
    MP_UV_PUSH_STALE,    /* Not the owner (any more): nothing was sent. */
    MP_UV_PROPOSAL_BUSY, /* A queue is full: nothing was sent. */
    MP_UV_PROPOSAL_FULL, /* The disks are full: nothing was sent. */
    MP_UV_PROPOSAL_TOO_BIG,
};

struct mp_uv_proposed {
    uint64_t token;
    uint64_t group;
    enum mp_uv_proposal what;
    struct mp_ballot ballot;
    struct mp_point point;
};

struct mp_uv_callbacks {
    /* The batch is committed; called in log order, each batch once per process start. If `answer`,
     * results must hold one record per entry, else *results may stay empty. */
    void (*on_apply)(void *context, const struct mp_batch *batch, bool answer,
                     struct mp_uv_results *results);

    /* Answer a linearizable read of the state as it is now: one record. */
    void (*on_read)(void *context, uint64_t group, const uint8_t *payload, uint32_t size,
                    struct mp_uv_results *results);

    /* Copy the state of a group as it is now, through the batch applied last; then encode the copy
     * on another thread and hand it over with mp_uv_node_snapshot(). False if the state machine
     * does not know the object: nothing follows. */
    bool (*on_snapshot)(void *context, uint64_t group);

    /* Replace the state of a group by that of a snapshot: the log goes on after `index`. The bytes
     * are the callee's, who decodes them on another thread, releases their spool, and answers with
     * mp_uv_node_restored(). Nothing of the group is applied before that. */
    void (*on_restore)(void *context, uint64_t group, uint64_t index, uint64_t digest,
                       struct mp_uv_spool *spool);

    /* Whether bytes are the beginning of a snapshot of this very object, of whatever type. */
    bool (*on_offered)(void *context, uint64_t group, const uint8_t *bytes, uint32_t size);

    /* Answers to submitted calls and admin requests, many at a time. Each token exactly once. */
    void (*on_replies)(void *context, const struct mp_uv_reply *replies, uint32_t count);

    /* An adopted batch that is not committed, in log order, before on_proposed says MP_UV_PULLED.
     * Only on explicit pulls. */
    void (*on_inherit)(void *context, const struct mp_batch *batch);

    /* An explicit pull or push is over. Each token exactly once. */
    void (*on_proposed)(void *context, const struct mp_uv_proposed *proposed);

    /* A frame asked for with mp_uv_node_fetch(); then once on_fetched, with the last index sent
     * (from - 1 if none) and that server's commit index; MP_OK, or MP_CLOSED if it did not answer,
     * or MP_UNKNOWN_GROUP, or MP_TRIMMED if that server's log begins later. */
    void (*on_frame)(void *context, uint64_t token, const struct mp_batch *batch);
    void (*on_fetched)(void *context, uint64_t token, enum mp_status status, uint64_t last,
                       uint64_t commit);

    /* What was asked for with mp_uv_node_fetch_snapshot(), in order; then once on_fetched. */
    void (*on_chunk)(void *context, uint64_t token, const uint8_t *bytes, uint32_t size);

    /* Answer a request of another node's mp_uv_node_admin(): one record. */
    void (*on_admin)(void *context, uint64_t from, const uint8_t *payload, uint32_t size,
                     struct mp_uv_results *results);

    /* A line for the log, without a newline. */
    void (*on_log)(void *context, enum mp_uv_log_level level, const char *text);

    /* A protocol transition; NULL if nobody listens. A trace file has it anyway. */
    void (*on_trace)(void *context, const struct mp_trace *record);

    /* The disk failed (MP_SYSTEM), or most other servers say that a live one has the id of this one
     * (MP_CONFLICT): the node stops at once and must not be restarted by this process without an
     * operator. NULL: print the text and exit with status 74. */
    void (*on_fatal)(void *context, enum mp_status status, const char *text);

    /* The loop has stopped and the node is about to be freed. Called exactly once, last. */
    void (*on_closed)(void *context);
};

/* Bind and listen on host:port (port 0: any free one; *port says which).
 * MP_IN_USE, MP_SYSTEM as the error says; *fd is -1 then. */
MP_MUST_USE enum mp_status mp_uv_bind(const char *host, uint16_t *port, int *fd,
                                      struct mp_lmdb_error *error);

/* Start a node: open its directory, load it, start its threads. Committed entries are applied
 * through on_apply on the loop thread from then on. On failure *node is NULL, nothing was written
 * and no callback runs.
 * MP_FOREIGN (the directory, or the trace file), MP_IN_USE, MP_CORRUPT, MP_SYSTEM, MP_TOO_BIG as
 * the error says. */
MP_MUST_USE enum mp_status mp_uv_node_start(const struct mp_uv_options *options,
                                            const struct mp_uv_callbacks *callbacks,
                                            void *context, struct mp_uv_node **node,
                                            struct mp_lmdb_error *error);

/* The id of this node: for a client the random one. */
uint64_t mp_uv_node_id(const struct mp_uv_node *node);

/* The cluster's name: for a server what its directory says. It lives as long as the node. */
const char *mp_uv_node_cluster(const struct mp_uv_node *node);

/* Say what object a group is, before the first submit or pull of it: `type`, a zero byte, `name`.
 * It becomes the first entry of an empty log. MP_OK, MP_TOO_BIG, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_open(struct mp_uv_node *node, uint64_t group,
                                           const uint8_t *description, uint32_t size);

/* Submit `count` calls to one group: a block of entries { uint32 size, uint32 kind, payload }, kind
 * an enum mp_entry_kind for calls and 0 for reads. Their tokens are first_token, first_token + 1 …
 * on_replies follows for each. From a callback it costs no wake-up.
 * MP_OK; MP_BUSY, MP_CLOSED, MP_TOO_BIG, MP_MALFORMED: nothing follows. */
MP_MUST_USE enum mp_status mp_uv_node_submit(struct mp_uv_node *node, uint64_t group,
                                             enum mp_uv_call_kind kind, uint64_t first_token,
                                             uint32_t count, const uint8_t *block, uint32_t size);

/* Pull a group from this node: on_apply, on_inherit, then on_proposed.
 * MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_pull(struct mp_uv_node *node, uint64_t group, uint64_t token,
                                           uint64_t timeout_us);

/* Push a block of entries, as in submit, from this node; with count 0 push again what is pending.
 * `round` is that of the ballot that the last pull gave, and `given` counts the entries that were
 * pushed since. If the log is not what these say, because a call came between or an earlier push
 * did not get into it, then the push is stale and nothing is sent.
 * Entries are applied through on_apply when committed; on_proposed follows.
 * MP_OK, MP_BUSY, MP_CLOSED, MP_TOO_BIG, MP_MALFORMED. */
MP_MUST_USE enum mp_status mp_uv_node_push(struct mp_uv_node *node, uint64_t group, uint64_t token,
                                           uint64_t round, uint64_t given, uint32_t count,
                                           const uint8_t *block, uint32_t size,
                                           uint64_t timeout_us);

/* Read committed frames of a group from the server `from_node`, from the one that holds index
 * `from`, about `bytes` of them. on_frame, then on_fetched. If it `waits` and nothing is committed
 * from there on yet, the server answers once there is something, or after 5T with nothing.
 * MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_fetch(struct mp_uv_node *node, uint64_t from_node,
                                            uint64_t group, uint64_t from, uint64_t bytes,
                                            bool waits, uint64_t token);

/* Read the snapshot that the server `from_node`, another than this node, has of a group. With index
 * 0, what it is: on_chunk with its digest and its checksum, 8 bytes each, the lowest first; then
 * on_fetched with its index and its size in bytes. Then some chunks of the snapshot at `index`, of
 * `size` bytes, from number `chunk` on: on_chunk for each, then on_fetched with the number of the
 * next chunk and that of all. MP_UNKNOWN_GROUP: it has no such snapshot, or no longer; MP_CLOSED:
 * it did not answer. To compare the checksum is the caller's. MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_fetch_snapshot(struct mp_uv_node *node, uint64_t from_node,
                                                     uint64_t group, uint64_t index, uint64_t size,
                                                     uint32_t chunk, uint64_t token);

/* Ask the server `to`, whose on_admin answers; on_replies follows. MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_admin(struct mp_uv_node *node, uint64_t to, uint64_t token,
                                            const uint8_t *payload, uint32_t size);

/* Run `job` on the loop thread. MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_run(struct mp_uv_node *node,
                                          void (*job)(void *argument) MP_UV_SENDABLE,
                                          void *argument);

/* A spool where this node keeps such. Any thread. */
struct mp_uv_spool *mp_uv_node_spool_new(const struct mp_uv_node *node);

/* Hand over the encoded state of a group, copied by on_snapshot right after entry `index`, in a
 * spool that is finished, and from MP_OK on the driver's; NULL: it could not be encoded. `digest`
 * is kept beside it and given back. MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_snapshot(struct mp_uv_node *node, uint64_t group,
                                               uint64_t index, uint64_t digest,
                                               struct mp_uv_spool *spool);

/* Answer on_restore: the state of the group is now the snapshot's, or it could not be decoded.
 * MP_OK, MP_BUSY, MP_CLOSED. */
MP_MUST_USE enum mp_status mp_uv_node_restored(struct mp_uv_node *node, uint64_t group,
                                               uint64_t index, bool restored);

/* True on the loop thread of this node. */
bool mp_uv_node_on_loop(const struct mp_uv_node *node);

/* Close: settle what is pending (unsent calls are CLOSED, sent ones UNKNOWN), write what is queued,
 * close every socket, stop the threads, then on_closed. */
void mp_uv_node_close(struct mp_uv_node *node);

/* Counters since start. Loop thread. */
struct mp_uv_stats {
    uint64_t entries_committed;
    uint64_t batches_committed;
    uint64_t calls_accepted;
    uint64_t calls_refused;
    uint64_t wakeups;
    uint64_t flushes;          /* Storage transactions. */
    uint64_t flush_us_total;
    uint64_t flush_us_max;
    uint64_t messages_sent;
    uint64_t messages_received;
    uint64_t messages_dropped; /* Over the bound of a send queue. */
    uint64_t bytes_sent;
    uint64_t frames_cached_bytes;
    uint64_t disk_stall_us;    /* Age of the oldest write that is not durable. */
    uint32_t lmdb_flags;
    bool disk_full;
    uint64_t serving;          /* Node elected to serve, 0: none. */
    uint64_t incarnation;
    enum mp_lmdb_vote vote;    /* Whether the directory votes, and as which of its server. */
    uint32_t generation;
    uint32_t approvals;        /* Other servers that record an operator's approval of it. */
    uint64_t storage_sequence;
    uint64_t data_bytes_used;
    uint64_t data_bytes_allocated;
    uint64_t damages;          /* Records and batches that are damaged now. */
    uint64_t damages_found;
    uint64_t damages_repaired;
    uint64_t scrub_bytes;      /* Verified so far. */
    uint64_t scrub_rounds;     /* Times that all of it was. */
};
void mp_uv_node_stats(const struct mp_uv_node *node, struct mp_uv_stats *stats);

/* One voter as this node sees it. Loop thread; false past the end. */
struct mp_uv_peer_view {
    uint64_t node;
    bool connected;
    bool self;
    bool lost; /* Its directory was wiped or rolled back: it has no vote. */
    uint64_t incarnation; /* On record: whose votes count. */
    uint64_t announced;   /* Of the directory that it runs on; 0: it is not connected. */
    uint32_t generation;  /* Of the one on record, durably. */
    uint64_t queued_bytes;
};
bool mp_uv_node_peer(const struct mp_uv_node *node, uint32_t position,
                     struct mp_uv_peer_view *view);

/* The groups of this node, as mp_replica_next_group(). Loop thread. */
bool mp_uv_node_next_group(const struct mp_uv_node *node, uint32_t *cursor,
                           struct mp_group_view *view);

/* The first thing of a group that is damaged here and not repaired yet; `first` is 0 where only the
 * last index is known. False if there is none. Loop thread. */
bool mp_uv_node_damage(const struct mp_uv_node *node, uint64_t group,
                       struct mp_lmdb_damage *damage);

/* The last entry that the newest snapshot of a group here holds; 0: none. Loop thread. */
uint64_t mp_uv_node_snapshot_index(const struct mp_uv_node *node, uint64_t group);

/* Approve of a server's directory: it counts as a voter from when more than half of the others
 * approve, and an object's log names it. Loop thread; durable a moment later, see the peer's view.
 * MP_OK, also if it is done already; MP_STALE if the generation is not above the one on record, or
 * has no room, or if that directory is the one whose votes count or was rolled back;
 * MP_UNKNOWN_GROUP if there is no such other server. */
MP_MUST_USE enum mp_status mp_uv_node_approve(struct mp_uv_node *node, uint64_t server,
                                              uint64_t incarnation, uint32_t generation);

/* The generation of a server that the log of a group names; see mp_replica_generation(). Loop
 * thread. */
uint32_t mp_uv_node_generation(const struct mp_uv_node *node, uint64_t group, uint64_t server);

/* As mp_replica_match(). Loop thread. */
uint64_t mp_uv_node_match(const struct mp_uv_node *node, uint64_t group, uint64_t voter);

#endif /* MP_UV_H */
