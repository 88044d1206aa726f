/* Dispatch: one switch over the events, one over the messages, and no rule of the protocol. */
#include <string.h>

#include "assert.h"
#include "state.h"

_Static_assert(MP_SENDS_MAX >= MP_VOTERS_MAX * (MP_WINDOW_MAX + 1), "a push fits in one step");
_Static_assert(MP_WRITES_MAX > MP_WINDOW_MAX, "a push and a promise fit in one step");

uint32_t mp__voter(const struct mp_replica *replica, uint64_t node) {
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (replica->options.voters[i] == node) return i;
    }
    return MP_NONE;
}

/* A message about a group that this node has never heard of: its log is empty. */
static enum mp_status receive_unknown(const struct mp_replica *replica,
                                      const struct mp_event *event, struct mp_effects *effects) {
    const struct mp_message *message = event->receive.message;
    if (!replica->options.votes) return MP_OK;
    struct mp_message reply = {
        .group = message->group,
        .flags = message->flags,
        .ballot = message->ballot,
        .sequence = message->sequence,
    };
    if (message->kind == MP_MESSAGE_FETCH) {
        reply.kind = MP_MESSAGE_FETCHED;
        reply.outcome = MP_OUTCOME_GONE;
        mp__send(effects, event->receive.from, 0, &reply, 0);
    }
    if (message->kind == MP_MESSAGE_ASK && mp__admission_begins(replica)) {
        reply.kind = MP_MESSAGE_TIP;
        reply.value = replica->options.configuration;
        reply.admissions = replica->options.admissions;
        mp__send(effects, event->receive.from, 0, &reply, 0);
    }
    return MP_OK;
}

static bool makes_group(const struct mp_message *message, uint64_t from) {
    if (message->ballot.node != from || message->ballot.round == 0) return false;
    return message->kind == MP_MESSAGE_PREPARE || message->kind == MP_MESSAGE_ACCEPT ||
           message->kind == MP_MESSAGE_COMMIT;
}

static enum mp_status receive_group(struct mp_replica *replica, struct mp__group *group,
                                    const struct mp_event *event, struct mp_effects *effects) {
    const struct mp_message *message = event->receive.message;
    const struct mp_batch *batch = event->receive.batch;
    uint64_t from = event->receive.from;
    bool learn = (message->flags & MP_FLAG_LEARN) != 0;
    switch (message->kind) {
        case MP_MESSAGE_PREPARE:
            return mp__acceptor_prepare(replica, group, from, message, effects);
        case MP_MESSAGE_PROMISE:
            return mp__proposer_promise(replica, group, from, message, effects);
        case MP_MESSAGE_FETCH:
            return mp__acceptor_fetch(replica, group, from, message, effects);
        case MP_MESSAGE_FRAME:
            if (learn) return mp__learner_frame(replica, group, message, batch, effects);
            return mp__proposer_frame(replica, group, from, message, batch, effects);
        case MP_MESSAGE_FETCHED:
            if (learn) return mp__learner_fetched(replica, group, from, message, effects);
            return mp__proposer_fetched(replica, group, from, message, effects);
        case MP_MESSAGE_ACCEPT:
            return mp__acceptor_accept(replica, group, from, message, batch, effects);
        case MP_MESSAGE_ACCEPTED:
            return mp__owner_accepted(replica, group, from, message, effects);
        case MP_MESSAGE_COMMIT:
            return mp__acceptor_commit(replica, group, from, message, effects);
        case MP_MESSAGE_CONFIRM:
            return mp__acceptor_confirm(replica, group, from, message, effects);
        case MP_MESSAGE_CONFIRMED:
            return mp__reads_confirmed(replica, group, from, message, effects);
        case MP_MESSAGE_ASK:
            return mp__tips_asked(replica, group, from, message, effects);
        case MP_MESSAGE_TIP:
            return mp__tips_told(replica, group, from, message, effects);
        default:
            return MP_MALFORMED;
    }
}

