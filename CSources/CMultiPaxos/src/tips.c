/* The read barrier of a node that does not own: it must not pull, because a read never deposes an
 * owner. It asks a quorum for the tips of their logs and takes the best. Whatever was committed
 * when the read arrived is in that log, so a state applied through its length is fresh enough. */
#include "assert.h"
#include "state.h"

static void ask(struct mp_replica *replica, struct mp__group *group, struct mp_effects *effects) {
    group->tips_at = replica->now_us + replica->options.timeout_us / 4;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        uint64_t voter = mp_voters_of(replica->options.voters[i]);
        if (i == replica->self || (group->tips_acks & voter) != 0) continue;
        struct mp_message message = mp__message(group, MP_MESSAGE_ASK, (struct mp_ballot){0});
        message.sequence = group->tips_round;
        mp__send(effects, replica->options.voters[i], 0, &message, 0);
    }
}

static void begin(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects);

static void count(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects) {
    if (!mp_voters_quorum(group->tips_voters, group->tips_acks)) return;
    struct mp_outcome outcome = {
        .kind = MP_TIPPED,
        .group = group->id,
        .point = group->tips_best,
        .sequence = group->tips_round,
    };
    mp__outcome(effects, &outcome);
    group->tips_at = MP_NEVER;
    if (!group->tips_wanted) return;
    group->tips_wanted = false;
    begin(replica, group, effects);
}

static void begin(struct mp_replica *replica, struct mp__group *group,
                  struct mp_effects *effects) {
    bool has_log = replica->self != MP_NONE && !mp__mute(group);
    replica->last_sequence += 1;
    group->tips_round = replica->last_sequence;
    group->tips_acks = has_log ? mp_voters_of(replica->options.node) : 0;
    group->tips_best = has_log ? group->log.tip : (struct mp_point){0};
    group->tips_voters = has_log ? group->log.tip_config.voters : replica->options.configuration;
    ask(replica, group, effects);
    count(replica, group, effects);
}

enum mp_status mp__tips_begin(struct mp_replica *replica, struct mp__group *group,
                              struct mp_effects *effects) {
    if (group->tips_at != MP_NEVER) {
        group->tips_wanted = true;
        return MP_OK;
    }
    begin(replica, group, effects);
    return MP_OK;
}

enum mp_status mp__tips_asked(const struct mp_replica *replica, const struct mp__group *group,
                              uint64_t from, const struct mp_message *message,
                              struct mp_effects *effects) {
    if (!replica->options.votes || mp__mute(group)) return MP_OK;
    struct mp_message reply = mp__message(group, MP_MESSAGE_TIP, (struct mp_ballot){0});
    reply.point = group->log.tip;
    reply.value = group->log.tip_config.voters;
    reply.sequence = message->sequence;
    mp__send(effects, from, 0, &reply, 0);
    return MP_OK;
}

enum mp_status mp__tips_told(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                             const struct mp_message *message, struct mp_effects *effects) {
    uint32_t voter = mp__voter(replica, from);
    if (voter == MP_NONE || !mp_voters_valid(message->value)) return MP_MALFORMED;
    bool running = group->tips_at != MP_NEVER && message->sequence == group->tips_round;
    if (!running) return MP_OK;
    group->tips_acks |= mp_voters_of(from);
    if (mp__compare_tips(message->point, group->tips_best) > 0) {
        group->tips_best = message->point;
        group->tips_voters = message->value;
    }
    count(replica, group, effects);
    return MP_OK;
}

void mp__tips_timeout(struct mp_replica *replica, struct mp__group *group,
                      struct mp_effects *effects) {
    if (group->tips_at > replica->now_us) return;
    ask(replica, group, effects);
}
