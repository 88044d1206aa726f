/* The state of a replica, private to the core. Everything lives in the one block of memory that the
 * caller gave to mp_replica_init(): the replica, its table of groups, its pool of batches. */
#ifndef MP_STATE_H
#define MP_STATE_H

#include "mp/replica.h"
#include "mp/trace.h"

#define MP_NONE UINT32_MAX
#define MP_NEVER UINT64_MAX

/* Whose votes count, and of which of their directories. */
struct mp__config {
    uint64_t voters;
    uint32_t admissions;
};

/* One batch of a log, in a doubly linked list of its group, or in the list of free ones. */
struct mp__batch {
    struct mp_identity id;
    struct mp__config config; /* In force from this batch on. */
    uint64_t write_id; /* The write that stores it; 0: stored before this process, or never. */
    uint32_t before;
    uint32_t after;
};

/* A log: everything up to `base` is committed and only in storage; the list holds the rest. */
struct mp__log {
    struct mp_point base;
    struct mp_point commit; /* base <= commit <= tip */
    struct mp_point tip;
    struct mp__config base_config; /* In force at each of the three. */
    struct mp__config commit_config;
    struct mp__config tip_config;
    uint32_t head;
    uint32_t tail;
    uint32_t count;       /* Batches in the list. */
    uint32_t uncommitted; /* Of them, those after commit. */
    /* Batches are forgotten before storage has them: the first of those, and the write that stores
     * the last. Until it is durable, storage may hold something older in their place. */
    uint64_t unstored_first;
    uint64_t unstored_write;
};

/* What a proposer heard from one voter. */
struct mp__promise {
    bool given;
    struct mp_point tip;
    uint64_t voters;     /* In force at `tip`. */
    uint32_t admissions; /* Known there. */
};

/* What an owner knows of one voter. */
struct mp__progress {
    uint64_t match;     /* Last index acknowledged for the own ballot. */
    uint64_t next;      /* First index to send. */
    uint64_t start;     /* Where `next` began: nothing before is in flight. */
    uint64_t stream;    /* Rises when `next` goes back; older refusals are ignored. */
    uint64_t resend_at; /* When to send again what was not acknowledged. */
    uint64_t patience_us;
    bool full; /* It said that its disk is: nothing is sent before the resend. */
};

/* What a voter that catches up has learned, and what was committed meanwhile. */
struct mp__pace {
    uint64_t since_us;
    uint64_t first; /* The own commit index then. */
    uint64_t bytes; /* Learned since. */
    uint64_t began; /* The highest commit index that others had then. */
    uint64_t seen;  /* The highest that they have, and since when. */
    uint64_t grown_us;
};

struct mp__group {
    uint64_t id;
    bool used;
    bool lost;    /* Promise or log are not known whole: no part in anything, for good. */
    bool damaged; /* Both are, but frames cannot be read: no vote, until they are repaired. */
    bool unnamed; /* No committed configuration names the own directory: no vote, until one does. */
    uint32_t born; /* The admissions that the log began with here. */
    bool armed;
    uint32_t armed_before, armed_after; /* The list of groups with a deadline. */
    uint64_t due;

    struct mp__log log;

    /* Acceptor and learner. */
    struct mp_ballot promised;
    struct mp_point trimmed; /* The stored log begins after it; never beyond commit. */
    uint64_t verified; /* Last index known to equal the log of the owner of `promised`. */
    uint64_t heard;    /* Highest commit index an owner told, of a ballot <= promised. */
    uint64_t last_write;

    /* Catching up: one fetch of committed entries at a time. */
    uint64_t learn_sequence; /* 0: none under way. */
    uint64_t learn_deadline;
    bool learn_waits;    /* Before it asks on: `learn_deadline` says until when. */
    uint32_t learn_from; /* Position of the voter asked last. */
    struct mp__pace pace;
    uint64_t trim_at;    /* When to give back what is committed and still in memory. */

    /* Proposer. */
    enum mp_role role;
    struct mp_ballot ballot;
    uint64_t highest_round; /* Seen in any ballot of this group. */
    uint64_t pull_deadline;  /* Of the phase it is in: first of the promises, then of the whole. */
    uint64_t adopt_deadline;
    uint64_t resend_at;
    uint64_t promise_write; /* The write that makes the own promise durable. */
    struct mp__promise promises[MP_VOTERS_MAX];
    uint32_t best; /* Position of the voter whose log is adopted. */
    struct mp_point adopted;
    uint64_t adopt_sequence;
    uint64_t adopt_from; /* First index of the fetch under way. */
    bool behind;         /* That voter trimmed it: a snapshot must come first. */