static enum mp_status receive(struct mp_replica *replica, const struct mp_event *event,
                              struct mp_effects *effects) {
    const struct mp_message *message = event->receive.message;
    MP_ASSERT(message != NULL);
    uint64_t from = event->receive.from;
    if (from == 0 || from == replica->options.node) return MP_MALFORMED;
    if (message->kind == MP_MESSAGE_BEAT) {
        return mp__election_beat(replica, from, message, effects);
    }
    if (message->kind == MP_MESSAGE_BEATEN) {
        return mp__election_beaten(replica, from, message, effects);
    }
    struct mp__group *group = mp__group_find(replica, message->group);
    bool made = group == NULL && replica->options.votes && makes_group(message, from);
    if (made) {
        group = mp__group_make(replica, message->group);
        if (group == NULL) return MP_BUSY;
    }
    if (group == NULL) return receive_unknown(replica, event, effects);
    effects->group = group->id;
    enum mp_status status = receive_group(replica, group, event, effects);
    if (status != MP_OK && made) {
        mp__group_unmake(replica, group);
        return status;
    }
    mp__group_arm(replica, group);
    return status;
}

/* Whether what storage says of a group can be a log at all. */
static bool loads(const struct mp_event *event) {
    struct mp_point at = event->load.hard.commit;
    if (event->load.hard.trimmed.index > at.index) return false;
    for (uint32_t i = 0; i < event->load.suffix_count; i += 1) {
        const struct mp_identity *id = &event->load.suffix[i];
        if (id->first != at.index + 1 || id->last < id->first) return false;
        if (id->previous != at.checksum) return false;
        if (mp_ballot_compare(id->ballot, at.ballot) < 0) return false;
        at = (struct mp_point){.index = id->last, .ballot = id->ballot, .checksum = id->checksum};
    }
    const struct mp_point *tip = &event->load.hard.tip;
    return at.index == tip->index && mp_ballot_equal(at.ballot, tip->ballot) &&
           at.checksum == tip->checksum &&
           mp_ballot_compare(tip->ballot, event->load.hard.promised) <= 0;
}

static enum mp_status load(struct mp_replica *replica, const struct mp_event *event) {
    MP_ASSERT(!replica->started);
    if (!mp__log_fits(replica, event->load.suffix_count)) return MP_BUSY;
    struct mp__group *group = mp__group_make(replica, event->group);
    if (group == NULL) return MP_BUSY;
    const struct mp_hard_state *hard = &event->load.hard;
    group->promised = hard->promised;
    group->trimmed = hard->trimmed;
    group->highest_round = hard->promised.round;
    bool was_mute = mp__mute(group);
    group->lost = event->load.lost || !loads(event);
    group->damaged = !group->lost && event->load.damaged;
    group->born = hard->born;
    mp__mute_count(replica, group, was_mute);
    struct mp__config config = {.voters = hard->voters, .admissions = hard->admissions};
    if (config.voters == 0) config.voters = replica->options.configuration;
    mp__log_init(&group->log, hard->commit, config);
    mp__admission_update(replica, group, NULL);
    group->verified = hard->commit.index;
    group->heard = hard->commit.index;
    if (group->lost) return MP_OK;
    for (uint32_t i = 0; i < event->load.suffix_count; i += 1) {
        (void)mp__log_append(replica, &group->log, &event->load.suffix[i]);
    }
    return MP_OK;
}

static enum mp_status pull(struct mp_replica *replica, const struct mp_event *event,
                           struct mp_effects *effects) {
    struct mp__group *group = mp__group_make(replica, event->group);
    if (group == NULL) return MP_BUSY;
    enum mp_status status =
        mp__proposer_pull(replica, group, event->pull.deadline_us, effects);
    mp__group_arm(replica, group);
    return status;
}

static enum mp_status tips(struct mp_replica *replica, const struct mp_event *event,
                           struct mp_effects *effects) {
    struct mp__group *group = mp__group_make(replica, event->group);
    if (group == NULL) return MP_BUSY;
    enum mp_status status = mp__tips_begin(replica, group, effects);
    mp__group_arm(replica, group);
    return status;
}

