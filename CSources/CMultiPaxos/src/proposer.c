/* The proposer: pull. A new ballot is prepared, a quorum promises, and the whole log with the
 * highest (ballot of the last entry, length) is adopted, entries unchanged. */
#include <string.h>

#include "assert.h"
#include "state.h"

static bool proposing(const struct mp__group *group) {
    return group->role == MP_PREPARING || group->role == MP_ADOPTING;
}

static void stop(struct mp__group *group) {
    group->role = MP_FOLLOWING;
    group->pull_deadline = MP_NEVER;
    group->resend_at = MP_NEVER;
    group->notice_at = MP_NEVER;
    group->confirm_at = MP_NEVER;
    group->confirm_wanted = false;
    group->own_first = 0;
    group->adopt_sequence = 0;
}

void mp__proposer_depose(struct mp_replica *replica, struct mp__group *group, struct mp_ballot by,
                         struct mp_effects *effects) {
    MP_ASSERT(group->role != MP_FOLLOWING);
    if (group->highest_round < by.round) group->highest_round = by.round;
    bool owned = group->role == MP_OWNING;
    if (owned) mp__owner_retract(replica, group, effects);
    struct mp_outcome outcome = {
        .kind = owned ? MP_PREEMPTED : MP_PULL_PREEMPTED,
        .group = group->id,
        .ballot = by,
        .node = by.node,
    };
    mp__outcome(effects, &outcome);
    mp__trace(replica, MP_TRACE_PREEMPTED, group, group->ballot, by, group->log.tip, by.node);
    stop(group);
}

enum mp_status mp__proposer_refused(struct mp_replica *replica, struct mp__group *group,
                                    struct mp_ballot by, struct mp_effects *effects) {
    if (mp_ballot_compare(by, group->ballot) <= 0) return MP_MALFORMED;
    if (mp__absurd(group->ballot, by)) return MP_MALFORMED;
    mp__proposer_depose(replica, group, by, effects);
    return MP_OK;
}

static void fail(struct mp_replica *replica, struct mp__group *group,
                 struct mp_effects *effects) {
    struct mp_outcome outcome = {
        .kind = MP_PULL_NO_QUORUM, .group = group->id, .ballot = group->ballot};
    mp__outcome(effects, &outcome);
    mp__trace(replica, MP_TRACE_PULL_FAILED, group, group->ballot, group->promised, group->log.tip,
              0);
    stop(group);
}

void mp__proposer_abandon(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects) {
    MP_ASSERT(group->role != MP_FOLLOWING);
    if (proposing(group)) {
        fail(replica, group, effects);
        return;
    }
    mp__owner_retract(replica, group, effects);
    struct mp_outcome outcome = {
        .kind = MP_PREEMPTED, .group = group->id, .ballot = group->promised};
    mp__outcome(effects, &outcome);
    mp__trace(replica, MP_TRACE_PULL_FAILED, group, group->ballot, group->promised, group->log.tip,
              0);
    stop(group);
}

/* Ask the voters that have not promised yet. A server's own promise is durable first, so that no
 * ballot is ever used twice, whatever it forgets in a crash. */
static void send_prepares(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects) {
    group->resend_at = replica->now_us + replica->options.timeout_us / 4;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (i == replica->self || group->promises[i].given) continue;
        struct mp_message prepare = mp__message(group, MP_MESSAGE_PREPARE, group->ballot);
        mp__send(effects, replica->options.voters[i], group->promise_write, &prepare, 0);
    }
}

