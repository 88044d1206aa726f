/* The node: everything one loop thread owns, and the functions that its files share.
 *
 * One rule keeps the files apart: the core is stepped from the wake-up and from received messages
 * only, never from within the effects of another step; what an effect causes is noted (an object
 * marked dirty, a message queued) and done later in the same wake-up. */
#ifndef MP_UV_NODE_H
#define MP_UV_NODE_H

#include "assert.h"
#include "bytes.h"
#include "conn.h"
#include "inbox.h"
#include "objects.h"
#include "peers.h"
#include "storage.h"
#include "trace_file.h"
#include "wire.h"

#define MP_REPLIES_MAX 1024u
#define MP_HELD_MAX 131072u /* Answers that wait for a write: half of them for clients. */
#define MP_ASKED_MAX 1024u
#define MP_READ_JOBS_MAX 4u
#define MP_READ_QUEUE_MAX 256u
#define MP_DAMAGES_MAX 256u
#define MP_FOUND_MAX 64u /* Damages that one read reports. */
#define MP_NODE_BUCKETS 1024u
#define MP_SCRATCH_SIZE (256u * 1024u)

/* A message that waits for its write. */
struct mp_held {
    struct mp_held *next;
    uint64_t after_write;
    uint32_t slot;
    uint32_t generation;
    struct mp_out *out;
};

/* A fetch or an admin request of this node that another answers. */
struct mp_asked {
    bool used;
    bool admin;
    bool for_apply; /* A fetch of frames to apply, not of the caller's. */
    bool snapshot;  /* A question of the transfer of the group's snapshot. */
    bool lent;      /* A question of the process about a snapshot. */
    uint32_t generation;
    uint32_t slot; /* Of the connection it went out on. */
    uint32_t conn_generation;
    uint64_t token;
    uint64_t group;
    uint64_t from;
    uint64_t size; /* Lent: of the snapshot whose chunks are asked for, 0 for what it is. */
    uint64_t next; /* Lent: the next chunk to come, up to the one before `end`. */
    uint64_t end;
    uint64_t deadline_us;
};

/* What a read found damaged. */
struct mp_damages_found {
    struct mp_lmdb_damage list[MP_FOUND_MAX];
    struct mp_lmdb_error errors[MP_FOUND_MAX];
    uint32_t count;
    bool more; /* It stopped because the list is full. */
};

/* Something that is damaged on this disk, and what is done about it. */
struct mp_damage {
    bool used;
    bool asked;   /* A peer. */
    bool storing; /* The storage thread has it. */
    bool told;    /* The log says that nobody has it. */
    uint32_t generation;
    uint32_t peer;   /* Position of the one to ask next, or that is being asked. */
    uint32_t rounds; /* Of asking everybody in vain. */
    uint32_t gone;   /* Peers that said in this round that they do not have it. */
    uint64_t due_us; /* When to ask, or to ask the next one. */
    struct mp_lmdb_damage what;
};

/* A read of the storage, done on a thread of libuv's pool: of frames, of chunks to be served, of a
 * whole snapshot to be restored, or of anything to see whether it is damaged. */
enum mp_read_purpose {
    MP_READ_APPLY = 1,
    MP_READ_SERVE,
    MP_READ_FETCH,
    MP_READ_GIVE,   /* One batch that a peer wants, named by `wanted`. */
    MP_READ_VERIFY, /* The log of one group. */
    MP_READ_SCRUB,  /* The logs of all groups, a bit at a time. */
    MP_READ_CHUNKS,
    MP_READ_SNAPSHOT,
    MP_READ_SPOOL,  /* No read: chunks that came go into the spool. */
};