/* A snapshot may be the first that this node hears of a group. */
static enum mp_status install(struct mp_replica *replica, const struct mp_event *event,
                              struct mp_effects *effects) {
    struct mp__group *group = mp__group_find(replica, event->group);
    bool made = group == NULL;
    if (made) group = mp__group_make(replica, event->group);
    if (group == NULL) return MP_BUSY;
    enum mp_status status = mp__snapshots_install(replica, group, event, effects);
    if (status != MP_OK && made) {
        mp__group_unmake(replica, group);
        return status;
    }
    mp__group_arm(replica, group);
    return status;
}

static enum mp_status written(struct mp_replica *replica, const struct mp_event *event,
                              struct mp_effects *effects) {
    struct mp__group *group = mp__group_find(replica, event->group);
    if (group == NULL) return MP_UNKNOWN_GROUP;
    MP_ASSERT(event->written.write_id <= replica->last_write);
    MP_ASSERT(event->written.write_id > replica->durable_write);
    replica->durable_write = event->written.write_id;
    mp__proposer_written(replica, group, effects);
    mp__owner_written(replica, group, effects);
    mp__group_arm(replica, group);
    return MP_OK;
}

/* What storage found out about its copy of a group. */
static enum mp_status stored(struct mp_replica *replica, const struct mp_event *event,
                             struct mp_effects *effects) {
    struct mp__group *group = mp__group_find(replica, event->group);
    if (group == NULL) return MP_UNKNOWN_GROUP;
    enum mp_status status = MP_OK;
    if (event->kind == MP_EVENT_DAMAGED) {
        mp__damage_found(replica, group, effects);
    } else {
        status = mp__damage_repaired(replica, group);
    }
    mp__group_arm(replica, group);
    return status;
}

static enum mp_status release(struct mp_replica *replica, struct mp__group *group,
                              struct mp_effects *effects) {
    if (group->role == MP_FOLLOWING) return MP_OK;
    if (group->role == MP_OWNING) mp__owner_retract(replica, group, effects);
    group->role = MP_FOLLOWING;
    group->notice_at = MP_NEVER;
    group->confirm_at = MP_NEVER;
    group->own_first = 0;
    return MP_OK;
}

/* The events that concern a group which must be known. */
static enum mp_status propose(struct mp_replica *replica, const struct mp_event *event,
                              struct mp_effects *effects) {
    struct mp__group *group = mp__group_find(replica, event->group);
    if (group == NULL) return MP_UNKNOWN_GROUP;
    enum mp_status status = MP_OK;
    if (event->kind == MP_EVENT_INVOKE) {
        status = mp__owner_invoke(replica, group, event->invoke.batch, effects);
    } else if (event->kind == MP_EVENT_MEMBERSHIP) {
        status = mp__owner_reconfigure(replica, group, event->membership.batch,
                                       event->membership.voters, effects);
    } else if (event->kind == MP_EVENT_ADMIT) {
        status = mp__owner_admit(replica, group, event, effects);
    } else if (event->kind == MP_EVENT_PUSH) {
        status = mp__owner_push(replica, group, effects);
    } else if (event->kind == MP_EVENT_CONFIRM) {
        status = mp__reads_confirm(replica, group, effects);
    } else if (event->kind == MP_EVENT_TRIM) {
        status = mp__snapshots_trim(replica, group, event->trim.point, effects);
    } else {
        status = release(replica, group, effects);
    }
    mp__group_arm(replica, group);
    return status;
}

/* The first armed group that is due, or NULL; and when the first of the others will be. */
static struct mp__group *find_due(struct mp_replica *replica) {
    struct mp__group *found = NULL;
    replica->earliest = MP_NEVER;
    for (uint32_t at = replica->armed_head; at != MP_NONE; at = replica->groups[at].armed_after) {
        struct mp__group *group = &replica->groups[at];
        if (found == NULL && group->due <= replica->now_us) {
            found = group;
        } else if (group->due < replica->earliest) {
            replica->earliest = group->due;
        }
    }
    return found;
}

