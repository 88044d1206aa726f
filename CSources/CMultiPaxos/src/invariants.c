/* Every invariant of a replica, in one place. Numbers are those of docs/ARCHITECTURE.md. */
#include "assert.h"
#include "state.h"

static bool same_config(struct mp__config a, struct mp__config b) {
    return a.voters == b.voters && a.admissions == b.admissions;
}

/* What one batch owes to the one before it. */
static void check_batch(const struct mp_replica *replica, const struct mp__log *log,
                        const struct mp__batch *before, const struct mp__batch *batch) {
    /* I1: contiguous, a hash chain, ballots never fall. */
    MP_ASSERT(batch->id.first == before->id.last + 1 && batch->id.last >= batch->id.first);
    MP_ASSERT(batch->id.previous == before->id.checksum);
    MP_ASSERT(mp_ballot_equal(batch->id.ballot, before->id.ballot) ||
              mp_ballot_compare(batch->id.ballot, before->id.ballot) > 0);
    MP_ASSERT(batch->write_id <= replica->last_write);
    MP_ASSERT(batch->write_id == 0 || batch->write_id > log->unstored_write);
    /* I10: the voters in force are the last ones named, and so are their directories. */
    if (batch->id.voters == 0 && batch->id.admissions == 0) {
        MP_ASSERT(same_config(batch->config, before->config));
        return;
    }
    struct mp__config named =
        mp__admission_next(before->config, batch->id.voters, batch->id.admissions);
    MP_ASSERT(mp__admission_follows(replica, before->config, named));
    MP_ASSERT(same_config(batch->config, named) && mp_voters_valid(named.voters));
}

static uint32_t check_log(const struct mp_replica *replica, const struct mp__log *log,
                          uint64_t *bytes) {
    /* What the log begins with, as if it were a batch. */
    const struct mp__batch base = {.id = {.last = log->base.index,
                                          .ballot = log->base.ballot,
                                          .checksum = log->base.checksum},
                                   .config = log->base_config};
    const struct mp__batch *last = &base;
    bool commit_seen = log->commit.index == log->base.index;
    if (commit_seen) MP_ASSERT(same_config(log->commit_config, log->base_config));
    MP_ASSERT(log->head == MP_NONE || mp_voters_valid(log->base_config.voters));
    uint32_t count = 0, uncommitted = 0, before = MP_NONE;
    for (uint32_t i = log->head; i != MP_NONE; i = last->after) {
        const struct mp__batch *batch = &replica->batches[i];
        MP_ASSERT(batch->before == before);
        check_batch(replica, log, last, batch);
        /* I2: the commit point is the end of a batch. */
        if (batch->id.last == log->commit.index) {
            MP_ASSERT(same_config(log->commit_config, batch->config));
            commit_seen = true;
        }
        uncommitted += batch->id.last > log->commit.index;
        *bytes += batch->id.size;
        count += 1;
        before = i;
        last = batch;
    }
    MP_ASSERT(log->tail == before);
    MP_ASSERT(last->id.last == log->tip.index && last->id.checksum == log->tip.checksum);
    MP_ASSERT(mp_ballot_equal(last->id.ballot, log->tip.ballot));
    MP_ASSERT(commit_seen && same_config(log->tip_config, last->config));
    MP_ASSERT(log->base.index <= log->commit.index && log->commit.index <= log->tip.index);
    MP_ASSERT(count == log->count && uncommitted == log->uncommitted);
    MP_ASSERT(uncommitted <= MP_UNCOMMITTED_MAX);
    return count;
}

static void check_owner(const struct mp_replica *replica, const struct mp__group *group) {
    /* I5: an owner has promised its own ballot and nothing higher. */
    MP_ASSERT(mp_ballot_equal(group->ballot, group->promised));
    MP_ASSERT(group->ballot.node == replica->options.node);
    MP_ASSERT(group->pushed <= group->log.tip.index);
    MP_ASSERT(group->own_first == 0 || group->own_first <= group->log.tip.index);
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        /* I6: no voter acknowledges what was not pushed. */
        MP_ASSERT(group->progress[i].match <= group->pushed);
    }
}

/* I13: a server votes where the committed log, or the beginning of it, names its directory. */
static void check_admission(const struct mp_replica *replica, const struct mp__group *group) {
    if (replica->self == MP_NONE) {
        MP_ASSERT(!group->unnamed);
        return;
    }
    uint32_t known = mp__admission_merge(replica, group->log.commit_config.admissions, group->born);
    uint32_t named = mp__admission_of(replica, known, replica->self);
    MP_ASSERT(group->unnamed == (named != replica->options.generation));
}

static uint32_t beyond_share(uint32_t count) {
    return count > MP_SHARE ? count - MP_SHARE : 0;
}

