/* One node of the protocol: acceptor, learner and proposer of every group, and the election of the
 * serving node.
 *
 * A replica is a pure state machine: it owns no socket, file, clock or heap memory, and the same
 * events in the same order give the same effects. It keeps no bytes either: a log here is a list of
 * batch identities, and the driver keeps the frames themselves under (group, first index).
 *
 * Contract of mp_replica_step():
 *  - Event pointers are borrowed for the call. Pointers in the effects are valid until the next.
 *  - Carry out the effects in this order: drop frames, append the frame, submit the writes in
 *    order, send, apply the commit, report outcomes.
 *  - A message with `after_write` != 0 may leave only once that write, and every write before it,
 *    is durable. This is how "durable before sent" is said: as data.
 *  - A step that returns anything but MP_OK changed nothing and has no effects.
 *  - A stale or duplicate message is MP_OK without effects.
 *  - Messages to a node that is not connected are dropped by the driver; the core retransmits.
 *
 * Thread safety: none. One thread, or one lock, per replica. */
#ifndef MP_REPLICA_H
#define MP_REPLICA_H

#include "mp/message.h"
#include "mp/voters.h"

struct mp_replica;

struct mp_trace; /* See mp/trace.h. */

struct mp_options {
    uint64_t node;                  /* 1.. for a server; with MP_CLIENT_NODE for a client. */
    uint64_t voters[MP_VOTERS_MAX]; /* Every server: 1 to MP_NODE_MAX, in any order, none twice. */
    uint32_t voter_count;           /* 1 to MP_VOTERS_MAX. */
    /* Whose votes count in a log that holds no configuration yet; the same at every node. 0: all
     * servers. The others store and follow, and a configuration may name them later. */
    uint64_t configuration;
    bool votes;                     /* An acceptor with storage; then node is one of the voters. */
    /* Of the own directory, and the admissions that logs begin with; see MP_EVENT_STANDING. */
    uint32_t generation;
    uint32_t admissions;
    uint32_t window;                /* Own batches in flight per group, 1 to MP_WINDOW_MAX. */
    uint32_t groups_max;            /* Groups this replica can hold. */
    /* Batch identities of all groups together: MP_SHARE for each of groups_max, and what is lent
     * to those that hold more, most of it committed and remembered for voters a little behind. */
    uint32_t batches_max;
    uint64_t timeout_us;            /* T, the election timeout. Heartbeats are every T/4. */
    uint64_t fetch_bytes;           /* Bytes asked for by one fetch. */
    /* Bytes in a millisecond that a voter far behind learns at least, whatever clients write; 0:
     * 16,000. */
    uint64_t learn_floor;
    /* Called with each protocol transition; it cannot influence state. May be NULL. */
    void (*trace)(void *context, const struct mp_trace *record);
    void *trace_context;
};

/* What an acceptor must not forget about a group. Written whole with each write of the group. */
struct mp_hard_state {
    struct mp_ballot promised;
    struct mp_point tip;    /* The last batch accepted. */
    struct mp_point commit; /* Known committed here; may lag, never leads. */
    struct mp_point trimmed; /* The log begins after it: a snapshot stands for what was before. */
    uint64_t voters;        /* In force at `commit`; 0: as the log began. */
    uint32_t admissions;    /* Named by the log up to `commit`. */
    uint32_t born;          /* Those that the log began with at this node. */
};

/* The generation of a directory that may vote nowhere, not even in a new log. */
#define MP_GENERATION_NONE UINT32_MAX


/* The identity of one batch of a log. */
struct mp_identity {
    uint64_t first;
    uint64_t last;
    struct mp_ballot ballot;
    uint64_t previous;
    uint64_t checksum;
    uint64_t voters; /* Of a configuration; 0 for all other batches. */
    uint32_t admissions; /* Of a configuration that names some; 0 for all others. */
    uint32_t size;   /* Of the frame, in bytes. */
    uint32_t count;
};

/* What a log keeps of a decoded batch. */
struct mp_identity mp_batch_identity(const struct mp_batch *batch);

