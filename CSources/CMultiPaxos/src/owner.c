/* The owner: invoke appends batches of the own ballot to the log, push sends them, and a quorum of
 * acknowledgements commits them. */
#include "assert.h"
#include "state.h"

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t commit_notice_us(const struct mp_replica *replica) {
    return replica->options.timeout_us / 20;
}

void mp__owner_begin(struct mp_replica *replica, struct mp__group *group,
                     struct mp_effects *effects) {
    group->role = MP_OWNING;
    group->pull_deadline = MP_NEVER;
    group->resend_at = MP_NEVER;
    group->own_first = 0;
    group->pushed = group->log.tip.index;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        group->progress[i] = (struct mp__progress){
            .next = group->log.commit.index + 1,
            .start = group->log.commit.index + 1,
            .stream = 1,
            .resend_at = MP_NEVER,
            .patience_us = replica->options.timeout_us / 4,
        };
    }
    struct mp_outcome outcome = {
        .kind = MP_PULLED,
        .group = group->id,
        .ballot = group->ballot,
        .point = group->log.tip,
        .node = replica->options.node,
    };
    mp__outcome(effects, &outcome);
    mp__trace(replica, MP_TRACE_PULLED, group, group->ballot, group->ballot, group->log.tip, 0);
}

/* While inherited batches are not committed only the barrier may join them: a chain of failing
 * owners then adds one batch each, and the uncommitted part of a log stays short. */
uint32_t mp__owner_window(const struct mp_replica *replica, const struct mp__group *group,
                          uint32_t *in_flight) {
    *in_flight = 0;
    if (group->role != MP_OWNING) return 0;
    uint32_t inherited = 0;
    for (uint32_t at = group->log.tail; at != MP_NONE; at = replica->batches[at].before) {
        const struct mp_identity *id = &replica->batches[at].id;
        if (id->last <= group->log.commit.index) break;
        if (mp_ballot_equal(id->ballot, group->ballot)) *in_flight += 1;
        inherited += !mp_ballot_equal(id->ballot, group->ballot);
    }
    uint32_t window = inherited > 0 ? 1 : replica->options.window;
    if (!mp__log_may_grow(replica, &group->log)) return 0;
    return *in_flight < window ? window - *in_flight : 0;
}

bool mp__owner_ready(const struct mp__group *group) {
    return group->role == MP_OWNING && group->own_first != 0 &&
           group->log.commit.index >= group->own_first;
}

static void append_own(struct mp_replica *replica, struct mp__group *group,
                       struct mp_batch_builder *builder, struct mp_effects *effects) {
    struct mp_batch batch;
    mp_batch_seal(builder, group->id, group->log.tip.index + 1, group->ballot,
                  group->log.tip.checksum, &batch);
    struct mp_identity id = mp_batch_identity(&batch);
    mp__learner_make_room(replica, group, effects);
    (void)mp__log_append(replica, &group->log, &id);
    if (group->own_first == 0) group->own_first = id.first;
    group->verified = group->log.tip.index;
    effects->append = id;
    mp__trace(replica, MP_TRACE_INVOKED, group, group->ballot, group->ballot, group->log.tip, 0);
}

static enum mp_status check_room(const struct mp_replica *replica, const struct mp__group *group) {
    if (group->role != MP_OWNING) return MP_STALE;
    if (replica->options.votes && replica->disk_full) return MP_FULL;
    uint32_t in_flight;
    return mp__owner_window(replica, group, &in_flight) == 0 ? MP_BUSY : MP_OK;
}

enum mp_status mp__owner_invoke(struct mp_replica *replica, struct mp__group *group,
                                struct mp_batch_builder *builder, struct mp_effects *effects) {
    enum mp_status status = check_room(replica, group);
    if (status != MP_OK) return status;
    if (mp_batch_voters(builder) != 0) return MP_MALFORMED;
    append_own(replica, group, builder, effects);
    return MP_OK;
}

/* R2: a configuration on the branch that is not committed. */
static bool changes(const struct mp_replica *replica, const struct mp__log *log) {
    for (uint32_t at = log->tail; at != MP_NONE; at = replica->batches[at].before) {
        const struct mp_identity *id = &replica->batches[at].id;
        if (id->last <= log->commit.index) return false;
        if (id->voters != 0) return true;
    }
    return false;
}

/* The three conditions of Adore under which a configuration may take effect at once. R3 is the one
 * that is easily forgotten: without an own entry committed first, two owners that each append a
 * change unseen by the other can reach disjoint quorums. */
