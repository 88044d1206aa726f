/* A log in which this node has no vote, and what it still takes of it.
 *
 * Three cases. One is in admission.c: the directory is new, and the log does not name it. The
 * others are of a log that storage cannot read in full.
 *
 * *Lost*: what was promised, or which batches the log holds, is not known. No message brings a
 * promise back, so the group takes no part here ever again. *Damaged*: promise and identities are
 * whole, and a frame is not. Nothing that was said is forgotten, but less is held
 * than was said: to promise, to acknowledge or to own would let a quorum rest on bytes that are
 * gone. So the node does none of these until the same frames are durable again, or until what is
 * committed has taken their place. What it may do is learn: a committed entry needs no vote. */
#include "assert.h"
#include "state.h"

void mp__mute_count(struct mp_replica *replica, const struct mp__group *group, bool was_mute) {
    MP_ASSERT(!group->lost || !group->damaged);
    bool mute = mp__mute(group);
    MP_ASSERT(!mute || group->role == MP_FOLLOWING);
    if (mute == was_mute) return;
    MP_ASSERT(mute || replica->lost_count > 0);
    if (mute && replica->lost_count == 0) replica->lost_us = replica->now_us;
    replica->lost_count += mute ? 1 : UINT32_MAX;
}

void mp__damage_found(struct mp_replica *replica, struct mp__group *group,
                      struct mp_effects *effects) {
    MP_ASSERT(replica->options.votes);
    if (group->lost || group->damaged) return;
    if (group->role != MP_FOLLOWING) mp__proposer_abandon(replica, group, effects);
    bool was_mute = mp__mute(group);
    group->damaged = true;
    mp__mute_count(replica, group, was_mute);
}

void mp__damage_learn(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                      const struct mp_message *message, struct mp_effects *effects) {
    MP_ASSERT(mp__mute(group) && !group->lost);
    MP_ASSERT(group->role == MP_FOLLOWING);
    int order = mp_ballot_compare(message->ballot, group->promised);
    if (order < 0) return;
    /* Silently: the higher ballot is kept because `heard` counts for none below it. */
    if (order > 0) {
        mp__acceptor_raise(replica, group, message->ballot, effects);
        mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
    }
    if (group->heard < message->commit) group->heard = message->commit;
    mp__learner_advance(replica, group, effects);
    if (group->log.commit.index < message->commit) {
        mp__learner_fetch(replica, group, from, effects);
    }
}

/* The proposer may need this very vote, and what is committed may give it: a name. */
void mp__damage_listen(struct mp_replica *replica, struct mp__group *group, uint64_t from,
                       const struct mp_message *message, struct mp_effects *effects) {
    MP_ASSERT(mp__mute(group));
    if (group->lost || message->commit <= group->log.commit.index) return;
    mp__learner_fetch(replica, group, from, effects);
}

enum mp_status mp__damage_repaired(struct mp_replica *replica, struct mp__group *group) {
    MP_ASSERT(!group->lost || !group->damaged);
    if (group->lost) return MP_STALE;
    if (!group->damaged) return MP_OK;
    group->damaged = false;
    mp__mute_count(replica, group, true);
    return MP_OK;
}