enum mp_event_kind {
    MP_EVENT_LOAD = 1, /* A group as storage holds it; before MP_EVENT_START. */
    MP_EVENT_START,    /* Everything is loaded: begin. */
    MP_EVENT_RECEIVE,  /* A message of a peer. */
    MP_EVENT_WRITTEN,  /* A write is durable. One event per write, in order of the ids. */
    MP_EVENT_TIMEOUT,  /* The deadline of the last effects has passed. */
    MP_EVENT_PEER,     /* A voter became reachable, or stopped being so. */
    MP_EVENT_PULL,     /* Prepare with a new ballot and adopt the best log. */
    MP_EVENT_INVOKE,   /* Seal a batch and append it to the own log; nothing leaves yet. */
    MP_EVENT_PUSH,     /* Send what was invoked; if nothing is new, send again what is pending. */
    MP_EVENT_CONFIRM,  /* Ask a quorum whether the own ballot still holds: a read barrier. */
    MP_EVENT_TIPS,     /* Ask a quorum how long the log may be: a read barrier without a pull. */
    MP_EVENT_RELEASE,  /* Give up owning without being told to; the log stays. */
    MP_EVENT_DISK,     /* How the disk is: stalled, full, or well. */
    MP_EVENT_MEMBERSHIP, /* Invoke a configuration: other voters from that entry on. */
    MP_EVENT_ADMIT,      /* Invoke a configuration that names a server's new directory. */
    MP_EVENT_STANDING,   /* Which directory this one is, and which are known of the others. */
    MP_EVENT_HEARD,      /* A log that was there before this directory was: no vote in it yet. */
    MP_EVENT_DAMAGED,    /* A stored frame of the group cannot be read any more: no vote. */
    MP_EVENT_REPAIRED,   /* Every frame of the group is durable again, each the same as before. */
    MP_EVENT_TRIM,    /* A snapshot at or after a point is durable: the log may begin there. */
    MP_EVENT_INSTALL, /* A snapshot that reaches beyond the own commit point is durable here. */
};

struct mp_event {
    enum mp_event_kind kind;
    uint64_t now_us; /* Monotonic. Never goes back. */
    uint64_t group;  /* Of LOAD, WRITTEN, PULL, INVOKE, PUSH, CONFIRM, TIPS, RELEASE,
                      MEMBERSHIP, ADMIT, HEARD, DAMAGED, REPAIRED, TRIM, INSTALL. */
    union {
        struct {
            struct mp_hard_state hard;
            const struct mp_identity *suffix; /* Batches after hard.commit, in order, to the tip. */
            uint32_t suffix_count;
            bool lost; /* Promise or log are not known whole: take no part, for good. */
            bool damaged; /* Both are known, but frames of it cannot be read: no vote until
                           * MP_EVENT_REPAIRED. */
        } load;
        struct {
            uint64_t from; /* The node of the connection, as the handshake proved it. */
            const struct mp_message *message;
            /* The decoded payload of FRAME and ACCEPT, verified by mp_batch_decode(). */
            const struct mp_batch *batch;
        } receive;
        struct {
            uint64_t write_id;
        } written;
        struct {
            uint64_t node;
            bool reachable;
        } peer;
        struct {
            /* When to give up with MP_PULL_NO_QUORUM; without a quorum of promises after 2T. */
            uint64_t deadline_us;
        } pull;
        struct {
            struct mp_batch_builder *batch; /* Sealed by the step if it returns MP_OK. */
        } invoke;
        struct {
            struct mp_batch_builder *batch; /* Empty; filled and sealed if it returns MP_OK. */
            uint64_t voters;                /* See mp/voters.h. */
        } membership;
        struct {
            struct mp_batch_builder *batch; /* As for membership. */
            uint64_t node;
            uint32_t generation; /* Of its new directory; above the one that the log names. */
        } admit;
        struct {
            /* Of the own directory, or MP_GENERATION_NONE. It votes in the logs whose committed
             * configuration names it, and in those that began with it. */
            uint32_t generation;
            /* What logs begin with that this node hears of from now on. The own generation is to
             * be among them once every log that may be older than the own directory was told of
             * with HEARD, or never. */
            uint32_t admissions;
        } standing;
        struct {
            struct mp_point point; /* Committed; the end of a batch. */
        } trim;
        struct {
            struct mp_point point; /* The last entry that the snapshot holds. */
            uint64_t voters;       /* In force there; 0: as the log began. */
            uint32_t admissions;   /* Named by the log up to there. */
            /* Whoever knew that the point is committed had promised at most this. */
            struct mp_ballot ballot;
        } install;
        struct {
            uint64_t stall_us; /* Age of the oldest write not yet durable. */
            bool full;
        } disk;
    };
};

/* One durable write: the hard state, and with it a frame and a truncation, atomically. */
struct mp_write {
    uint64_t id; /* Rises by one with each write of the replica. */
    uint64_t group;
    struct mp_hard_state hard;
    uint64_t truncate_from; /* Forget stored batches from this first index on; 0: none. */
    uint64_t batch_first;   /* Store the frame that starts here; 0: none. */
};