static uint32_t check_group(const struct mp_replica *replica, const struct mp__group *group,
                            uint64_t *bytes) {
    uint32_t count = check_log(replica, &group->log, bytes);
    /* I3: no entry has a ballot above the promise. */
    MP_ASSERT(mp_ballot_compare(group->log.tip.ballot, group->promised) <= 0);
    /* I4: committed entries are verified, and nothing beyond the tip is. */
    MP_ASSERT(group->verified >= group->log.commit.index);
    MP_ASSERT(group->verified <= group->log.tip.index);
    /* I12: only what is committed is trimmed. */
    MP_ASSERT(group->trimmed.index <= group->log.commit.index);
    MP_ASSERT(group->last_write <= replica->last_write);
    MP_ASSERT(group->highest_round >= group->promised.round);
    /* I11: who has no vote proposes nothing, and a lost group is not also repairable. */
    MP_ASSERT(!mp__mute(group) || group->role == MP_FOLLOWING);
    MP_ASSERT(!group->lost || !group->damaged);
    check_admission(replica, group);
    if (group->role == MP_OWNING) check_owner(replica, group);
    if (group->role == MP_FOLLOWING) MP_ASSERT(group->own_first == 0);
    MP_ASSERT(group->armed == (group->due != MP_NEVER));
    return count;
}

void mp_replica_check(const struct mp_replica *replica) {
    uint32_t batches = 0, groups = 0, armed = 0, lent = 0, mute = 0;
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < replica->group_slots; i += 1) {
        const struct mp__group *group = &replica->groups[i];
        if (!group->used) continue;
        batches += check_group(replica, group, &bytes);
        lent += beyond_share(group->log.count);
        armed += group->armed;
        mute += mp__mute(group);
        groups += 1;
    }
    /* I7: the pools lose nothing. */
    MP_ASSERT(groups == replica->group_count && mute == replica->lost_count);
    MP_ASSERT(batches + replica->batch_free_count == replica->options.batches_max);
    MP_ASSERT(bytes == replica->named_bytes);
    /* I11: what is in nobody's share is lent, and no more. */
    MP_ASSERT(lent == replica->lent);
    MP_ASSERT(lent <= replica->options.batches_max - replica->options.groups_max * MP_SHARE);
    uint32_t listed = 0;
    for (uint32_t at = replica->armed_head; at != MP_NONE; at = replica->groups[at].armed_after) {
        listed += 1;
    }
    MP_ASSERT(listed == armed);
    /* I8: durable never leads what was asked for. */
    MP_ASSERT(replica->durable_write <= replica->last_write);
    /* I9: a serving node is known only while this node is happy with it. */
    MP_ASSERT(replica->election.serving == 0 ||
              replica->election.serving == replica->election.leader.node);
}

static uint64_t mix(uint64_t hash, uint64_t value) {
    return mp_hash_seeded(&value, sizeof value, hash);
}

static uint64_t mix_point(uint64_t hash, struct mp_point point) {
    hash = mix(mix(hash, point.index), point.checksum);
    return mix(mix(hash, point.ballot.round), point.ballot.node);
}

static uint64_t mix_group(uint64_t hash, const struct mp_replica *replica,
                          const struct mp__group *group) {
    hash = mix(mix(hash, group->id), (uint64_t)group->role);
    hash = mix(mix(hash, group->lost), group->damaged);
    hash = mix_point(mix_point(mix_point(hash, group->log.base), group->log.commit),
                     group->log.tip);
    hash = mix_point(hash, group->trimmed);
    hash = mix(mix(hash, group->promised.round), group->promised.node);
    hash = mix(mix(hash, group->verified), group->heard);
    hash = mix(mix(hash, group->log.commit_config.voters), group->log.tip_config.voters);
    hash = mix(mix(hash, group->log.commit_config.admissions), group->log.tip_config.admissions);
    hash = mix(mix(hash, group->born), group->unnamed);
    hash = mix(mix(hash, group->pushed), group->own_first);
    hash = mix(mix(hash, group->due), group->last_write);
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        hash = mix(mix(hash, group->progress[i].match), group->progress[i].next);
        hash = mix(hash, group->progress[i].full);
    }
    return hash;
}

uint64_t mp_replica_digest(const struct mp_replica *replica) {
    uint64_t hash = mix(replica->last_write, replica->durable_write);
    hash = mix(mix(hash, replica->now_us), replica->last_sequence);
    hash = mix(mix(hash, replica->election.leader.round), replica->election.leader.node);
    hash = mix(mix(hash, replica->election.round), replica->election.happy);
    hash = mix(mix(hash, replica->election.unhappy_rounds), replica->lost_count);
    hash = mix(mix(hash, replica->options.generation), replica->options.admissions);
    for (uint32_t i = 0; i < replica->group_slots; i += 1) {
        if (!replica->groups[i].used) continue;
        hash = mix_group(hash, replica, &replica->groups[i]);
    }
    return hash;
}
