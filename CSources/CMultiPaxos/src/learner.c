/* The learner: moves the commit point, and fetches committed entries where some are missing. */
#include "assert.h"
#include "state.h"

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

void mp__learner_commit(struct mp_replica *replica, struct mp__group *group, uint64_t through,
                        struct mp_effects *effects) {
    struct mp__log *log = &group->log;
    MP_ASSERT(through > log->commit.index && through <= log->tip.index);
    if (effects->commit_from == 0) {
        /* First forget what was committed before this step: the driver applies from memory. */
        uint64_t forgotten = mp__log_prune(replica, log);
        if (forgotten > 0) effects->drop_through = forgotten;
        effects->commit_from = log->commit.index + 1;
    }
    mp__log_commit(replica, log, through);
    mp__admission_update(replica, group, effects);
    effects->commit_through = through;
    if (group->verified < through) group->verified = through;
    bool scarce = mp__log_scarce(replica);
    group->trim_at = scarce ? replica->now_us + replica->options.timeout_us : MP_NEVER;
    mp__trace(replica, MP_TRACE_COMMITTED, group, group->promised, log->commit.ballot, log->commit,
              0);
}

/* A learner applies through min(what it heard, what it verified): the owner's commit index says
 * nothing about entries that were never compared with the owner's log. */
void mp__learner_advance(struct mp_replica *replica, struct mp__group *group,
                         struct mp_effects *effects) {
    uint64_t through = smaller(group->heard, group->verified);
    if (through <= group->log.commit.index) return;
    uint32_t at = mp__log_holds(replica, &group->log, through);
    MP_ASSERT(at != MP_NONE);
    const struct mp_identity *id = &replica->batches[at].id;
    if (id->last != through) through = id->first - 1;
    if (through <= group->log.commit.index) return;
    mp__learner_commit(replica, group, through, effects);
}

static uint32_t next_voter(const struct mp_replica *replica, uint32_t voter) {
    uint32_t next = (voter + 1) % replica->options.voter_count;
    if (next == replica->self) next = (next + 1) % replica->options.voter_count;
    return next;
}

static void ask(struct mp_replica *replica, struct mp__group *group, struct mp_effects *effects) {
    replica->last_sequence += 1;
    group->learn_sequence = replica->last_sequence;
    group->learn_waits = false;
    group->learn_deadline = replica->now_us + replica->options.timeout_us;
    struct mp_message fetch = mp__message(group, MP_MESSAGE_FETCH, (struct mp_ballot){0});
    fetch.flags = MP_FLAG_LEARN;
    fetch.point.index = group->log.commit.index + 1;
    fetch.sequence = group->learn_sequence;
    fetch.value = replica->options.fetch_bytes;
    mp__send(effects, replica->options.voters[group->learn_from], 0, &fetch, 0);
}

/* Who does not vote writes nothing, and its user waits. */
static void go_on(struct mp_replica *replica, struct mp__group *group, uint64_t commit,
                  struct mp_effects *effects) {
    if (!replica->options.votes || mp__pace_allows(replica, group, commit)) {
        ask(replica, group, effects);
        return;
    }
    group->learn_waits = true;
    group->learn_deadline = mp__pace_resume_us(replica, group);
}

void mp__learner_fetch(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                       struct mp_effects *effects) {
    if (group->role != MP_FOLLOWING) return;
    if (group->learn_sequence != 0) {
        if (group->learn_waits) go_on(replica, group, group->heard, effects);
        return;
    }
    uint32_t voter = mp__voter(replica, from);
    /* An owner without a disk cannot serve its log: any voter can. */
    if (voter == MP_NONE) voter = next_voter(replica, group->learn_from);
    if (voter == replica->self) return;
    group->learn_from = voter;
    mp__pace_begin(replica, group);
    ask(replica, group, effects);
}

