/* The acceptor: promises ballots, votes for batches, and follows the owner's commit index. */
#include "assert.h"
#include "state.h"

/* Bytes of frames that one FETCH is answered with, whatever it asks for: FETCHED says how far they
 * lead, and whoever wants more asks on. */
enum { FETCH_BYTES_MAX = 4 << 20 };

static uint64_t larger(uint64_t a, uint64_t b) {
    return a > b ? a : b;
}

/* Tell the proposer which ballot beat it, so that its next one is high enough. It waits for the
 * newest write because the promise that it reports may not be durable yet. */
static void refuse(const struct mp_replica *replica, const struct mp__group *group, uint64_t from,
                   const struct mp_message *message, enum mp_message_kind reply_kind,
                   struct mp_effects *effects) {
    struct mp_message reply = mp__message(group, reply_kind, message->ballot);
    reply.outcome = MP_OUTCOME_REFUSED;
    reply.point.ballot = group->promised;
    reply.sequence = message->sequence;
    mp__send(effects, from, group->last_write, &reply, 0);
    mp__trace(replica, MP_TRACE_REFUSED, group, message->ballot, group->promised,
              (struct mp_point){0}, from);
}

/* A proposer outside the servers is at work: the serving node leaves it alone for a while. */
static void report_owner(const struct mp__group *group, struct mp_ballot ballot,
                         struct mp_effects *effects) {
    if ((ballot.node & MP_CLIENT_NODE) == 0) return;
    struct mp_outcome seen = {
        .kind = MP_OWNER_SEEN, .group = group->id, .ballot = ballot, .node = ballot.node};
    mp__outcome(effects, &seen);
}

void mp__acceptor_raise(struct mp_replica *replica, struct mp__group *group,
                        struct mp_ballot ballot, struct mp_effects *effects) {
    MP_ASSERT(mp_ballot_compare(ballot, group->promised) > 0);
    if (group->role != MP_FOLLOWING) mp__proposer_depose(replica, group, ballot, effects);
    group->promised = ballot;
    group->highest_round = larger(group->highest_round, ballot.round);
    /* What was verified was so against the old owner's log. What is committed is in every log. */
    group->verified = group->log.commit.index;
}

enum mp_status mp__acceptor_prepare(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects) {
    struct mp_ballot ballot = message->ballot;
    if (ballot.node != from || ballot.round == 0) return MP_MALFORMED;
    if (!replica->options.votes) return MP_OK;
    if (mp__mute(group)) {
        mp__damage_listen(replica, group, from, message, effects);
        return MP_OK;
    }

    int order = mp_ballot_compare(ballot, group->promised);
    if (order < 0 || mp__absurd(group->promised, ballot)) {
        refuse(replica, group, from, message, MP_MESSAGE_PROMISE, effects);
        return MP_OK;
    }
    if (order > 0) {
        mp__acceptor_raise(replica, group, ballot, effects);
        mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
        mp__trace(replica, MP_TRACE_PROMISED, group, ballot, ballot, group->log.tip, from);
    }
    report_owner(group, ballot, effects);
    struct mp_message promise = mp__message(group, MP_MESSAGE_PROMISE, ballot);
    promise.point = group->log.tip;
    promise.value = group->log.tip_config.voters;
    promise.admissions = mp__admission_known(replica, group);
    mp__send(effects, from, group->last_write, &promise, 0);
    return MP_OK;
}

/* Whether the log holds `point`, and so, as (index, ballot) names one history, all before it. */
static bool holds(const struct mp_replica *replica, const struct mp__group *group,
                  struct mp_point point) {
    /* Below base everything is committed, and every owner's log holds what is committed. */
    if (point.index < group->log.base.index) return true;
    struct mp_point own;
    if (!mp__log_point(replica, &group->log, point.index, &own)) return false;
    return mp_ballot_equal(own.ballot, point.ballot) && own.checksum == point.checksum;
}

enum mp_status mp__acceptor_admits(const struct mp_replica *replica, const struct mp__group *group,
                                   const struct mp_batch *batch, struct mp_point before,
                                   bool *known) {
    const struct mp__log *log = &group->log;
    *known = batch->last <= log->base.index;
    if (*known) return MP_OK;
    if (batch->first <= log->base.index) return MP_CONFLICT;

    if (batch->first <= log->tip.index) {
        uint32_t at = mp__log_starts(replica, log, batch->first);
        if (at == MP_NONE) return MP_CONFLICT; /* It would cut a frame. */
        const struct mp_identity *own = &replica->batches[at].id;
        bool same = mp_ballot_equal(own->ballot, batch->ballot);
        *known = same && own->checksum == batch->checksum && own->last == batch->last;
        if (*known) return MP_OK;
        if (same || own->first <= log->commit.index) return MP_CONFLICT;
    }
    if (batch->previous != before.checksum) return MP_CONFLICT;
    if (mp_ballot_compare(batch->ballot, before.ballot) < 0) return MP_CONFLICT;
    struct mp__config config = mp__log_config(replica, log, before.index);
    struct mp__config next = mp__admission_next(config, batch->voters, batch->admissions);
    if (!mp__admission_follows(replica, config, next)) return MP_CONFLICT;
    /* What a batch replaces is given back first, so only one beyond the tip needs room. */
    if (batch->first <= log->tip.index) return MP_OK;
    return mp__log_has_room(replica, log) ? MP_OK : MP_BUSY;
}