struct mp_read_job {
    uv_work_t work;
    struct mp_read_job *next;
    struct mp_uv_node *owner;
    enum mp_read_purpose purpose;
    uint64_t group;
    uint64_t from;
    uint64_t through;
    uint64_t bytes;
    uint64_t token;
    uint64_t commit;
    uint32_t slot; /* SERVE: to whom. */
    uint32_t generation;
    struct mp_message frame_message;
    struct mp_message fetched_message;
    struct mp_lmdb_damage wanted;
    struct mp_lmdb_place place;   /* SCRUB: from where, and then where to go on. */
    struct mp_damages_found *found;
    struct mp_frame *frames; /* Found, in order. */
    struct mp_frame *last;
    uint64_t found_bytes;
    struct mp_lmdb_snapshot snapshot; /* CHUNKS, SNAPSHOT: whose chunks from `from` on. */
    struct mp_uv_spool *spool;        /* SNAPSHOT: for all of them; SPOOL: with those so far. */
    uint8_t *chunks;                  /* SPOOL: to be appended, `bytes` of them. */
    bool completes;                   /* SPOOL: they are the last. */
    bool crowded;                     /* SNAPSHOT: no room for the file of the spool. */
    enum mp_status spooled;           /* SNAPSHOT: what became of the chunk read last. */
    enum mp_status status;
    struct mp_lmdb_error error;
};

/* A fetch that waits for news: of a peer (`serve`), or of this process (`request`). */
struct mp_watch {
    struct mp_watch *next;
    uint64_t deadline_us;
    struct mp_serve serve; /* `to` 0: none. */
    struct mp_request request;
};

/* Something found before there was anybody to tell. */
struct mp_note {
    struct mp_note *next;
    struct mp_lmdb_error error;
};

/* A reason for which connections were refused here, as a hash, and when the log said so. */
struct mp_refusal_said {
    uint64_t reason;
    uint64_t at_us;
};
enum { MP_REFUSALS_MAX = 32 };

struct mp_uv_node {
    struct mp_uv_callbacks callbacks;
    void *context;
    struct mp_uv_options options;
    char *spool_directory;
    uint64_t id;
    uint64_t incarnation;
    uint64_t voters_hash;
    bool server;
    uint64_t random; /* State of the jitter's generator. */

    uv_loop_t loop;
    uv_thread_t thread;
    atomic_bool thread_known;
    uv_async_t wakeup;
    uv_async_t storage_done;
    uv_prepare_t prepare;
    uv_check_t check;
    uv_timer_t timer;
    uv_tcp_t listener;
    bool listening;
    bool loop_ready;
    bool inbox_ready;

    struct mp_replica *replica;
    void *replica_memory;
    struct mp_effects effects;
    uint64_t core_due_us;
    uint64_t tick_us; /* When the last one was. */
    uint64_t timer_at_us;
    uint64_t now_us;

    struct mp_inbox inbox;
    struct mp_storage storage;
    struct mp_lmdb *env;
    struct mp_frames frames;
    struct mp_drafts drafts;
    struct mp_objects objects;

    struct mp_conn **conns;
    uint32_t conn_capacity;
    uint32_t conn_count;
    uint32_t conn_generation;
    struct mp_conn *by_node[MP_NODE_BUCKETS];
    struct mp_conn *dirty_conns;
    struct mp_out *free_outs;
    uint8_t *scratch;

    struct mp_peer peers[MP_VOTERS_MAX];
    uint32_t peer_count;
    uint64_t serving;
    bool rerouted;
    bool pull_at_once; /* This node was just elected: earlier failures say nothing. */

    struct mp_held *held_head;
    struct mp_held *held_tail;
    struct mp_held *free_held;
    uint32_t held_count;

    /* Drafts sent to other nodes, by record. */
    struct mp_draft **sent;
    uint32_t *sent_generations;
    uint32_t *sent_free;
    uint32_t sent_capacity;
    uint32_t sent_free_count;

    struct mp_asked asked[MP_ASKED_MAX];
    uint32_t asked_count;
    struct mp_read_job *reads_head;
    struct mp_read_job *reads_tail;
    uint32_t reads_queued;
    uint32_t reads_running;
    uint32_t watch_count;

    struct mp_uv_reply replies[MP_REPLIES_MAX];
    uint32_t reply_count;
    uint8_t *read_results; /* Records of the reads of one draft. */
    size_t read_results_capacity;

    struct mp_damage damages[MP_DAMAGES_MAX];
    uint32_t damage_count;
    bool repair_wanted; /* Something changed: look before this wake-up ends. */
    struct mp_lmdb_place scrub_place;
    uint64_t scrub_us;       /* Until when it was paid for. */
    uint64_t scrub_round_us; /* When the round began. */
    bool scrubbing;
    uint64_t offered_bytes; /* Of a client, see offers.c. */

