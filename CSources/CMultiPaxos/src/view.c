/* What a replica looks like from outside: read-only, for drivers, status pages and tests. */
#include "assert.h"
#include "state.h"

static void view_of(const struct mp_replica *replica, const struct mp__group *group,
                    struct mp_group_view *view) {
    uint32_t in_flight = 0;
    uint32_t window_free = mp__owner_window(replica, group, &in_flight);
    bool owning = group->role == MP_OWNING;
    *view = (struct mp_group_view){
        .group = group->id,
        .role = group->role,
        .lost = group->lost || group->damaged,
        .damaged = group->damaged,
        .unnamed = group->unnamed,
        .ready = mp__owner_ready(group),
        .owner = owning ? group->ballot : group->promised,
        .promised = group->promised,
        .commit = group->log.commit,
        .tip = group->log.tip,
        .trimmed = group->trimmed,
        .verified = group->verified,
        .heard = group->heard,
        .voters = group->log.tip_config.voters,
        .voters_committed = group->log.commit_config.voters,
        .admissions = group->log.tip_config.admissions,
        .admissions_committed = group->log.commit_config.admissions,
        .in_flight = in_flight,
        .window_free = window_free,
    };
}

bool mp_replica_group(const struct mp_replica *replica, uint64_t id, struct mp_group_view *view) {
    *view = (struct mp_group_view){0};
    const struct mp__group *group = mp__group_find(replica, id);
    if (group == NULL) return false;
    view_of(replica, group, view);
    return true;
}

bool mp_replica_next_group(const struct mp_replica *replica, uint32_t *cursor,
                           struct mp_group_view *view) {
    *view = (struct mp_group_view){0};
    for (; *cursor < replica->group_slots; *cursor += 1) {
        const struct mp__group *group = &replica->groups[*cursor];
        if (!group->used) continue;
        view_of(replica, group, view);
        *cursor += 1;
        return true;
    }
    return false;
}

uint64_t mp_replica_match(const struct mp_replica *replica, uint64_t id, uint64_t node) {
    const struct mp__group *group = mp__group_find(replica, id);
    uint32_t voter = mp__voter(replica, node);
    if (group == NULL || voter == MP_NONE || group->role != MP_OWNING) return 0;
    return group->progress[voter].match;
}

uint64_t mp_replica_stored(const struct mp_replica *replica, uint64_t id) {
    const struct mp__group *group = mp__group_find(replica, id);
    return group == NULL ? 0 : mp__log_stored(replica, &group->log);
}

uint32_t mp_replica_generation(const struct mp_replica *replica, uint64_t id, uint64_t node) {
    const struct mp__group *group = mp__group_find(replica, id);
    uint32_t voter = mp__voter(replica, node);
    if (group == NULL || voter == MP_NONE) return 0;
    return mp__admission_of(replica, group->log.tip_config.admissions, voter);
}

bool mp_replica_identity(const struct mp_replica *replica, uint64_t id, uint64_t index,
                         struct mp_identity *identity) {
    *identity = (struct mp_identity){0};
    const struct mp__group *group = mp__group_find(replica, id);
    if (group == NULL) return false;
    uint32_t at = mp__log_holds(replica, &group->log, index);
    if (at == MP_NONE) return false;
    *identity = replica->batches[at].id;
    return true;
}

uint64_t mp_replica_serving(const struct mp_replica *replica) {
    return replica->election.serving;
}