/* One group per step, so that the effects stay bounded; the deadline says if others are due. */
static void timeout(struct mp_replica *replica, struct mp_effects *effects) {
    if (replica->self != MP_NONE && replica->election.tick_at <= replica->now_us) {
        mp__election_tick(replica, effects);
        return;
    }
    struct mp__group *group = find_due(replica);
    if (group == NULL) return;
    effects->group = group->id;
    mp__proposer_timeout(replica, group, effects);
    mp__owner_timeout(replica, group, effects);
    mp__reads_timeout(replica, group, effects);
    mp__learner_timeout(replica, group, effects);
    mp__tips_timeout(replica, group, effects);
    mp__learner_trim(replica, group, effects);
    mp__group_arm(replica, group);
}

static void peer(struct mp_replica *replica, const struct mp_event *event) {
    uint32_t voter = mp__voter(replica, event->peer.node);
    if (voter == MP_NONE) return;
    mp__election_peer(replica, voter, event->peer.reachable);
    if (event->peer.reachable) mp__owner_reachable(replica, voter);
}

static uint64_t next_deadline(const struct mp_replica *replica) {
    uint64_t tick = replica->election.tick_at;
    return tick < replica->earliest ? tick : replica->earliest;
}

static enum mp_status dispatch(struct mp_replica *replica, const struct mp_event *event,
                               struct mp_effects *effects) {
    switch (event->kind) {
        case MP_EVENT_LOAD:
            return load(replica, event);
        case MP_EVENT_START:
            MP_ASSERT(!replica->started);
            replica->started = true;
            /* Answers to questions of an earlier life of this process must match none of ours. */
            replica->last_sequence = event->now_us;
            replica->election.round = event->now_us;
            mp__election_start(replica, effects);
            return MP_OK;
        case MP_EVENT_RECEIVE:
            return receive(replica, event, effects);
        case MP_EVENT_WRITTEN:
            return written(replica, event, effects);
        case MP_EVENT_TIMEOUT:
            timeout(replica, effects);
            return MP_OK;
        case MP_EVENT_PEER:
            peer(replica, event);
            return MP_OK;
        case MP_EVENT_PULL:
            return pull(replica, event, effects);
        case MP_EVENT_TIPS:
            return tips(replica, event, effects);
        case MP_EVENT_INSTALL:
            return install(replica, event, effects);
        case MP_EVENT_TRIM:
        case MP_EVENT_INVOKE:
        case MP_EVENT_MEMBERSHIP:
        case MP_EVENT_ADMIT:
        case MP_EVENT_PUSH:
        case MP_EVENT_CONFIRM:
        case MP_EVENT_RELEASE:
            return propose(replica, event, effects);
        case MP_EVENT_STANDING:
            return mp__admission_standing(replica, event);
        case MP_EVENT_HEARD:
            return mp__admission_heard(replica, event, effects);
        case MP_EVENT_DAMAGED:
        case MP_EVENT_REPAIRED:
            return stored(replica, event, effects);
        case MP_EVENT_DISK:
            replica->disk_stall_us = event->disk.stall_us;
            replica->disk_full = event->disk.full;
            return MP_OK;
    }
    MP_UNREACHABLE();
}

/* Only the counts and scalars are cleared: the arrays behind a count of zero are not read. */
static void clear(struct mp_effects *effects) {
    effects->group = 0;
    effects->drop_from = 0;
    effects->drop_through = 0;
    effects->append = (struct mp_identity){0};
    effects->write_count = 0;
    effects->send_count = 0;
    effects->serve = (struct mp_serve){0};
    effects->commit_from = 0;
    effects->commit_through = 0;
    effects->outcome_count = 0;
    effects->deadline_us = MP_NEVER;
}