enum mp_status mp__proposer_pull(struct mp_replica *replica, struct mp__group *group,
                                 uint64_t deadline_us, struct mp_effects *effects) {
    if (proposing(group) || mp__mute(group)) return MP_STALE;
    if (group->role == MP_OWNING) mp__owner_retract(replica, group, effects);
    stop(group);
    group->learn_sequence = 0; /* From here on the adopted log says what is committed. */
    group->learn_deadline = MP_NEVER;

    uint64_t round = group->highest_round;
    if (round < group->promised.round) round = group->promised.round;
    group->ballot = (struct mp_ballot){.round = round + 1, .node = replica->options.node};
    group->role = MP_PREPARING;
    /* Silence is told soon. Who answers may need longer to hand over a long log. */
    uint64_t prompt = replica->now_us + 2 * replica->options.timeout_us;
    group->pull_deadline = deadline_us < prompt ? deadline_us : prompt;
    group->adopt_deadline = deadline_us;
    memset(group->promises, 0, sizeof group->promises);
    group->promised = group->ballot;
    group->highest_round = group->ballot.round;
    group->verified = group->log.commit.index;
    group->promise_write = 0;
    mp__trace(replica, MP_TRACE_PREPARING, group, group->ballot, group->ballot, group->log.tip, 0);
    if (replica->options.votes) {
        mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
        group->promise_write = group->last_write;
        mp__trace(replica, MP_TRACE_PROMISED, group, group->ballot, group->ballot, group->log.tip,
                  replica->options.node);
    }
    send_prepares(replica, group, effects);
    return MP_OK;
}

static bool agrees(const struct mp__promise *promise, const struct mp__promise *candidate) {
    return promise->given && mp__compare_tips(promise->tip, candidate->tip) <= 0;
}

/* A pull is judged by the configuration of the log it adopts: a quorum of its voters must have
 * promised, none of them with a better log. A promise counts only for the directory that gave it:
 * once anybody who agrees knows of a newer one of that server, the old one is gone, and what it
 * promised binds nobody. */
static bool may_adopt(const struct mp_replica *replica, const struct mp__group *group,
                      uint32_t voter) {
    const struct mp__promise *candidate = &group->promises[voter];
    uint64_t agreeing = 0;
    uint32_t known = 0;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        const struct mp__promise *promise = &group->promises[i];
        if (!agrees(promise, candidate)) continue;
        known = mp__admission_merge(replica, known, promise->admissions);
    }
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        const struct mp__promise *promise = &group->promises[i];
        bool current = mp__admission_of(replica, promise->admissions, i) ==
                       mp__admission_of(replica, known, i);
        if (!agrees(promise, candidate) || !current) continue;
        agreeing |= mp_voters_of(replica->options.voters[i]);
    }
    return candidate->given && mp_voters_quorum(candidate->voters, agreeing);
}

/* The voter with the best log that may be adopted; the own one where it is as good as any. MP_NONE
 * while there is none. */
static uint32_t choose(const struct mp_replica *replica, const struct mp__group *group) {
    uint32_t best = MP_NONE;
    if (replica->self != MP_NONE && may_adopt(replica, group, replica->self)) {
        best = replica->self;
    }
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (!may_adopt(replica, group, i)) continue;
        if (best == MP_NONE ||
            mp__compare_tips(group->promises[i].tip, group->promises[best].tip) > 0) {
            best = i;
        }
    }
    return best;
}

static void fetch(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects) {
    replica->last_sequence += 1;
    group->adopt_sequence = replica->last_sequence;
    group->adopt_from = group->adopted.index + 1;
    group->behind = false;
    group->resend_at = replica->now_us + replica->options.timeout_us;
    struct mp_message message = mp__message(group, MP_MESSAGE_FETCH, group->ballot);
    message.point.index = group->adopt_from;
    message.sequence = group->adopt_sequence;
    message.value = replica->options.fetch_bytes;
    mp__send(effects, replica->options.voters[group->best], 0, &message, 0);
}

/* The own log equals the best one, apart from what it holds beyond its end: cut that. */
static void finish(struct mp_replica *replica, struct mp__group *group,
                   struct mp_effects *effects) {
    struct mp_point best = group->promises[group->best].tip;
    if (group->log.tip.index > best.index) {
        mp__log_truncate(replica, &group->log, best.index + 1);
        effects->drop_from = best.index + 1;
        if (replica->options.votes) {
            mp__write(replica, group, effects, group->log.tip, best.index + 1, MP_NONE);
        }
    }
    MP_ASSERT(group->log.tip.index == best.index);
    MP_ASSERT(mp_ballot_equal(group->log.tip.ballot, best.ballot));
    MP_ASSERT(group->log.tip_config.voters == group->promises[group->best].voters);
    if (mp__admission_superseded(replica, group)) {
        fail(replica, group, effects);
        return;
    }
    group->verified = group->log.tip.index;
    mp__learner_advance(replica, group, effects);
    mp__owner_begin(replica, group, effects);
}