enum mp_status mp__owner_reconfigure(struct mp_replica *replica, struct mp__group *group,
                                     struct mp_batch_builder *builder, uint64_t voters,
                                     struct mp_effects *effects) {
    MP_ASSERT(builder->count == 0);
    enum mp_status status = check_room(replica, group);
    if (status != MP_OK) return status;
    uint64_t unknown = voters;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        unknown &= ~mp_voters_of(replica->options.voters[i]);
    }
    if (!mp_voters_valid(voters) || unknown != 0) return MP_MALFORMED;
    if (!mp_voters_adjacent(group->log.tip_config.voters, voters)) return MP_DISJOINT;
    if (changes(replica, &group->log)) return MP_BUSY;
    if (!mp__owner_ready(group)) return MP_NOT_READY;

    status = mp_batch_configure(builder, voters, 0);
    if (status == MP_OK) append_own(replica, group, builder, effects);
    return status;
}

/* The voters stay, and one of them is another directory from here on. It cannot vote for this
 * entry, and the old one never heard of it: so a quorum of both configurations commits it. */
enum mp_status mp__owner_admit(struct mp_replica *replica, struct mp__group *group,
                               const struct mp_event *event, struct mp_effects *effects) {
    struct mp_batch_builder *builder = event->admit.batch;
    MP_ASSERT(builder->count == 0);
    enum mp_status status = check_room(replica, group);
    if (status != MP_OK) return status;
    struct mp__config config = group->log.tip_config;
    uint32_t servers = replica->options.voter_count;
    uint32_t generation = event->admit.generation;
    uint32_t voter = mp__voter(replica, event->admit.node);
    bool voting = (config.voters & mp_voters_of(event->admit.node)) != 0;
    if (voter == MP_NONE || voter == replica->self || !voting) return MP_MALFORMED;
    if (generation > mp_generation_max(servers)) return MP_MALFORMED;
    if (generation <= mp__admission_of(replica, config.admissions, voter)) return MP_STALE;
    if (changes(replica, &group->log)) return MP_BUSY;
    if (!mp__owner_ready(group)) return MP_NOT_READY;

    uint32_t admissions = mp_admissions_set(config.admissions, servers, replica->ranks[voter],
                                            generation);
    status = mp_batch_configure(builder, config.voters, admissions);
    if (status == MP_OK) append_own(replica, group, builder, effects);
    return status;
}

void mp__owner_retract(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects) {
    MP_ASSERT(group->role == MP_OWNING);
    if (group->pushed == group->log.tip.index) return;
    effects->drop_from = group->pushed + 1;
    mp__log_truncate(replica, &group->log, group->pushed + 1);
    group->verified = smaller(group->verified, group->pushed);
    if (group->own_first > group->pushed) group->own_first = 0;
}

static void send_accept(const struct mp_replica *replica, struct mp__group *group, uint32_t voter,
                        uint32_t at, struct mp_effects *effects) {
    const struct mp__batch *batch = &replica->batches[at];
    struct mp_message accept = mp__message(group, MP_MESSAGE_ACCEPT, group->ballot);
    accept.sequence = group->progress[voter].stream;
    accept.point = group->log.base;
    if (batch->before != MP_NONE) {
        const struct mp_identity *before = &replica->batches[batch->before].id;
        accept.point = (struct mp_point){
            .index = before->last, .ballot = before->ballot, .checksum = before->checksum};
    }
    mp__send(effects, replica->options.voters[voter], 0, &accept, batch->id.first);
}

/* Batches sent to a voter and not acknowledged by it. */
static uint32_t in_flight_to(const struct mp_replica *replica, const struct mp__group *group,
                             const struct mp__progress *progress) {
    uint32_t count = 0;
    for (uint32_t at = mp__log_holds(replica, &group->log, progress->next - 1);
         at != MP_NONE && count < MP_WINDOW_MAX; at = replica->batches[at].before) {
        const struct mp_identity *id = &replica->batches[at].id;
        if (id->last <= progress->match || id->first < progress->start) break;
        count += 1;
    }
    return count;
}

static void stream(const struct mp_replica *replica, struct mp__group *group, uint32_t voter,
                   struct mp_effects *effects) {
    struct mp__progress *progress = &group->progress[voter];
    if (progress->next > group->pushed) return;
    uint32_t at = mp__log_starts(replica, &group->log, progress->next);
    uint32_t flying = in_flight_to(replica, group, progress);
    while (at != MP_NONE && flying < MP_WINDOW_MAX && !progress->full) {
        if (replica->batches[at].id.last > group->pushed) break;
        send_accept(replica, group, voter, at, effects);
        progress->next = replica->batches[at].id.last + 1;
        flying += 1;
        at = replica->batches[at].after;
    }
    if (progress->resend_at == MP_NEVER) {
        progress->resend_at = replica->now_us + progress->patience_us;
    }
}

