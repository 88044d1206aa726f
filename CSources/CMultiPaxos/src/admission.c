/* Servers that lost their directory and were given a new one. The driver knows, with its operator's
 * word, that a server has a directory of another generation; here is when that one may vote.
 *
 * In a log: once a configuration that names it is committed and in its own log. Nobody but the
 * other voters can have voted for that entry, as the old directory is gone and the new one is mute.
 * So the entry's quorum Q is one of the voters before and of those after it, and it shares a voter
 * other than the server itself with every quorum, whichever directory of the server is counted in
 * it: (n/2 + 1) - 1 + (n/2 + 1) > n - 1.
 *  - Whatever was committed with a vote of the old directory is in the log of Q, as of any quorum.
 *  - A ballot above the entry's meets, in that shared voter, the entry itself: it adopts it, and it
 *    learns that no promise of the old directory counts (see may_adopt() in proposer.c). Without
 *    this a proposer that had such a promise could pass by what the new directory voted for.
 * In a log that began later than the directory: at once, because each voter that the log began with
 * knew the generation (`born`). Which logs are older is the driver's to tell, with HEARD. */
#include "assert.h"
#include "state.h"

void mp__admission_rank(struct mp_replica *replica) {
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        replica->ranks[i] = 0;
        for (uint32_t j = 0; j < replica->options.voter_count; j += 1) {
            replica->ranks[i] += replica->options.voters[j] < replica->options.voters[i];
        }
    }
}

uint32_t mp__admission_of(const struct mp_replica *replica, uint32_t admissions, uint32_t voter) {
    return mp_admissions_get(admissions, replica->options.voter_count, replica->ranks[voter]);
}

uint32_t mp__admission_merge(const struct mp_replica *replica, uint32_t a, uint32_t b) {
    if (a == b) return a;
    uint32_t merged = 0, servers = replica->options.voter_count;
    for (uint32_t rank = 0; rank < servers; rank += 1) {
        uint32_t left = mp_admissions_get(a, servers, rank);
        uint32_t right = mp_admissions_get(b, servers, rank);
        merged = mp_admissions_set(merged, servers, rank, left > right ? left : right);
    }
    return merged;
}

struct mp__config mp__admission_next(struct mp__config config, uint64_t voters,
                                     uint32_t admissions) {
    if (voters != 0) config.voters = voters;
    if (admissions != 0) config.admissions = admissions;
    return config;
}

bool mp__admission_follows(const struct mp_replica *replica, struct mp__config from,
                           struct mp__config to) {
    if (from.admissions == to.admissions) return mp_voters_adjacent(from.voters, to.voters);
    uint32_t changed = 0;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        uint32_t before = mp__admission_of(replica, from.admissions, i);
        uint32_t after = mp__admission_of(replica, to.admissions, i);
        if (after < before) return false;
        changed += after > before;
    }
    return from.voters == to.voters && changed == 1;
}

uint32_t mp__admission_known(const struct mp_replica *replica, const struct mp__group *group) {
    return mp__admission_merge(replica, group->log.tip_config.admissions, group->born);
}

bool mp__admission_begins(const struct mp_replica *replica) {
    return replica->options.generation ==
           mp__admission_of(replica, replica->options.admissions, replica->self);
}

bool mp__admission_superseded(const struct mp_replica *replica, const struct mp__group *group) {
    if (replica->self == MP_NONE) return false;
    uint32_t known = mp__admission_known(replica, group);
    return mp__admission_of(replica, known, replica->self) != replica->options.generation;
}

void mp__admission_update(struct mp_replica *replica, struct mp__group *group,
                          struct mp_effects *effects) {
    if (replica->self == MP_NONE) return;
    uint32_t known = mp__admission_merge(replica, group->log.commit_config.admissions, group->born);
    bool unnamed =
        mp__admission_of(replica, known, replica->self) != replica->options.generation;
    if (unnamed == group->unnamed) return;
    /* An owner is never here: its own log named its directory when it began. */
    if (unnamed && group->role != MP_FOLLOWING) mp__proposer_abandon(replica, group, effects);
    bool was_mute = mp__mute(group);
    group->unnamed = unnamed;
    mp__mute_count(replica, group, was_mute);
    /* Durable, because a restart loses what is known to be committed: two nodes that start together
     * may need each other's votes to find that out. */
    bool named = !unnamed && !group->lost && effects != NULL;
    if (named) mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
}

enum mp_status mp__admission_standing(struct mp_replica *replica, const struct mp_event *event) {
    uint32_t generation = event->standing.generation;
    bool votes = generation != MP_GENERATION_NONE;
    MP_ASSERT(replica->options.votes);
    MP_ASSERT(!votes || generation <= mp_generation_max(replica->options.voter_count));
    replica->options.admissions =
        mp__admission_merge(replica, replica->options.admissions, event->standing.admissions);
    if (generation == replica->options.generation) return MP_OK;
    /* A vote is given once; it is taken away by stopping. */
    MP_ASSERT(replica->options.generation == MP_GENERATION_NONE);
    replica->options.generation = generation;
    for (uint32_t i = 0; i < replica->group_slots; i += 1) {
        struct mp__group *group = &replica->groups[i];
        if (group->used) mp__admission_update(replica, group, NULL);
    }
    return MP_OK;
}

enum mp_status mp__admission_heard(struct mp_replica *replica, const struct mp_event *event,
                                   struct mp_effects *effects) {
    MP_ASSERT(replica->options.votes);
    if (mp__group_find(replica, event->group) != NULL) return MP_STALE;
    struct mp__group *group = mp__group_make(replica, event->group);
    if (group == NULL) return MP_BUSY;
    group->born = mp_admissions_set(group->born, replica->options.voter_count,
                                    replica->ranks[replica->self], 0);
    mp__admission_update(replica, group, NULL);
    mp__write(replica, group, effects, group->log.tip, 0, MP_NONE);
    mp__group_arm(replica, group);
    return MP_OK;
}