enum mp_status mp__learner_frame(struct mp_replica *replica, struct mp__group *group,
                                 const struct mp_message *message, const struct mp_batch *batch,
                                 struct mp_effects *effects) {
    if (batch == NULL || batch->group != group->id) return MP_MALFORMED;
    struct mp_point before = group->log.commit;
    bool expected = group->learn_sequence != 0 && group->learn_sequence == message->sequence &&
                    batch->first == before.index + 1 && !group->lost;
    if (!expected) return MP_OK;
    if (replica->disk_full) return MP_OK;
    if (mp_ballot_compare(batch->ballot, message->ballot) > 0) return MP_MALFORMED;
    if (mp__absurd(group->promised, message->ballot)) return MP_MALFORMED;
    bool known = false;
    enum mp_status status = mp__acceptor_admits(replica, group, batch, before, &known);
    if (status != MP_OK) return status;

    /* The entry may have been committed by a later owner than its own. An acknowledgement to one
     * before it, whose log may hold another entry here, would count for that one. */
    bool raised = mp_ballot_compare(message->ballot, group->promised) > 0;
    if (raised) mp__acceptor_raise(replica, group, message->ballot, effects);
    if (!known) {
        mp__acceptor_take(replica, group, batch, effects);
    } else if (raised && replica->options.votes) {
        mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
    }
    if (group->heard < batch->last) group->heard = batch->last;
    group->pace.bytes += batch->size;
    mp__learner_commit(replica, group, batch->last, effects);
    return MP_OK;
}

void mp__learner_behind(const struct mp__group *group, uint64_t from, struct mp_point trimmed,
                        struct mp_effects *effects) {
    if (trimmed.index <= group->log.commit.index) return;
    struct mp_outcome outcome = {
        .kind = MP_BEHIND, .group = group->id, .point = trimmed, .node = from};
    mp__outcome(effects, &outcome);
}

/* That server's commit index says whether to go on, but it moves no commit point by itself: it may
 * come from a newer owner than the one the own entries were compared with. */
enum mp_status mp__learner_fetched(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   struct mp_effects *effects) {
    bool expected = group->learn_sequence != 0 && group->learn_sequence == message->sequence &&
                    replica->options.voters[group->learn_from] == from;
    if (!expected) return MP_OK;
    if (message->outcome == MP_OUTCOME_TRIMMED) {
        /* Another voter may still have the entries: ask on until a snapshot is installed. */
        group->learn_deadline = replica->now_us + replica->options.timeout_us;
        mp__learner_behind(group, from, message->point, effects);
        return MP_OK;
    }
    if (group->log.commit.index < message->commit && message->outcome == MP_OUTCOME_OK) {
        go_on(replica, group, message->commit, effects);
        return MP_OK;
    }
    if (group->log.commit.index < group->heard) {
        /* This one knew no more. The next may, but not sooner than news can travel. */
        group->learn_deadline = replica->now_us + replica->options.timeout_us / 4;
        return MP_OK;
    }
    group->learn_sequence = 0;
    group->learn_deadline = MP_NEVER;
    if (replica->options.votes) {
        mp__acceptor_acknowledge(replica, group, MP_OUTCOME_OK, 0, effects);
    }
    return MP_OK;
}

void mp__learner_timeout(struct mp_replica *replica, struct mp__group *group,
                         struct mp_effects *effects) {
    if (group->learn_sequence == 0 || group->learn_deadline > replica->now_us) return;
    if (group->learn_waits) {
        ask(replica, group, effects);
        return;
    }
    group->learn_sequence = 0;
    group->learn_deadline = MP_NEVER;
    if (group->log.commit.index >= group->heard) return;
    group->learn_from = next_voter(replica, group->learn_from);
    ask(replica, group, effects);
}

void mp__learner_make_room(struct mp_replica *replica, struct mp__group *group,
                           struct mp_effects *effects) {
    uint64_t forgotten = mp__log_make_room(replica, &group->log);
    if (forgotten == 0) return;
    /* Of an earlier step, so applied by now: this one commits only beside it. */
    MP_ASSERT(effects->commit_from == 0 || forgotten < effects->commit_from);
    effects->drop_through = forgotten;
}

/* Without this, quiet groups would keep for ever what they borrowed, and the frames of it: a group
 * forgets at its commits, and a quiet one has none. */
void mp__learner_trim(struct mp_replica *replica, struct mp__group *group,
                      struct mp_effects *effects) {
    if (group->trim_at > replica->now_us) return;
    group->trim_at = MP_NEVER;
    uint64_t forgotten = mp__log_trim(replica, &group->log);
    if (forgotten > 0) effects->drop_through = forgotten;
}