enum mp_status mp_replica_step(struct mp_replica *replica, const struct mp_event *event,
                               struct mp_effects *effects) {
    MP_ASSERT(replica != NULL && event != NULL && effects != NULL);
    MP_ASSERT(replica->started || event->kind == MP_EVENT_LOAD ||
              event->kind == MP_EVENT_START || event->kind == MP_EVENT_STANDING);
    MP_ASSERT(event->now_us >= replica->now_us);
    uint64_t before_us = replica->now_us;
    replica->now_us = event->now_us;
    clear(effects);
    effects->group = event->group;
    enum mp_status status = dispatch(replica, event, effects);
    if (status != MP_OK) replica->now_us = before_us; /* A refused step changes nothing. */
    effects->deadline_us = next_deadline(replica);
    return status;
}

static uint32_t slots_for(uint32_t groups) {
    uint32_t slots = 16;
    while (slots < groups + groups / 2) slots *= 2;
    return slots;
}

static size_t align16(size_t size) {
    return (size + 15) & ~(size_t)15;
}

size_t mp_group_size(void) {
    return sizeof(struct mp__group) + MP_SHARE * sizeof(struct mp__batch);
}

size_t mp_replica_size(const struct mp_options *options) {
    return align16(sizeof(struct mp_replica)) +
           align16(slots_for(options->groups_max) * sizeof(struct mp__group)) +
           align16(options->batches_max * sizeof(struct mp__batch));
}

static uint64_t servers(const struct mp_options *options) {
    uint64_t all = 0;
    for (uint32_t i = 0; i < options->voter_count; i += 1) all |= mp_voters_of(options->voters[i]);
    return all;
}

static bool valid(const struct mp_options *options) {
    if (options->voter_count < 1 || options->voter_count > MP_VOTERS_MAX) return false;
    if (options->window < 1 || options->window > MP_WINDOW_MAX) return false;
    if (options->groups_max < 1 || options->groups_max > 1u << 22) return false;
    if (options->batches_max < options->groups_max * MP_SHARE) return false;
    if (options->batches_max > 1u << 28) return false;
    if (options->timeout_us < 20 || options->node == 0 || options->fetch_bytes == 0) return false;
    bool among = false;
    for (uint32_t i = 0; i < options->voter_count; i += 1) {
        if (mp_voters_of(options->voters[i]) == 0) return false;
        for (uint32_t j = 0; j < i; j += 1) {
            if (options->voters[i] == options->voters[j]) return false;
        }
        among |= options->voters[i] == options->node;
    }
    bool standing = options->generation == MP_GENERATION_NONE ||
                    options->generation <= mp_generation_max(options->voter_count);
    if (!standing || (!options->votes && options->generation != 0)) return false;
    uint64_t configuration = options->configuration;
    if ((configuration & ~servers(options)) != 0) return false;
    return among == options->votes;
}

enum mp_status mp_replica_init(void *memory, size_t size, const struct mp_options *options,
                               struct mp_replica **replica) {
    MP_ASSERT(memory != NULL && ((uintptr_t)memory & 15) == 0);
    *replica = NULL;
    if (!valid(options) || size < mp_replica_size(options)) return MP_TOO_BIG;
    memset(memory, 0, mp_replica_size(options));
    struct mp_replica *made = memory;
    uint8_t *at = (uint8_t *)memory + align16(sizeof *made);
    made->options = *options;
    if (options->configuration == 0) made->options.configuration = servers(options);
    made->group_slots = slots_for(options->groups_max);
    made->groups = (struct mp__group *)(void *)at;
    at += align16(made->group_slots * sizeof(struct mp__group));
    made->batches = (struct mp__batch *)(void *)at;
    made->batch_free = MP_NONE;
    for (uint32_t i = options->batches_max; i > 0; i -= 1) {
        made->batches[i - 1].after = made->batch_free;
        made->batch_free = i - 1;
    }
    made->batch_free_count = options->batches_max;
    made->armed_head = MP_NONE;
    made->armed_tail = MP_NONE;
    made->earliest = MP_NEVER;
    mp__admission_rank(made);
    made->self = options->votes ? mp__voter(made, options->node) : MP_NONE;
    made->election.tick_at = MP_NEVER;
    *replica = made;
    return MP_OK;
}