    /* Owner. */
    uint64_t own_first; /* First index of the own ballot; 0: none yet. */
    uint64_t pushed;    /* Last index that was pushed. */
    uint64_t notice_at; /* When to tell the commit index, if no accept did. */
    struct mp__progress progress[MP_VOTERS_MAX];

    /* The read barrier. */
    uint64_t confirm_round;
    uint64_t confirm_at; /* When to ask again; MP_NEVER: no round under way. */
    uint64_t confirm_acks; /* A set of voters. */
    bool confirm_wanted;   /* Somebody asked during the round: another must follow. */

    /* The read barrier of a node that does not own. */
    uint64_t tips_round;
    uint64_t tips_at; /* When to ask again; MP_NEVER: no round under way. */
    uint64_t tips_acks;
    bool tips_wanted;
    struct mp_point tips_best;
    uint64_t tips_voters; /* In force at `tips_best`. */
};

/* What a node of the election last said. */
struct mp__beat {
    uint64_t round; /* Of ours that it answered; 0: none. */
    struct mp_ballot leader;
    bool happy;
    bool able;
    bool full;
};

struct mp__election {
    uint64_t round;
    uint64_t tick_at;
    struct mp_ballot leader; /* Of the election's own number space. */
    bool happy;
    uint64_t serving;
    uint32_t unhappy_rounds; /* In a row, with a quorum heard and nobody happy in it. */
    struct mp__beat beats[MP_VOTERS_MAX];
};

struct mp_replica {
    struct mp_options options;
    uint32_t self; /* Own position among the voters, or MP_NONE. */
    uint32_t ranks[MP_VOTERS_MAX]; /* Of each voter: how many ids are below its own. */
    bool started;
    bool disk_full;
    uint64_t disk_stall_us;
    uint64_t now_us;
    uint64_t last_write;
    uint64_t durable_write;
    uint64_t last_sequence;
    uint32_t lost_count; /* Groups without a vote: see mp__mute(). */
    uint64_t lost_us;    /* Since when there are any. */
    struct mp__election election;

    uint32_t armed_head, armed_tail;
    uint64_t earliest; /* No armed group is due before this. */

    struct mp__group *groups; /* Open addressing; groups are never removed. */
    uint32_t group_slots;     /* A power of two. */
    uint32_t group_count;
    struct mp__batch *batches;
    uint32_t batch_free; /* Head of the free list. */
    uint32_t batch_free_count;
    uint32_t lent; /* Batches that groups hold beyond their shares. */
    uint64_t named_bytes; /* Of the frames of all batches in the lists. */
};

/* No honest proposer is this far ahead. A ballot that is would use up the numbers: refuse it. */
static inline bool mp__absurd(struct mp_ballot promised, struct mp_ballot ballot) {
    return ballot.round > promised.round && ballot.round - promised.round > MP_ROUND_JUMP_MAX;
}

/* Whether this node may promise nothing, vote for nothing and own nothing of the group. What is on
 * its disk is less than what it, or an earlier directory of it, said that it holds. */
static inline bool mp__mute(const struct mp__group *group) {
    return group->lost || group->damaged || group->unnamed;
}

/* The position of a node among the voters, or MP_NONE. */
uint32_t mp__voter(const struct mp_replica *replica, uint64_t node);

/* groups.c */
struct mp__group *mp__group_find(const struct mp_replica *replica, uint64_t id);
/* Find or make; NULL if the table is full. */
struct mp__group *mp__group_make(struct mp_replica *replica, uint64_t id);
/* Take back the group made last, untouched since: a refused message makes no group. */
void mp__group_unmake(struct mp_replica *replica, struct mp__group *group);
/* Recompute when the group is due, and keep it in the list of armed groups accordingly. */
void mp__group_arm(struct mp_replica *replica, struct mp__group *group);

/* log.c */
/* Which log is the better one to adopt: by the ballot of its last entry, then by its length. */
int mp__compare_tips(struct mp_point a, struct mp_point b);
void mp__log_init(struct mp__log *log, struct mp_point base, struct mp__config config);
/* The batch that starts at `first`, or MP_NONE. */
uint32_t mp__log_starts(const struct mp_replica *replica, const struct mp__log *log,
                        uint64_t first);