static bool complete(const struct mp_replica *replica, const struct mp__group *group) {
    struct mp_point best = group->promises[group->best].tip;
    struct mp_point own;
    if (!mp__log_point(replica, &group->log, best.index, &own)) return false;
    return mp_ballot_equal(own.ballot, best.ballot) &&
           mp__log_config(replica, &group->log, best.index).voters ==
               group->promises[group->best].voters;
}

/* As soon as the promises allow it: adopt the best log, or what remains of it to be fetched. */
static void adopt(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects) {
    uint32_t best = choose(replica, group);
    if (best == MP_NONE) return;
    group->role = MP_ADOPTING;
    group->pull_deadline = group->adopt_deadline;
    group->best = best;
    group->adopted = group->log.commit;
    mp__trace(replica, MP_TRACE_ADOPTING, group, group->ballot, group->ballot,
              group->promises[group->best].tip, replica->options.voters[group->best]);
    if (group->promises[group->best].tip.index < group->log.commit.index) {
        /* Voters have forgotten what is committed: do not build on that. */
        fail(replica, group, effects);
        return;
    }
    if (complete(replica, group)) {
        finish(replica, group, effects);
        return;
    }
    MP_ASSERT(group->best != replica->self);
    fetch(replica, group, effects);
}

/* What the own log, as it is now, amounts to as a promise. */
static void give_own(const struct mp_replica *replica, struct mp__group *group) {
    group->promises[replica->self] = (struct mp__promise){
        .given = true,
        .tip = group->log.tip,
        .voters = group->log.tip_config.voters,
        .admissions = mp__admission_known(replica, group),
    };
}

void mp__proposer_written(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects) {
    if (group->role != MP_PREPARING || replica->self == MP_NONE) return;
    const struct mp__promise *own = &group->promises[replica->self];
    if (own->given || replica->durable_write < group->promise_write) return;
    give_own(replica, group);
    adopt(replica, group, effects);
}

enum mp_status mp__proposer_promise(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects) {
    uint32_t voter = mp__voter(replica, from);
    if (voter == MP_NONE) return MP_MALFORMED;
    if (!proposing(group) || !mp_ballot_equal(message->ballot, group->ballot)) return MP_OK;
    if (message->outcome == MP_OUTCOME_REFUSED) {
        /* With a lower ballot: of a voter to which ours is too far ahead. */
        if (mp_ballot_compare(message->point.ballot, group->ballot) <= 0) return MP_OK;
        return mp__proposer_refused(replica, group, message->point.ballot, effects);
    }
    if (group->role != MP_PREPARING || group->promises[voter].given) return MP_OK;
    if (mp_ballot_compare(message->point.ballot, group->ballot) >= 0) return MP_MALFORMED;
    if (message->commit > message->point.index) return MP_MALFORMED;
    if (!mp_voters_valid(message->value)) return MP_MALFORMED;
    group->promises[voter] = (struct mp__promise){
        .given = true,
        .tip = message->point,
        .voters = message->value,
        .admissions = message->admissions,
    };
    if (group->heard < message->commit) group->heard = message->commit;
    adopt(replica, group, effects);
    return MP_OK;
}

enum mp_status mp__proposer_frame(struct mp_replica *replica, struct mp__group *group,
                                  uint64_t from, const struct mp_message *message,
                                  const struct mp_batch *batch, struct mp_effects *effects) {
    if (batch == NULL || batch->group != group->id) return MP_MALFORMED;
    bool expected = group->role == MP_ADOPTING && group->adopt_sequence == message->sequence &&
                    mp_ballot_equal(message->ballot, group->ballot) &&
                    replica->options.voters[group->best] == from &&
                    batch->first == group->adopted.index + 1;
    if (!expected) return MP_OK;
    const struct mp_point *best = &group->promises[group->best].tip;
    if (batch->last > best->index) return MP_CONFLICT;
    if (mp_ballot_compare(batch->ballot, best->ballot) > 0) return MP_CONFLICT;
    bool known = false;
    enum mp_status status = mp__acceptor_admits(replica, group, batch, group->adopted, &known);
    if (status != MP_OK) return status;

    if (!known && replica->options.votes && replica->disk_full) {
        /* The reserve of a full disk is for promises; and who cannot store cannot own. */
        fail(replica, group, effects);
        return MP_OK;
    }
    if (!known) mp__acceptor_take(replica, group, batch, effects);
    group->adopted = (struct mp_point){
        .index = batch->last, .ballot = batch->ballot, .checksum = batch->checksum};
    if (group->verified < batch->last) group->verified = batch->last;
    mp__learner_advance(replica, group, effects);
    group->resend_at = replica->now_us + replica->options.timeout_us;
    return MP_OK;
}