struct mp_send {
    uint64_t to;
    uint64_t after_write; /* 0: at once. */
    struct mp_message message;
    uint64_t batch_first; /* ACCEPT: the payload is the frame that starts here; else 0. */
};

enum mp_outcome_kind {
    MP_PULLED = 1,     /* This node owns the group; `point` is the tip, `ballot` its own. */
    MP_PULL_PREEMPTED, /* A higher `ballot` is promised. */
    MP_PULL_NO_QUORUM, /* Too few answered before the deadline. */
    MP_PREEMPTED,      /* Owned until now: `ballot` took over. What was pushed is unknown. */
    MP_TIPPED,         /* Reads that asked before may be answered once applied to point.index. */
    MP_CONFIRMED,      /* Reads that asked before `sequence` rounds may be answered. */
    MP_SERVING,        /* `node` is elected to serve, 0: nobody is known to. */
    MP_OWNER_SEEN,     /* Another proposer with `ballot` is at work on the group. */
    MP_BEHIND,         /* `node` trimmed what this log needs, through `point`: get a snapshot. */
};

struct mp_outcome {
    enum mp_outcome_kind kind;
    uint64_t group;
    struct mp_ballot ballot;
    struct mp_point point;
    uint64_t node;
    uint64_t sequence;
};

/* Frames to send to a peer that fetches: those from `from` to `through`, as FRAME messages made
 * from `frame` and at most `bytes` bytes of them (but at least one), then `fetched` with
 * point.index set to the last index sent (from - 1 if none). Those that are not in memory are read
 * from storage, which holds them up to `through`. */
struct mp_serve {
    uint64_t to; /* 0: nothing to serve. */
    uint64_t from;
    uint64_t through;
    uint64_t bytes;
    struct mp_message frame;
    struct mp_message fetched;
};

struct mp_effects {
    /* Forget frames of `group`: those that start at drop_from or later (truncated), unless 0, and
     * those that end at drop_through or before (committed long ago; storage has them), unless 0. */
    uint64_t group;
    uint64_t drop_from;
    uint64_t drop_through;

    /* Keep the frame of the event, now in the log, under (group, append.first); first 0: none. */
    struct mp_identity append;

    struct mp_write writes[MP_WRITES_MAX];
    uint32_t write_count;

    struct mp_send sends[MP_SENDS_MAX];
    uint32_t send_count;

    struct mp_serve serve;

    /* Entries from commit_from to commit_through are committed: apply them. from 0: none. */
    uint64_t commit_from;
    uint64_t commit_through;

    struct mp_outcome outcomes[MP_OUTCOMES_MAX];
    uint32_t outcome_count;

    /* Step with MP_EVENT_TIMEOUT at this time; if it is past, at once, again and again. */
    uint64_t deadline_us;
};

/* Bytes of memory mp_replica_init() needs for these options. Each of groups_max costs
 * mp_group_size() of them, its share of the batches included. */
size_t mp_replica_size(const struct mp_options *options);
size_t mp_group_size(void);

/* Make a replica in `memory`, which the caller keeps, aligned to 16, until it is done with it.
 *
 * MP_OK      *replica is ready for LOAD events, then START.
 * MP_TOO_BIG An option is out of its range, or `size` is too small. */
MP_MUST_USE enum mp_status mp_replica_init(void *memory, size_t size,
                                           const struct mp_options *options,
                                           struct mp_replica **replica);