void mp__acceptor_take(struct mp_replica *replica, struct mp__group *group,
                       const struct mp_batch *batch, struct mp_effects *effects) {
    struct mp_identity id = mp_batch_identity(batch);
    uint64_t truncate_from = 0;
    if (batch->first <= group->log.tip.index) {
        truncate_from = batch->first;
        mp__log_truncate(replica, &group->log, batch->first);
        if (group->verified >= batch->first) group->verified = batch->first - 1;
        effects->drop_from = batch->first;
        mp__trace(replica, MP_TRACE_TRUNCATED, group, group->promised, batch->ballot,
                  group->log.tip, 0);
    }
    mp__learner_make_room(replica, group, effects);
    uint32_t at = mp__log_append(replica, &group->log, &id);
    effects->append = id;
    if (replica->options.votes) {
        mp__write(replica, group, effects, group->log.tip, truncate_from, at);
    }
    mp__trace(replica, MP_TRACE_ACCEPTED, group, group->promised, batch->ballot, group->log.tip, 0);
}

void mp__acceptor_acknowledge(const struct mp_replica *replica, const struct mp__group *group,
                              uint8_t outcome, uint64_t stream, struct mp_effects *effects) {
    if (group->promised.node == replica->options.node || group->promised.round == 0) return;
    if (mp__mute(group)) return;
    struct mp_message reply = mp__message(group, MP_MESSAGE_ACCEPTED, group->promised);
    reply.outcome = outcome;
    reply.point.index = group->verified;
    reply.sequence = stream;
    mp__send(effects, group->promised.node, group->last_write, &reply, 0);
}

static enum mp_status check_accept(const struct mp__group *group, uint64_t from,
                                   const struct mp_message *message,
                                   const struct mp_batch *batch) {
    if (message->ballot.node != from || message->ballot.round == 0) return MP_MALFORMED;
    if (batch == NULL || batch->group != group->id) return MP_MALFORMED;
    if (batch->first != message->point.index + 1) return MP_MALFORMED;
    if (mp_ballot_compare(batch->ballot, message->ballot) > 0) return MP_MALFORMED;
    if (mp__absurd(group->promised, message->ballot)) return MP_MALFORMED;
    return MP_OK;
}

/* Entries before the batch are missing or differ. The promise stands all the same. */
static void report_gap(struct mp_replica *replica, struct mp__group *group,
                       const struct mp_message *message, struct mp_effects *effects) {
    if (mp_ballot_compare(message->ballot, group->promised) > 0) {
        mp__acceptor_raise(replica, group, message->ballot, effects);
        mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
    }
    mp__acceptor_acknowledge(replica, group, MP_OUTCOME_GAP, message->sequence, effects);
}

enum mp_status mp__acceptor_accept(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   const struct mp_batch *batch, struct mp_effects *effects) {
    enum mp_status status = check_accept(group, from, message, batch);
    if (status != MP_OK || !replica->options.votes || group->lost) return status;
    if (mp__mute(group)) {
        mp__damage_learn(replica, group, from, message, effects);
        return MP_OK;
    }
    int order = mp_ballot_compare(message->ballot, group->promised);
    if (order < 0) {
        refuse(replica, group, from, message, MP_MESSAGE_ACCEPTED, effects);
        return MP_OK;
    }

    /* Entry i is taken only if i - 1 is here and matches. */
    if (!holds(replica, group, message->point)) {
        if (message->point.index <= group->log.commit.index) return MP_CONFLICT;
        report_owner(group, message->ballot, effects);
        report_gap(replica, group, message, effects);
        return MP_OK;
    }
    bool known = false;
    status = mp__acceptor_admits(replica, group, batch, message->point, &known);
    if (status != MP_OK) return status;
    /* A log of one ballot only grows: what is verified under it is no other batch now. */
    if (!known && order == 0 && batch->first <= group->verified) return MP_MALFORMED;

    report_owner(group, message->ballot, effects);
    if (order > 0) mp__acceptor_raise(replica, group, message->ballot, effects);
    /* Commit first what the owner has: then no more is uncommitted here than in its log. */
    group->verified = larger(group->verified, message->point.index);
    group->heard = larger(group->heard, message->commit);
    mp__learner_advance(replica, group, effects);
    if (!known && replica->disk_full) {
        if (order > 0) mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
        mp__acceptor_acknowledge(replica, group, MP_OUTCOME_FULL, message->sequence, effects);
        return MP_OK;
    }
    if (!known) {
        mp__acceptor_take(replica, group, batch, effects);
    } else if (order > 0) {
        mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
    }
    group->verified = larger(group->verified, batch->last);
    mp__learner_advance(replica, group, effects);
    mp__acceptor_acknowledge(replica, group, MP_OUTCOME_OK, message->sequence, effects);
    return MP_OK;
}