/* Tell a voter the commit index. With LEARN: what it lacks is no longer in memory here, and it
 * must fetch what is committed by itself. */
static void notify(const struct mp_replica *replica, struct mp__group *group, uint32_t voter,
                   struct mp_effects *effects) {
    struct mp__progress *progress = &group->progress[voter];
    struct mp_message commit = mp__message(group, MP_MESSAGE_COMMIT, group->ballot);
    commit.point = group->log.commit;
    commit.sequence = progress->stream;
    if (progress->next <= group->log.base.index) commit.flags = MP_FLAG_LEARN;
    mp__send(effects, replica->options.voters[voter], 0, &commit, 0);
}

/* Start again after what the voter is known to hold. */
static void rewind(struct mp__group *group, struct mp__progress *progress) {
    uint64_t known = progress->match > 0 ? progress->match : group->log.commit.index;
    progress->next = known + 1;
    progress->start = known + 1;
    progress->stream += 1;
}

static bool reaches(const struct mp_replica *replica, const struct mp__group *group,
                    uint64_t next) {
    return next <= group->pushed && mp__log_starts(replica, &group->log, next) != MP_NONE;
}

static void stream_or_notify(const struct mp_replica *replica, struct mp__group *group,
                             uint32_t voter, struct mp_effects *effects) {
    if (reaches(replica, group, group->progress[voter].next)) {
        stream(replica, group, voter, effects);
        return;
    }
    notify(replica, group, voter, effects);
}

/* The last index of the own log that is durable here. Write ids rise along the log. */
static uint64_t durable_index(const struct mp_replica *replica, const struct mp__group *group) {
    for (uint32_t at = group->log.tail; at != MP_NONE; at = replica->batches[at].before) {
        const struct mp__batch *batch = &replica->batches[at];
        if (batch->id.last > group->pushed) continue;
        if (batch->write_id <= replica->durable_write) return batch->id.last;
    }
    return group->log.base.index;
}

/* The nodes that acknowledged the log through `index` for this ballot. */
static uint64_t holders(const struct mp_replica *replica, const struct mp__group *group,
                        uint64_t index) {
    uint64_t voters = 0;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (group->progress[i].match < index) continue;
        voters |= mp_voters_of(replica->options.voters[i]);
    }
    return voters;
}

/* The last index of an own batch that a quorum holds, of the voters in force at that batch: a
 * configuration is committed by the voters it names. Only a batch of the own ballot commits: an
 * inherited one that a quorum holds may still be replaced by a later owner that did not hear of it.
 * 0 if there is none. */
static uint64_t quorum_index(const struct mp_replica *replica, const struct mp__group *group) {
    for (uint32_t at = group->log.tail; at != MP_NONE; at = replica->batches[at].before) {
        const struct mp__batch *batch = &replica->batches[at];
        if (batch->id.last <= group->log.commit.index || batch->id.last < group->own_first) break;
        uint64_t agreeing = holders(replica, group, batch->id.last);
        if (mp_voters_quorum(batch->config.voters, agreeing)) return batch->id.last;
    }
    return 0;
}

static void try_commit(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects) {
    if (group->own_first == 0) return;
    if (replica->self != MP_NONE) {
        group->progress[replica->self].match = durable_index(replica, group);
    }
    uint64_t through = quorum_index(replica, group);
    if (through == 0) return;
    MP_ASSERT(through >= group->own_first && through > group->log.commit.index);
    mp__learner_commit(replica, group, through, effects);
    group->heard = through;
    if (group->notice_at == MP_NEVER) {
        group->notice_at = replica->now_us + commit_notice_us(replica);
    }
}

/* Write and mark as pushed what was only invoked so far. */
static void release_invoked(struct mp_replica *replica, struct mp__group *group,
                            struct mp_effects *effects) {
    for (uint32_t at = mp__log_starts(replica, &group->log, group->pushed + 1); at != MP_NONE;
         at = replica->batches[at].after) {
        const struct mp_identity *id = &replica->batches[at].id;
        struct mp_point tip = {
            .index = id->last, .ballot = id->ballot, .checksum = id->checksum};
        if (replica->options.votes) mp__write(replica, group, effects, tip, 0, at);
        group->pushed = id->last;
        mp__trace(replica, MP_TRACE_PUSHED, group, group->ballot, group->ballot, tip, 0);
    }
}