    char taken_text[MP_REASON_SIZE]; /* Most others say that the id is taken: why it stops. */
    struct mp_refusal_said refusals[MP_REFUSALS_MAX];
    uint64_t opened_us;
    bool met; /* Another server accepted this node, since it started. */

    bool admitted; /* This server takes part; see admission.c. */
    struct mp_lmdb_standing standing;
    uint32_t generation;  /* What the core was told. */
    uint64_t heard_write; /* The last one that notes a log which is older than the directory. */
    bool naming;          /* Some log may not name a directory yet that it should; see naming.c. */
    bool naming_told;
    uint64_t naming_us;   /* Since when. */
    bool storage_signalled;
    bool disk_full;
    uint64_t room_us; /* When a full disk may have the next snapshot taken. */
    bool disk_stalled;
    uint64_t disk_stall_us;
    uint64_t durable_sent; /* Storage sequence last told to the peers. */
    uint64_t durable_sent_us;
    struct mp_note *notes;
    struct mp_trace_file trace;
    bool stopping;
    bool fatal;
    bool disk_failed;
    bool started;
    struct mp_uv_stats stats;
};

/* node.c */
uint64_t mp_uv__clock_us(void);
uint64_t mp_uv__random(struct mp_uv_node *node);
void mp_uv__log(struct mp_uv_node *node, enum mp_uv_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* admission.c */
void mp_uv__admission_load(struct mp_uv_node *node, struct mp_lmdb_standing standing);
void mp_uv__admission_check(struct mp_uv_node *node);
void mp_uv__admission_known(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__admission_lost(struct mp_uv_node *node, const struct mp_peer *peer,
                           const struct mp_message *message);
void mp_uv__admission_approved(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__admission_answer(struct mp_uv_node *node);
/* Tell the other side which directories were approved: a client of the own one. */
void mp_uv__admission_spread(struct mp_uv_node *node, struct mp_conn *conn);
/* How many servers approve of the own directory. */
uint32_t mp_uv__admission_approvals(const struct mp_uv_node *node);

/* naming.c: letting the logs name the directories that were approved. */
void mp_uv__naming_begin(struct mp_uv_node *node);
void mp_uv__naming_tick(struct mp_uv_node *node);
/* Invoke what is missing in a log that this node owns; true if it did. */
bool mp_uv__naming_attend(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_group_view *view);

/* open.c: what must work before the threads start, and its undoing. */
MP_MUST_USE enum mp_status mp_uv__node_open(struct mp_uv_node *node, struct mp_lmdb_error *error);
void mp_uv__node_free(struct mp_uv_node *node);
void mp_uv__node_begin(struct mp_uv_node *node);
void mp_uv__close_loop(struct mp_uv_node *node);

/* close.c */
void mp_uv__node_stop(struct mp_uv_node *node);
void mp_uv__node_fatal(struct mp_uv_node *node, enum mp_status status, const char *text);

/* loop.c */
void mp_uv__on_wakeup(uv_async_t *async);
void mp_uv__on_storage(uv_async_t *async);
void mp_uv__on_prepare(uv_prepare_t *prepare);
void mp_uv__on_check(uv_check_t *check);
void mp_uv__on_timer(uv_timer_t *timer);

/* effects.c: step the core and carry out what it asks for. The frame is the sealed one of an
 * invocation; a received batch is copied if the core keeps it. */
enum mp_status mp_uv__step(struct mp_uv_node *node, const struct mp_event *event,
                           struct mp_frame *frame);
void mp_uv__held_release(struct mp_uv_node *node);
void mp_uv__held_free(struct mp_uv_node *node);

/* outcomes.c */
void mp_uv__outcome(struct mp_uv_node *node, const struct mp_outcome *outcome);

/* tick.c: what happens by time alone. */
void mp_uv__tick(struct mp_uv_node *node);
uint64_t mp_uv__tick_due_us(const struct mp_uv_node *node);

/* disk.c */
void mp_uv__disk_check(struct mp_uv_node *node);
void mp_uv__disk_announce(struct mp_uv_node *node);

/* listener.c */
int mp_uv__listen(struct mp_uv_node *node);

/* receive.c, hello.c */
void mp_uv__receive(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__hello_send(struct mp_conn *conn);
void mp_uv__hello_receive(struct mp_conn *conn, const struct mp_message *message);
/* The other side has said more than its HELLO: it did not refuse this node. */
void mp_uv__hello_accepted(struct mp_conn *conn);
void mp_uv__refused_receive(struct mp_conn *conn, const struct mp_message *message);
uint64_t mp_uv__voters_hash(const struct mp_uv_options *options);

/* calls.c: gather calls, and answer them. */
void mp_uv__calls_take(struct mp_uv_node *node, struct mp_object *object, struct mp_origin origin,
                       bool read, bool relayed, const uint8_t *block, uint32_t size);
void mp_uv__calls_refuse(struct mp_uv_node *node, struct mp_origin origin, uint32_t outcome);
struct mp_draft *mp_uv__waiting_pop(struct mp_uv_node *node, struct mp_draft_list *list);
void mp_uv__waiting_push(struct mp_uv_node *node, struct mp_draft_list *list,
                         struct mp_draft *draft);
void mp_uv__waiting_fail(struct mp_uv_node *node, struct mp_draft_list *list, uint32_t outcome);
void mp_uv__draft_discard(struct mp_uv_node *node, struct mp_draft *draft);

/* answers.c */
void mp_uv__answer(struct mp_uv_node *node, uint32_t slot, uint32_t generation, uint64_t tag,
                   uint64_t index, uint32_t outcome, const uint8_t *payload, uint32_t size);
void mp_uv__answer_all(struct mp_uv_node *node, struct mp_draft *draft, uint64_t index,
                       uint64_t stride, const struct mp_uv_results *results);
void mp_uv__answer_outcome(struct mp_uv_node *node, struct mp_draft *draft, uint32_t outcome);
bool mp_uv__draft_waited_for(const struct mp_uv_node *node, const struct mp_draft *draft);
void mp_uv__replies_flush(struct mp_uv_node *node);

/* attend.c: what an object needs now. */
void mp_uv__attend(struct mp_uv_node *node, struct mp_object *object);
bool mp_uv__waiting(const struct mp_object *object);

/* pull.c: taking an object for the calls that wait for it. */
void mp_uv__pull_consider(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_group_view *view);
void mp_uv__pull_failed(struct mp_uv_node *node, struct mp_object *object);

/* reads.c: linearizable reads at the owner. */
void mp_uv__reads_confirm(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_group_view *view);
void mp_uv__reads_ask_tips(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__reads_tick(struct mp_uv_node *node, struct mp_object *object, bool owns);
void mp_uv__reads_answer(struct mp_uv_node *node, struct mp_object *object);

/* route.c: calls that another node serves. */
void mp_uv__forward(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__reply_receive(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__sent_lost(struct mp_uv_node *node, const struct mp_conn *conn);
void mp_uv__sent_tick(struct mp_uv_node *node);
void mp_uv__sent_hurry(struct mp_uv_node *node, uint64_t before);
void mp_uv__sent_free(struct mp_uv_node *node);
void mp_uv__serving_set(struct mp_uv_node *node, uint64_t serving);
void mp_uv__serving_heard(struct mp_conn *conn);

/* apply.c */
void mp_uv__apply(struct mp_uv_node *node);
bool mp_uv__apply_batch(struct mp_uv_node *node, struct mp_object *object,
                        const struct mp_batch *batch);
void mp_uv__flights_expire(struct mp_uv_node *node, struct mp_object *object);

/* proposals.c: explicit pull and push. */
void mp_uv__propose_pull(struct mp_uv_node *node, const struct mp_request *request);
void mp_uv__propose_push(struct mp_uv_node *node, const struct mp_request *request,
                         const uint8_t *block);
void mp_uv__proposal_outcome(struct mp_uv_node *node, struct mp_object *object,
                             const struct mp_outcome *outcome);
void mp_uv__proposal_attend(struct mp_uv_node *node, struct mp_object *object);
/* Whether a pull has adopted the log, and whoever asked for it has not been shown it yet. */
bool mp_uv__proposal_adopts(const struct mp_object *object);
void mp_uv__proposal_sealed(struct mp_object *object, uint64_t last);
void mp_uv__proposal_refused(struct mp_uv_node *node, struct mp_object *object,
                             enum mp_status status);
/* The state that a pull needs does not fit into the memory of this node. */
void mp_uv__proposal_too_large(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__proposal_stop(struct mp_uv_node *node, struct mp_object *object);

/* fetch.c: stored frames, for those who ask and for ourselves. */
void mp_uv__serve(struct mp_uv_node *node, uint64_t group, const struct mp_serve *serve);
void mp_uv__fetch(struct mp_uv_node *node, const struct mp_request *request);
void mp_uv__fetch_refuse(struct mp_uv_node *node, const struct mp_request *request,
                         enum mp_status status);
void mp_uv__fetch_for_apply(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__fetch_receive(struct mp_conn *conn, const struct mp_message *message,
                          const struct mp_batch *batch);

/* watch.c: fetches of what is not committed yet. */
/* Keep a peer's fetch, or one of this process, until there is news. False: answer it at once. */
bool mp_uv__watch(struct mp_uv_node *node, struct mp_object *object,
                  const struct mp_serve *serve, const struct mp_request *request);
/* Answer those that have news, and those that waited long enough. */
void mp_uv__watches_answer(struct mp_uv_node *node, struct mp_object *object);
/* The node stops: nobody is told but this process. */
void mp_uv__watches_stop(struct mp_uv_node *node, struct mp_object *object);

/* repair.c: what is damaged on this disk, until it is not any more. */
void mp_uv__repair(struct mp_uv_node *node);
void mp_uv__repair_suspect(struct mp_uv_node *node, struct mp_object *object, uint64_t from);
void mp_uv__repair_found(struct mp_uv_node *node, const struct mp_damages_found *found);
void mp_uv__repair_verified(struct mp_uv_node *node, const struct mp_read_job *job);
void mp_uv__repair_dropped(struct mp_uv_node *node, struct mp_object *object, uint64_t from);

/* ask.c: asking peers for a damaged batch, and answering those that ask. */
void mp_uv__want(struct mp_uv_node *node, struct mp_damage *damage);
void mp_uv__want_receive(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__give_receive(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__give_read(struct mp_uv_node *node, const struct mp_read_job *job);
/* Have the storage thread store the frame, or mend records of the group if there is none. */
void mp_uv__mend(struct mp_uv_node *node, struct mp_damage *damage, struct mp_frame *frame);

/* scrub.c: verifying all that is stored, slowly. */
void mp_uv__scrub(struct mp_uv_node *node);
void mp_uv__scrub_done(struct mp_uv_node *node, const struct mp_read_job *job);

/* snapshots.c: making snapshots of what is applied here, and restoring them. */
void mp_uv__snapshots_begin(struct mp_uv_node *node);
void mp_uv__snapshots_stored(struct mp_uv_node *node);
void mp_uv__snapshot_consider(struct mp_uv_node *node, struct mp_object *object,
                              const struct mp_batch *batch);
/* Copy and encode the state as it is. False if the object is not applied here. */
bool mp_uv__snapshot_begin(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__snapshot_made(struct mp_uv_node *node, const struct mp_request *request);
/* A snapshot of the own log is durable: trim behind the one before. */
void mp_uv__snapshot_kept(struct mp_uv_node *node, struct mp_object *object,
                          const struct mp_lmdb_snapshot *snapshot);
void mp_uv__snapshot_read(struct mp_uv_node *node, struct mp_read_job *job);
/* Use the own snapshot if it holds entry `wanted` and the state does not. */
bool mp_uv__snapshot_use(struct mp_uv_node *node, struct mp_object *object, uint64_t wanted);
/* Entries through `wanted` are applied but damaged on this disk: let the own snapshot stand for
 * them, or one that is made now, if it can be. */
void mp_uv__snapshot_stand_in(struct mp_uv_node *node, struct mp_object *object,
                              uint64_t wanted);
/* A chunk or the record of the snapshot at `index` is damaged. */
void mp_uv__snapshot_damaged(struct mp_uv_node *node, struct mp_object *object, uint64_t index);
void mp_uv__snapshot_tick(struct mp_uv_node *node, struct mp_object *object);
/* While the disk is full: snapshots before their time, and logs trimmed to the newest. */
void mp_uv__snapshots_make_room(struct mp_uv_node *node);
void mp_uv__snapshot_restored(struct mp_uv_node *node, const struct mp_request *request);
/* A snapshot of another node is whole: on the disk of a server, or in the client's spool, which
 * becomes the callee's. */
void mp_uv__snapshot_arrived(struct mp_uv_node *node, struct mp_object *object,
                             const struct mp_lmdb_snapshot *snapshot, struct mp_uv_spool *spool);

/* transfer.c: getting a snapshot from another server. Begin only notes what is
 * wanted: the asking is done when the object is attended to. */
void mp_uv__transfer_begin(struct mp_uv_node *node, struct mp_object *object, uint64_t wanted);
void mp_uv__transfer_attend(struct mp_uv_node *node, struct mp_object *object);
/* A question was not answered. */
void mp_uv__transfer_unanswered(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__transfer_stored(struct mp_uv_node *node, struct mp_object *object,
                            const struct mp_snapshot_work *work);
void mp_uv__transfer_spooled(struct mp_uv_node *node, struct mp_read_job *job);
void mp_uv__transfer_free(struct mp_object *object);
/* snapshot_fetch.c. For the process; an answer is true if it was to a question of the process. */
void mp_uv__snapshot_fetch(struct mp_uv_node *node, const struct mp_request *request);
bool mp_uv__manifest_lent(struct mp_conn *conn, const struct mp_message *message);
bool mp_uv__chunk_lent(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__manifest_receive(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__chunk_receive(struct mp_conn *conn, const struct mp_message *message);

/* serve_snapshot.c: giving one. */
void mp_uv__snapshot_asked(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__chunks_read(struct mp_uv_node *node, const struct mp_read_job *job);
void mp_uv__snapshot_refuse(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__manifest_send(struct mp_conn *conn, const struct mp_message *message,
                          const struct mp_lmdb_snapshot *snapshot);
void mp_uv__chunk_send(struct mp_conn *conn, const struct mp_message *message, uint64_t number,
                       struct mp_frame *frame);

/* uploads.c: getting one from the application that has the object. */
void mp_uv__upload_begin(struct mp_uv_node *node, struct mp_object *object);

/* offers.c: the application's part of it. */
void mp_uv__offer_asked(struct mp_conn *conn, struct mp_object *object,
                        const struct mp_message *message);
/* The spool becomes the callee's. */
void mp_uv__offer_made(struct mp_uv_node *node, struct mp_object *object,
                       const struct mp_lmdb_snapshot *snapshot, struct mp_uv_spool *spool);
void mp_uv__offer_tick(struct mp_uv_node *node, struct mp_object *object);
void mp_uv__offer_free(struct mp_uv_node *node, struct mp_object *object);

/* jobs.c: reads of the storage on libuv's pool. */
struct mp_read_job *mp_uv__job_new(struct mp_uv_node *node, enum mp_read_purpose purpose,
                                   uint64_t group, uint64_t from, uint64_t through,
                                   uint64_t bytes);
bool mp_uv__job_start(struct mp_read_job *job);
void mp_uv__jobs_stop(struct mp_uv_node *node);
void mp_uv__job_done(struct mp_read_job *job); /* In fetch.c. */

/* asked.c: the table of requests that other nodes answer; admin requests. */
struct mp_asked *mp_uv__asked_new(struct mp_uv_node *node, const struct mp_conn *conn,
                                  uint64_t *sequence);
struct mp_asked *mp_uv__asked_find(struct mp_uv_node *node, const struct mp_conn *conn,
                                   uint64_t sequence);
void mp_uv__asked_over(struct mp_uv_node *node, struct mp_asked *asked, enum mp_status status,
                       uint64_t last, uint64_t commit);
void mp_uv__asked_tick(struct mp_uv_node *node);
void mp_uv__asked_lost(struct mp_uv_node *node, const struct mp_conn *conn);
void mp_uv__admin(struct mp_uv_node *node, const struct mp_request *request,
                  const uint8_t *payload);
void mp_uv__admin_receive(struct mp_conn *conn, const struct mp_message *message);
void mp_uv__admin_reply_receive(struct mp_conn *conn, const struct mp_message *message);

#endif /* MP_UV_NODE_H */