enum mp_status mp__acceptor_commit(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   struct mp_effects *effects) {
    if (message->ballot.node != from || message->ballot.round == 0) return MP_MALFORMED;
    if (mp__absurd(group->promised, message->ballot)) return MP_MALFORMED;
    if (!replica->options.votes || group->lost) return MP_OK;
    if (mp__mute(group)) {
        mp__damage_learn(replica, group, from, message, effects);
        return MP_OK;
    }
    int order = mp_ballot_compare(message->ballot, group->promised);
    if (order < 0) {
        refuse(replica, group, from, message, MP_MESSAGE_ACCEPTED, effects);
        return MP_OK;
    }
    report_owner(group, message->ballot, effects);
    if (order > 0) {
        mp__acceptor_raise(replica, group, message->ballot, effects);
        mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
    }
    group->heard = larger(group->heard, message->commit);
    mp__learner_advance(replica, group, effects);
    if ((message->flags & MP_FLAG_LEARN) != 0 && group->log.commit.index < message->commit) {
        mp__learner_fetch(replica, group, from, effects);
        return MP_OK;
    }
    bool behind = group->verified < message->point.index;
    mp__acceptor_acknowledge(replica, group, behind ? MP_OUTCOME_GAP : MP_OUTCOME_OK,
                             message->sequence, effects);
    return MP_OK;
}

/* An owner may answer reads if, after they arrived, a quorum had promised nothing higher. */
enum mp_status mp__acceptor_confirm(struct mp_replica *replica, struct mp__group *group,
                                    uint64_t from, const struct mp_message *message,
                                    struct mp_effects *effects) {
    if (message->ballot.node != from || message->ballot.round == 0) return MP_MALFORMED;
    if (!replica->options.votes || mp__mute(group)) return MP_OK;
    if (mp_ballot_compare(message->ballot, group->promised) < 0) {
        refuse(replica, group, from, message, MP_MESSAGE_CONFIRMED, effects);
        return MP_OK;
    }
    report_owner(group, message->ballot, effects);
    struct mp_message reply = mp__message(group, MP_MESSAGE_CONFIRMED, message->ballot);
    reply.sequence = message->sequence;
    mp__send(effects, from, 0, &reply, 0);
    return MP_OK;
}

enum mp_status mp__acceptor_fetch(struct mp_replica *replica, struct mp__group *group,
                                  uint64_t from, const struct mp_message *message,
                                  struct mp_effects *effects) {
    bool learn = (message->flags & MP_FLAG_LEARN) != 0;
    if (!learn && message->ballot.node != from) return MP_MALFORMED;
    if (message->point.index == 0) return MP_MALFORMED;
    if (!replica->options.votes) return MP_OK;

    /* Whoever learns that entries are committed must refuse every ballot below the one that
     * committed them, which is at most the promise here. */
    struct mp_message fetched =
        mp__message(group, MP_MESSAGE_FETCHED, learn ? group->promised : message->ballot);
    fetched.flags = message->flags & (MP_FLAG_LEARN | MP_FLAG_WAIT);
    fetched.sequence = message->sequence;
    bool refused = !learn && !mp_ballot_equal(message->ballot, group->promised);
    bool gone = group->lost || (mp__mute(group) && !learn);
    if (refused || gone) {
        fetched.outcome = gone ? MP_OUTCOME_GONE : MP_OUTCOME_REFUSED;
        fetched.point.ballot = group->promised;
        mp__send(effects, from, group->last_write, &fetched, 0);
        return MP_OK;
    }
    if (message->point.index <= group->trimmed.index &&
        message->point.index <= group->log.base.index) {
        fetched.outcome = MP_OUTCOME_TRIMMED;
        fetched.point = group->trimmed;
        mp__send(effects, from, 0, &fetched, 0);
        return MP_OK;
    }
    uint64_t through = learn ? group->log.commit.index : group->log.tip.index;
    if (message->point.index <= group->log.base.index) {
        /* It is read from storage. */
        uint64_t stored = mp__log_stored(replica, &group->log);
        if (stored < through) through = stored;
        if (fetched.commit > through) fetched.commit = through; /* Asking on would be in vain. */
    }
    struct mp_message frame = fetched;
    frame.kind = MP_MESSAGE_FRAME;
    effects->serve = (struct mp_serve){
        .to = from,
        .from = message->point.index,
        .through = through,
        .bytes = message->value < FETCH_BYTES_MAX ? message->value : FETCH_BYTES_MAX,
        .frame = frame,
        .fetched = fetched,
    };
    return MP_OK;
}
