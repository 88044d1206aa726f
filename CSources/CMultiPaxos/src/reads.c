/* The read barrier: an owner asks a quorum whether its ballot still holds, with messages sent after
 * the reads arrived, and then answers them from its state. One round serves all reads that wait. */
#include "assert.h"
#include "state.h"

static bool known(const struct mp_replica *replica, const struct mp__group *group,
                  uint32_t voter) {
    return (group->confirm_acks & mp_voters_of(replica->options.voters[voter])) != 0;
}

static void ask(struct mp_replica *replica, struct mp__group *group, struct mp_effects *effects) {
    group->confirm_at = replica->now_us + replica->options.timeout_us / 4;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (i == replica->self || known(replica, group, i)) continue;
        struct mp_message confirm = mp__message(group, MP_MESSAGE_CONFIRM, group->ballot);
        confirm.sequence = group->confirm_round;
        mp__send(effects, replica->options.voters[i], 0, &confirm, 0);
    }
}

static void begin(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects);

static void count(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects) {
    if (!mp_voters_quorum(group->log.tip_config.voters, group->confirm_acks)) return;
    struct mp_outcome outcome = {
        .kind = MP_CONFIRMED,
        .group = group->id,
        .ballot = group->ballot,
        .point = group->log.commit,
        .sequence = group->confirm_round,
    };
    mp__outcome(effects, &outcome);
    group->confirm_at = MP_NEVER;
    if (!group->confirm_wanted) return;
    group->confirm_wanted = false;
    begin(replica, group, effects);
}

static void begin(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects) {
    group->confirm_round += 1;
    group->confirm_acks = replica->self == MP_NONE ? 0 : mp_voters_of(replica->options.node);
    ask(replica, group, effects);
    count(replica, group, effects);
}

enum mp_status mp__reads_confirm(struct mp_replica *replica, struct mp__group *group,
                                 struct mp_effects *effects) {
    if (group->role != MP_OWNING) return MP_STALE;
    if (!mp__owner_ready(group)) return MP_NOT_READY;
    if (group->confirm_at != MP_NEVER) {
        group->confirm_wanted = true;
        return MP_OK;
    }
    begin(replica, group, effects);
    return MP_OK;
}

enum mp_status mp__reads_confirmed(struct mp_replica *replica, struct mp__group *group,
                                   uint64_t from, const struct mp_message *message,
                                   struct mp_effects *effects) {
    uint32_t voter = mp__voter(replica, from);
    if (voter == MP_NONE) return MP_MALFORMED;
    if (group->role != MP_OWNING || !mp_ballot_equal(message->ballot, group->ballot)) return MP_OK;
    if (message->outcome == MP_OUTCOME_REFUSED) {
        return mp__proposer_refused(replica, group, message->point.ballot, effects);
    }
    bool running = group->confirm_at != MP_NEVER && message->sequence == group->confirm_round;
    if (!running) return MP_OK;
    group->confirm_acks |= mp_voters_of(from);
    count(replica, group, effects);
    return MP_OK;
}

void mp__reads_timeout(struct mp_replica *replica, struct mp__group *group,
                       struct mp_effects *effects) {
    if (group->role != MP_OWNING || group->confirm_at > replica->now_us) return;
    ask(replica, group, effects);
}