/* The batch that holds `index`, or MP_NONE. */
uint32_t mp__log_holds(const struct mp_replica *replica, const struct mp__log *log, uint64_t index);
/* The point at `index`, which must be base, commit, or the end of a batch; false otherwise. */
bool mp__log_point(const struct mp_replica *replica, const struct mp__log *log, uint64_t index,
                   struct mp_point *point);
/* What is in force at the batch that ends at `index`, or at base. */
struct mp__config mp__log_config(const struct mp_replica *replica, const struct mp__log *log,
                                 uint64_t index);
/* Whether an empty log may take so many batches. */
bool mp__log_fits(const struct mp_replica *replica, uint32_t count);
/* Whether the log may take one more batch. */
bool mp__log_has_room(const struct mp_replica *replica, const struct mp__log *log);
/* The same for one that an owner adds: its log must leave room in the shares of all others. */
bool mp__log_may_grow(const struct mp_replica *replica, const struct mp__log *log);
/* Forget a committed batch if the next one needs its place; returns its last index, else 0. */
uint64_t mp__log_make_room(struct mp_replica *replica, struct mp__log *log);
/* Append a batch right after the tip. There must be room. Returns its position. */
uint32_t mp__log_append(struct mp_replica *replica, struct mp__log *log,
                        const struct mp_identity *id);
/* Remove the batches from the one that starts at `first` on; all of them are uncommitted. */
void mp__log_truncate(struct mp_replica *replica, struct mp__log *log, uint64_t first);
/* Move the commit point to `index`, the end of a batch. */
void mp__log_commit(struct mp_replica *replica, struct mp__log *log, uint64_t index);
/* Forget batches committed long ago; returns the last index forgotten, 0 if none. */
uint64_t mp__log_prune(struct mp_replica *replica, struct mp__log *log);
/* The same for all that is committed. */
uint64_t mp__log_trim(struct mp_replica *replica, struct mp__log *log);
/* The last index up to which storage holds this log and nothing older. */
uint64_t mp__log_stored(const struct mp_replica *replica, const struct mp__log *log);
/* Whether more than half of what can be lent is, or the frames are too many bytes. */
bool mp__log_scarce(const struct mp_replica *replica);

/* effects.c */
struct mp_message mp__message(const struct mp__group *group, enum mp_message_kind kind,
                              struct mp_ballot ballot);
void mp__send(struct mp_effects *effects, uint64_t to, uint64_t after_write,
              const struct mp_message *message, uint64_t batch_first);
/* Ask for a write of the hard state with `tip`, and of what the last two arguments name. */
void mp__write(struct mp_replica *replica, struct mp__group *group, struct mp_effects *effects,
               struct mp_point tip, uint64_t truncate_from, uint32_t batch);
void mp__outcome(struct mp_effects *effects, const struct mp_outcome *outcome);
void mp__trace(const struct mp_replica *replica, enum mp_trace_kind kind,
               const struct mp__group *group, struct mp_ballot ballot, struct mp_ballot by,
               struct mp_point point, uint64_t peer);

/* acceptor.c */
enum mp_status mp__acceptor_prepare(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects);
enum mp_status mp__acceptor_accept(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   const struct mp_batch *batch, struct mp_effects *effects);
enum mp_status mp__acceptor_commit(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   struct mp_effects *effects);
enum mp_status mp__acceptor_confirm(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects);
enum mp_status mp__acceptor_fetch(struct mp_replica *replica, struct mp__group *group,
                                  uint64_t from, const struct mp_message *message,
                                  struct mp_effects *effects);
/* Whether a batch may follow `before` in the log, without changing anything. *known if it is there
 * already. MP_OK, MP_BUSY, MP_CONFLICT. */
enum mp_status mp__acceptor_admits(const struct mp_replica *replica, const struct mp__group *group,
                                   const struct mp_batch *batch, struct mp_point before,
                                   bool *known);
/* Take an admitted batch that was not known: truncate what differs, append, write. */
void mp__acceptor_take(struct mp_replica *replica, struct mp__group *group,
                       const struct mp_batch *batch, struct mp_effects *effects);
/* Adopt `ballot` as the highest promised; the caller writes it. Deposes the own proposer. */
void mp__acceptor_raise(struct mp_replica *replica, struct mp__group *group,
                        struct mp_ballot ballot, struct mp_effects *effects);
/* Acknowledge what is verified to the owner of `promised`, once it is durable. */
void mp__acceptor_acknowledge(const struct mp_replica *replica, const struct mp__group *group,
                              uint8_t outcome, uint64_t stream, struct mp_effects *effects);