/* Apply one event and say what must follow.
 *
 * MP_OK            The effects are set, possibly to nothing but the deadline.
 * MP_BUSY          INVOKE: the window is full. PULL, TIPS, INSTALL, RECEIVE: the table of
 *                  groups is full.
 *                  INVOKE, LOAD, RECEIVE: the log outgrew its share, and nothing is left to lend.
 *                  MEMBERSHIP: also, a configuration on the branch is not committed yet (R2).
 *                  ADMIT: as MEMBERSHIP. HEARD: the table of groups is full.
 * MP_FULL          INVOKE, MEMBERSHIP, ADMIT: the own disk is full.
 * MP_STALE         INVOKE, PUSH, CONFIRM, MEMBERSHIP, ADMIT: this node does not own the group.
 *                  PULL: one is under way, or this node has no vote in the group. ADMIT: the log
 *                  names that generation already, or a later one. HEARD: the group is known. TRIM:
 *                  the log begins there already, or the point is not committed. INSTALL: as much is
 *                  committed here, or this node owns the group. Both, and REPAIRED: the own copy is
 *                  lost; neither frames nor a snapshot bring a promise back.
 * MP_NOT_READY     CONFIRM, MEMBERSHIP, ADMIT: no entry of the own ballot is committed yet (R3).
 * MP_DISJOINT      MEMBERSHIP: more than one voter would change at once (R1+).
 * MP_UNKNOWN_GROUP PUSH, INVOKE, CONFIRM, RELEASE, WRITTEN, MEMBERSHIP, ADMIT, DAMAGED, REPAIRED,
 *                  TRIM: no such group.
 * MP_CONFLICT      RECEIVE: the message contradicts what is committed here: a peer is corrupt.
 *                  TRIM: so does the point.
 * MP_MALFORMED     RECEIVE: the message breaks the protocol's form. INVOKE: a configuration, which
 *                  is for MEMBERSHIP. MEMBERSHIP: no voters, too many, or one that is no server.
 *                  ADMIT: not a voter other than this one, or a generation that has no room.
 *                  INSTALL: no such snapshot can be: its ballot is below its point's. */
MP_MUST_USE enum mp_status mp_replica_step(struct mp_replica *replica,
                                           const struct mp_event *event,
                                           struct mp_effects *effects);

enum mp_role {
    MP_FOLLOWING = 0,
    MP_PREPARING, /* Waits for promises. */
    MP_ADOPTING,  /* Fetches the best log. */
    MP_OWNING,
};

/* What a group looks like from outside. */
struct mp_group_view {
    uint64_t group;
    enum mp_role role;
    bool lost;             /* No vote: the own copy is lost, or damaged. */
    bool damaged;          /* Of these: only frames cannot be read, and they can be repaired. */
    bool unnamed;          /* No vote: no committed configuration names the own directory yet. */
    bool ready;            /* Owning, and an entry of the own ballot is committed. */
    struct mp_ballot owner;    /* Own ballot if owning, else the highest promised. */
    struct mp_ballot promised;
    struct mp_point commit;
    struct mp_point tip;
    struct mp_point trimmed; /* The stored log begins after it. */
    uint64_t verified;     /* Last index verified against `promised`'s accepts. */
    uint64_t heard;        /* The highest commit index that an owner told. */
    uint64_t voters;       /* In force at the tip; see mp/voters.h. */
    uint64_t voters_committed; /* In force at the commit point. */
    uint32_t admissions;   /* Named by the log up to the tip. */
    uint32_t admissions_committed; /* Named by it up to the commit point. */
    uint32_t in_flight;    /* Own batches pushed and not committed. */
    uint32_t window_free;  /* Batches INVOKE would still take. */
};

/* False if the group is unknown; *view is then zero. */
bool mp_replica_group(const struct mp_replica *replica, uint64_t group,
                      struct mp_group_view *view);

/* The next group after *cursor (0 at first), in no particular order; false at the end. */
bool mp_replica_next_group(const struct mp_replica *replica, uint32_t *cursor,
                           struct mp_group_view *view);

/* What an owner knows of a voter's copy: the last index it acknowledged for the own ballot. */
uint64_t mp_replica_match(const struct mp_replica *replica, uint64_t group, uint64_t voter);

/* The generation of a server that the log names up to its tip; 0 if it names none, or if there is
 * no such group or server. */
uint32_t mp_replica_generation(const struct mp_replica *replica, uint64_t group, uint64_t node);

/* The identity of the batch that holds `index`; false if it is not among those in memory. */
bool mp_replica_identity(const struct mp_replica *replica, uint64_t group, uint64_t index,
                         struct mp_identity *identity);

/* The last index of the log up to which storage holds it, and nothing older in its place: no read
 * of storage for this log may go further. 0 if the group is unknown. */
uint64_t mp_replica_stored(const struct mp_replica *replica, uint64_t group);

/* The node elected to serve, 0 if none is known; and whether that is this one. */
uint64_t mp_replica_serving(const struct mp_replica *replica);

/* Whether nothing can be committed because too many disks are full: the own one, or, as far as was
 * heard in the last T, so many that no quorum has room. */
bool mp_replica_disks_full(const struct mp_replica *replica);

/* Stop the process unless every invariant holds. For tests and the simulator: slow. */
void mp_replica_check(const struct mp_replica *replica);

/* A hash of the whole state: equal histories give equal hashes. For tests of determinism. */
uint64_t mp_replica_digest(const struct mp_replica *replica);

#endif /* MP_REPLICA_H */