/* This voter's log cannot be had: choose again while the others still are a quorum. */
static void choose_again(struct mp_replica *replica, struct mp__group *group,
                         struct mp_effects *effects) {
    group->promises[group->best] = (struct mp__promise){0};
    if (replica->self != MP_NONE && group->promises[replica->self].given) {
        /* What was adopted so far is the own log now. It holds all that the old one held and that
         * was, or ever can be, committed: the rest was cut because the best log is without it. */
        give_own(replica, group);
    }
    group->adopt_sequence = 0;
    group->role = MP_PREPARING;
    if (choose(replica, group) != MP_NONE) {
        adopt(replica, group, effects);
        return;
    }
    send_prepares(replica, group, effects);
}

enum mp_status mp__proposer_fetched(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects) {
    bool expected = group->role == MP_ADOPTING && group->adopt_sequence == message->sequence &&
                    mp_ballot_equal(message->ballot, group->ballot) &&
                    replica->options.voters[group->best] == from;
    if (!expected) return MP_OK;
    if (message->outcome == MP_OUTCOME_REFUSED) {
        return mp__proposer_refused(replica, group, message->point.ballot, effects);
    }
    if (message->outcome == MP_OUTCOME_TRIMMED) {
        group->behind = true;
        group->resend_at = replica->now_us + replica->options.timeout_us;
        mp__learner_behind(group, from, message->point, effects);
        return MP_OK;
    }
    if (message->outcome != MP_OUTCOME_OK) {
        choose_again(replica, group, effects);
        return MP_OK;
    }
    struct mp_point best = group->promises[group->best].tip;
    if (group->adopted.index >= best.index) {
        if (!complete(replica, group)) return MP_CONFLICT;
        finish(replica, group, effects);
        return MP_OK;
    }
    /* Nothing was sent: the voter cannot read what it promised. */
    if (message->point.index < group->adopt_from) {
        choose_again(replica, group, effects);
        return MP_OK;
    }
    /* The end of a chunk, or a frame was lost on the way: ask for the rest. */
    fetch(replica, group, effects);
    return MP_OK;
}

void mp__proposer_timeout(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects) {
    if (!proposing(group)) return;
    if (group->pull_deadline <= replica->now_us) {
        fail(replica, group, effects);
        return;
    }
    if (group->resend_at > replica->now_us) return;
    if (group->role == MP_PREPARING) {
        send_prepares(replica, group, effects);
        return;
    }
    if (group->behind) {
        fetch(replica, group, effects);
        return;
    }
    choose_again(replica, group, effects);
}

void mp__proposer_installed(struct mp_replica *replica, struct mp__group *group,
                            struct mp_effects *effects) {
    MP_ASSERT(proposing(group));
    struct mp__log *log = &group->log;
    if (group->role == MP_PREPARING) {
        if (replica->self == MP_NONE || !group->promises[replica->self].given) return;
        give_own(replica, group);
        return;
    }
    struct mp_point best = group->promises[group->best].tip;
    bool within = log->commit.index < best.index ||
                  (log->commit.index == best.index &&
                   mp_ballot_equal(log->commit.ballot, best.ballot));
    if (!within) {
        /* More is committed than that voter promised on: another owner was there since. */
        fail(replica, group, effects);
        return;
    }
    group->adopted = log->commit;
    if (complete(replica, group)) {
        finish(replica, group, effects);
        return;
    }
    fetch(replica, group, effects);
}