/* pace.c */
void mp__pace_begin(const struct mp_replica *replica, struct mp__group *group);
/* Whether a voter that catches up may ask on now; others have committed through `commit`. */
bool mp__pace_allows(const struct mp_replica *replica, struct mp__group *group, uint64_t commit);
/* When it may at the latest. */
uint64_t mp__pace_resume_us(const struct mp_replica *replica, const struct mp__group *group);

/* learner.c */
/* Commit what is both heard and verified. */
void mp__learner_advance(struct mp_replica *replica, struct mp__group *group,
                         struct mp_effects *effects);
/* Move the commit point to `through` and say so in the effects. */
void mp__learner_commit(struct mp_replica *replica, struct mp__group *group, uint64_t through,
                        struct mp_effects *effects);
/* Begin to fetch committed entries, or go on, unless a fetch is under way. */
void mp__learner_fetch(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                       struct mp_effects *effects);
enum mp_status mp__learner_frame(struct mp_replica *replica, struct mp__group *group,
                                 const struct mp_message *message, const struct mp_batch *batch,
                                 struct mp_effects *effects);
enum mp_status mp__learner_fetched(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   struct mp_effects *effects);
void mp__learner_timeout(struct mp_replica *replica, struct mp__group *group,
                         struct mp_effects *effects);
/* Make room for the batch that this step appends. */
void mp__learner_make_room(struct mp_replica *replica, struct mp__group *group,
                           struct mp_effects *effects);
/* Give back the batches of a group that went quiet while memory was scarce. */
void mp__learner_trim(struct mp_replica *replica, struct mp__group *group,
                      struct mp_effects *effects);

/* Say that `from` no longer has the entries that this log needs next. */
void mp__learner_behind(const struct mp__group *group, uint64_t from, struct mp_point trimmed,
                        struct mp_effects *effects);

/* snapshots.c */
enum mp_status mp__snapshots_trim(struct mp_replica *replica, struct mp__group *group,
                                  struct mp_point point, struct mp_effects *effects);
enum mp_status mp__snapshots_install(struct mp_replica *replica, struct mp__group *group,
                                     const struct mp_event *event, struct mp_effects *effects);

/* proposer.c */
/* A snapshot moved the own log: what was promised and adopted so far is counted anew. */
void mp__proposer_installed(struct mp_replica *replica, struct mp__group *group,
                            struct mp_effects *effects);
enum mp_status mp__proposer_pull(struct mp_replica *replica, struct mp__group *group,
                                 uint64_t deadline_us, struct mp_effects *effects);
enum mp_status mp__proposer_promise(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects);
enum mp_status mp__proposer_frame(struct mp_replica *replica, struct mp__group *group,
                                  uint64_t from, const struct mp_message *message,
                                  const struct mp_batch *batch, struct mp_effects *effects);
enum mp_status mp__proposer_fetched(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects);
/* The own promise may have become durable. */
void mp__proposer_written(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects);
void mp__proposer_timeout(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects);
/* A voter refused the own ballot because of `by`. MP_OK, MP_MALFORMED. */
enum mp_status mp__proposer_refused(struct mp_replica *replica, struct mp__group *group,
                                    struct mp_ballot by, struct mp_effects *effects);
/* Stop proposing because `by` is promised somewhere; forgets what was invoked and not pushed. */
void mp__proposer_depose(struct mp_replica *replica, struct mp__group *group, struct mp_ballot by,
                         struct mp_effects *effects);

/* The own log is damaged: give up the own ballot. Others may still commit what was pushed. */
void mp__proposer_abandon(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects);

/* admission.c */
/* The generation that the admissions give to the voter at a position. */
uint32_t mp__admission_of(const struct mp_replica *replica, uint32_t admissions, uint32_t voter);
/* Of each server the higher one. */
uint32_t mp__admission_merge(const struct mp_replica *replica, uint32_t a, uint32_t b);
/* What is in force behind a configuration, 0 standing for what stays as it is. */
struct mp__config mp__admission_next(struct mp__config config, uint64_t voters,
                                     uint32_t admissions);
/* Whether a configuration may follow another. */
bool mp__admission_follows(const struct mp_replica *replica, struct mp__config from,
                           struct mp__config to);