enum mp_status mp__owner_push(struct mp_replica *replica, struct mp__group *group,
                              struct mp_effects *effects) {
    if (group->role != MP_OWNING) return MP_STALE;
    bool again = group->pushed == group->log.tip.index;
    release_invoked(replica, group, effects);
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        struct mp__progress *progress = &group->progress[i];
        if (i == replica->self) continue;
        if (again && progress->match < group->pushed) rewind(group, progress);
        stream(replica, group, i, effects);
    }
    if (!again) group->notice_at = MP_NEVER; /* The accepts carry the commit index. */
    try_commit(replica, group, effects);
    return MP_OK;
}

void mp__owner_written(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects) {
    if (group->role == MP_OWNING) try_commit(replica, group, effects);
}

/* The voter lacks entries before what was sent, or they differ. It says what it has verified. */
static void close_gap(struct mp_replica *replica, struct mp__group *group, uint32_t voter,
                      uint64_t verified, uint64_t stream_id, struct mp_effects *effects) {
    struct mp__progress *progress = &group->progress[voter];
    if (stream_id != progress->stream) return; /* Of a stream already restarted. */
    if (progress->full) return; /* It lacks what it had no space for. */
    progress->stream += 1;
    progress->next = verified + 1;
    progress->start = verified + 1;
    stream_or_notify(replica, group, voter, effects);
}

enum mp_status mp__owner_accepted(struct mp_replica *replica, struct mp__group *group,
                                  uint64_t from, const struct mp_message *message,
                                  struct mp_effects *effects) {
    uint32_t voter = mp__voter(replica, from);
    if (voter == MP_NONE) return MP_MALFORMED;
    if (group->role != MP_OWNING || !mp_ballot_equal(message->ballot, group->ballot)) return MP_OK;
    if (message->outcome == MP_OUTCOME_REFUSED) {
        return mp__proposer_refused(replica, group, message->point.ballot, effects);
    }
    uint64_t verified = message->point.index;
    struct mp_point end;
    bool ends_batch = verified <= group->log.base.index ||
                      mp__log_point(replica, &group->log, verified, &end);
    if (verified > group->pushed || !ends_batch) return MP_MALFORMED;
    struct mp__progress *progress = &group->progress[voter];
    if (message->outcome == MP_OUTCOME_FULL) {
        if (message->sequence == progress->stream) progress->full = true;
        return MP_OK;
    }
    if (verified > progress->match) {
        progress->match = verified;
        progress->full = false;
        progress->patience_us = replica->options.timeout_us / 4;
        progress->resend_at =
            verified < group->pushed ? replica->now_us + progress->patience_us : MP_NEVER;
    }
    if (progress->next <= verified) progress->next = verified + 1;
    if (message->outcome == MP_OUTCOME_GAP) {
        close_gap(replica, group, voter, verified, message->sequence, effects);
    } else {
        stream(replica, group, voter, effects);
    }
    try_commit(replica, group, effects);
    return MP_OK;
}

static void resend(struct mp_replica *replica, struct mp__group *group, uint32_t voter,
                   struct mp_effects *effects) {
    struct mp__progress *progress = &group->progress[voter];
    if (progress->resend_at > replica->now_us) return;
    if (progress->match >= group->pushed) {
        progress->resend_at = MP_NEVER;
        return;
    }
    /* Whose disk was full says nothing when it has space again. */
    uint64_t longest_us = (progress->full ? 1 : 4) * replica->options.timeout_us;
    if (progress->patience_us < longest_us) progress->patience_us *= 2;
    progress->full = false;
    rewind(group, progress);
    progress->resend_at = replica->now_us + progress->patience_us;
    stream_or_notify(replica, group, voter, effects);
}

void mp__owner_timeout(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects) {
    if (group->role != MP_OWNING) return;
    bool notice = group->notice_at <= replica->now_us;
    if (notice) group->notice_at = MP_NEVER;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (i == replica->self) continue;
        resend(replica, group, i, effects);
        if (notice) notify(replica, group, i, effects);
    }
}

void mp__owner_reachable(struct mp_replica *replica, uint32_t voter) {
    for (uint32_t i = 0; i < replica->group_slots; i += 1) {
        struct mp__group *group = &replica->groups[i];
        if (!group->used || group->role != MP_OWNING || voter == replica->self) continue;
        struct mp__progress *progress = &group->progress[voter];
        progress->patience_us = replica->options.timeout_us / 4;
        if (progress->match < group->pushed) progress->resend_at = replica->now_us;
        group->notice_at = replica->now_us;
        mp__group_arm(replica, group);
    }
}

uint64_t mp__owner_due(const struct mp_replica *replica, const struct mp__group *group) {
    uint64_t at = smaller(group->notice_at, group->confirm_at);
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (i != replica->self) at = smaller(at, group->progress[i].resend_at);
    }
    return at;
}
