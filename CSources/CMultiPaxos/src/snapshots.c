/* Where a log begins: it is trimmed behind a snapshot of what it made, and a snapshot of another
 * node takes the place of entries that no log holds any more. The core sees points only; the bytes
 * are the driver's, and durable before the events that name them. */
#include "assert.h"
#include "state.h"

static bool same(struct mp_point a, struct mp_point b) {
    return a.index == b.index && mp_ballot_equal(a.ballot, b.ballot) && a.checksum == b.checksum;
}

/* The tip as storage has it: what was only invoked has not been written. */
static struct mp_point stored_tip(const struct mp_replica *replica,
                                  const struct mp__group *group) {
    if (group->role != MP_OWNING || group->pushed == group->log.tip.index) return group->log.tip;
    struct mp_point point;
    bool at_end = mp__log_point(replica, &group->log, group->pushed, &point);
    MP_ASSERT(at_end);
    return point;
}

enum mp_status mp__snapshots_trim(struct mp_replica *replica, struct mp__group *group,
                                  struct mp_point point, struct mp_effects *effects) {
    if (!replica->options.votes || group->lost) return MP_STALE;
    if (point.index <= group->trimmed.index) return MP_STALE;
    if (point.index > group->log.commit.index) return MP_STALE;
    struct mp_point own;
    bool known = mp__log_point(replica, &group->log, point.index, &own);
    if (known && !same(own, point)) return MP_CONFLICT;
    group->trimmed = point;
    mp__write(replica, group, effects, stored_tip(replica, group), 0, MP_NONE);
    return MP_OK;
}

/* The own log does not hold the point: what is not committed of it is on another branch or short
 * of it, and the snapshot stands for what is. */
static void replace(struct mp_replica *replica, struct mp__group *group, struct mp_point point,
                    struct mp__config config, struct mp_effects *effects) {
    struct mp__log *log = &group->log;
    uint64_t truncate_from = 0;
    if (log->tip.index > log->commit.index) {
        truncate_from = log->commit.index + 1;
        mp__log_truncate(replica, log, truncate_from);
        mp__trace(replica, MP_TRACE_TRUNCATED, group, group->promised, point.ballot, log->tip, 0);
    }
    (void)mp__log_trim(replica, log);
    MP_ASSERT(log->count == 0 && log->uncommitted == 0);
    mp__log_init(log, point, config);
    effects->drop_from = 1;
    group->trimmed = point;
    group->verified = point.index;
    mp__trace(replica, MP_TRACE_INSTALLED, group, group->promised, point.ballot, point, 0);
    mp__trace(replica, MP_TRACE_COMMITTED, group, group->promised, point.ballot, point, 0);
    if (replica->options.votes) {
        mp__write(replica, group, effects, log->tip, truncate_from, MP_NONE);
    }
    mp__admission_update(replica, group, effects);
}

/* Go on from where the log now ends: with what was fetched for, or by saying how far it is. */
static void resume(struct mp_replica *replica, struct mp__group *group,
                   struct mp_effects *effects) {
    if (group->role != MP_FOLLOWING) {
        mp__proposer_installed(replica, group, effects);
        return;
    }
    bool learning = group->learn_sequence != 0;
    group->learn_sequence = 0;
    group->learn_deadline = MP_NEVER;
    if (!replica->options.votes) return;
    if (learning && group->heard > group->log.commit.index) {
        mp__learner_fetch(replica, group, replica->options.voters[group->learn_from], effects);
        return;
    }
    if (mp__mute(group)) return;
    mp__acceptor_acknowledge(replica, group, MP_OUTCOME_OK, 0, effects);
}

enum mp_status mp__snapshots_install(struct mp_replica *replica, struct mp__group *group,
                                     const struct mp_event *event, struct mp_effects *effects) {
    struct mp_point point = event->install.point;
    struct mp_ballot ballot = event->install.ballot;
    struct mp__config config = {.voters = event->install.voters};
    if (config.voters == 0) config.voters = replica->options.configuration;
    config.admissions = mp__admission_merge(replica, event->install.admissions,
                                            group->log.commit_config.admissions);
    if (!mp_voters_valid(config.voters) || mp_ballot_compare(ballot, point.ballot) < 0) {
        return MP_MALFORMED;
    }
    if (group->lost || group->role == MP_OWNING) return MP_STALE;
    if (point.index <= group->log.commit.index) return MP_STALE;
    if (mp__absurd(group->promised, ballot)) return MP_MALFORMED;

    /* As in mp__learner_frame(): no acknowledgement to an owner before the one that committed. */
    bool raised = mp_ballot_compare(ballot, group->promised) > 0;
    if (raised) mp__acceptor_raise(replica, group, ballot, effects);
    struct mp_point own;
    bool held = mp__log_point(replica, &group->log, point.index, &own) && same(own, point);
    if (!held) {
        replace(replica, group, point, config, effects);
    } else {
        mp__learner_commit(replica, group, point.index, effects);
        if (raised && replica->options.votes) {
            mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
        }
    }
    if (group->heard < point.index) group->heard = point.index;
    resume(replica, group, effects);
    return MP_OK;
}