/* Whether this node has a vote in logs that it has never heard of. */
bool mp__admission_begins(const struct mp_replica *replica);
/* Fill in the ranks. */
void mp__admission_rank(struct mp_replica *replica);
/* What this node tells with its tip, and what it is judged by. */
uint32_t mp__admission_known(const struct mp_replica *replica, const struct mp__group *group);
/* Whether the log up to its tip belongs to a later directory of this node than the own one. */
bool mp__admission_superseded(const struct mp_replica *replica, const struct mp__group *group);
/* Look again whether the own directory is named: the commit point has moved. */
void mp__admission_update(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects);
enum mp_status mp__admission_standing(struct mp_replica *replica, const struct mp_event *event);
enum mp_status mp__admission_heard(struct mp_replica *replica, const struct mp_event *event,
                                   struct mp_effects *effects);

/* damage.c */
/* The group has or has not got a vote since it was last counted. */
void mp__mute_count(struct mp_replica *replica, const struct mp__group *group, bool was_mute);
void mp__damage_found(struct mp_replica *replica, struct mp__group *group,
                      struct mp_effects *effects);
/* What a group without a vote takes of a PREPARE: that more is committed than it knows. */
void mp__damage_listen(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                       const struct mp_message *message, struct mp_effects *effects);
/* And of an owner's ACCEPT or COMMIT. */
void mp__damage_learn(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                      const struct mp_message *message, struct mp_effects *effects);
/* MP_OK, MP_STALE. */
enum mp_status mp__damage_repaired(struct mp_replica *replica, struct mp__group *group);

/* owner.c */
void mp__owner_begin(struct mp_replica *replica, struct mp__group *group,
                     struct mp_effects *effects);
uint32_t mp__owner_window(const struct mp_replica *replica, const struct mp__group *group,
                          uint32_t *in_flight);
/* Whether this node owns the group and an entry of its own ballot is committed. */
bool mp__owner_ready(const struct mp__group *group);
enum mp_status mp__owner_invoke(struct mp_replica *replica, struct mp__group *group,
                                struct mp_batch_builder *builder, struct mp_effects *effects);
enum mp_status mp__owner_reconfigure(struct mp_replica *replica, struct mp__group *group,
                                     struct mp_batch_builder *builder, uint64_t voters,
                                     struct mp_effects *effects);
enum mp_status mp__owner_admit(struct mp_replica *replica, struct mp__group *group,
                               const struct mp_event *event, struct mp_effects *effects);
enum mp_status mp__owner_push(struct mp_replica *replica, struct mp__group *group,
                              struct mp_effects *effects);
enum mp_status mp__owner_accepted(struct mp_replica *replica, struct mp__group *group,
                                  uint64_t from, const struct mp_message *message,
                                  struct mp_effects *effects);
/* Forget what was invoked and not pushed: it never left this process. */
void mp__owner_retract(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects);
void mp__owner_written(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects);
void mp__owner_timeout(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects);
/* A voter can be reached again: send it at once what it lacks, in every group owned here. */
void mp__owner_reachable(struct mp_replica *replica, uint32_t voter);
uint64_t mp__owner_due(const struct mp_replica *replica, const struct mp__group *group);

/* reads.c */
enum mp_status mp__reads_confirm(struct mp_replica *replica, struct mp__group *group,
                                 struct mp_effects *effects);
enum mp_status mp__reads_confirmed(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   struct mp_effects *effects);
void mp__reads_timeout(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects);

/* tips.c */
enum mp_status mp__tips_begin(struct mp_replica *replica, struct mp__group *group,
                              struct mp_effects *effects);
enum mp_status mp__tips_asked(const struct mp_replica *replica, const struct mp__group *group,
                              uint64_t from, const struct mp_message *message,
                              struct mp_effects *effects);
enum mp_status mp__tips_told(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                             const struct mp_message *message, struct mp_effects *effects);
void mp__tips_timeout(struct mp_replica *replica, struct mp__group *group,
                      struct mp_effects *effects);

/* election.c */
void mp__election_start(struct mp_replica *replica, struct mp_effects *effects);
void mp__election_tick(struct mp_replica *replica, struct mp_effects *effects);
enum mp_status mp__election_beat(struct mp_replica *replica, uint64_t from,
                                 const struct mp_message *message, struct mp_effects *effects);
enum mp_status mp__election_beaten(struct mp_replica *replica, uint64_t from,
                                   const struct mp_message *message, struct mp_effects *effects);
void mp__election_peer(struct mp_replica *replica, uint32_t voter, bool reachable);

#endif /* MP_STATE_H */
