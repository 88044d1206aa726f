/* The table of groups, and the list of those that wait for a time. */
#include "assert.h"
#include "state.h"

static uint32_t slot_of(const struct mp_replica *replica, uint64_t id) {
    /* Ids are hashes already, except in tests: one multiplication spreads those too. */
    return (uint32_t)((id * 0x9e3779b97f4a7c15u) >> 32) & (replica->group_slots - 1);
}

static struct mp__group *probe(const struct mp_replica *replica, uint64_t id) {
    uint32_t slot = slot_of(replica, id);
    while (replica->groups[slot].used && replica->groups[slot].id != id) {
        slot = (slot + 1) & (replica->group_slots - 1);
    }
    return &replica->groups[slot];
}

struct mp__group *mp__group_find(const struct mp_replica *replica, uint64_t id) {
    struct mp__group *group = probe(replica, id);
    return group->used ? group : NULL;
}

struct mp__group *mp__group_make(struct mp_replica *replica, uint64_t id) {
    struct mp__group *group = probe(replica, id);
    if (group->used) return group;
    if (replica->group_count == replica->options.groups_max) return NULL;
    MP_ASSERT(replica->group_count < replica->group_slots);
    replica->group_count += 1;
    *group = (struct mp__group){
        .id = id,
        .used = true,
        .due = MP_NEVER,
        .notice_at = MP_NEVER,
        .confirm_at = MP_NEVER,
        .tips_at = MP_NEVER,
        .learn_deadline = MP_NEVER,
        .trim_at = MP_NEVER,
        .resend_at = MP_NEVER,
        .pull_deadline = MP_NEVER,
        .armed_before = MP_NONE,
        .armed_after = MP_NONE,
    };
    group->born = replica->options.admissions;
    mp__log_init(&group->log, (struct mp_point){0},
                 (struct mp__config){.voters = replica->options.configuration});
    mp__admission_update(replica, group, NULL);
    return group;
}

void mp__group_unmake(struct mp_replica *replica, struct mp__group *group) {
    MP_ASSERT(group->used && !group->armed && group->log.count == 0);
    MP_ASSERT(replica->group_count > 0);
    bool was_mute = mp__mute(group);
    *group = (struct mp__group){0};
    mp__mute_count(replica, group, was_mute);
    replica->group_count -= 1;
}

static uint32_t position(const struct mp_replica *replica, const struct mp__group *group) {
    return (uint32_t)(group - replica->groups);
}

static void enlist(struct mp_replica *replica, struct mp__group *group) {
    uint32_t at = position(replica, group);
    group->armed = true;
    group->armed_before = replica->armed_tail;
    group->armed_after = MP_NONE;
    if (replica->armed_tail != MP_NONE) replica->groups[replica->armed_tail].armed_after = at;
    if (replica->armed_head == MP_NONE) replica->armed_head = at;
    replica->armed_tail = at;
}

static void delist(struct mp_replica *replica, struct mp__group *group) {
    MP_ASSERT(group->armed);
    uint32_t before = group->armed_before, after = group->armed_after;
    if (before == MP_NONE) replica->armed_head = after;
    if (before != MP_NONE) replica->groups[before].armed_after = after;
    if (after == MP_NONE) replica->armed_tail = before;
    if (after != MP_NONE) replica->groups[after].armed_before = before;
    group->armed = false;
}

static uint64_t earlier(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t due(const struct mp_replica *replica, const struct mp__group *group) {
    uint64_t learn = group->learn_sequence != 0 ? group->learn_deadline : MP_NEVER;
    uint64_t at = earlier(group->trim_at, earlier(learn, group->tips_at));
    switch (group->role) {
        case MP_FOLLOWING:
            return at;
        case MP_PREPARING:
        case MP_ADOPTING:
            return earlier(at, earlier(group->pull_deadline, group->resend_at));
        case MP_OWNING:
            return earlier(at, mp__owner_due(replica, group));
    }
    MP_UNREACHABLE();
}

void mp__group_arm(struct mp_replica *replica, struct mp__group *group) {
    group->due = due(replica, group);
    if (group->due == MP_NEVER && group->armed) delist(replica, group);
    if (group->due != MP_NEVER && !group->armed) enlist(replica, group);
    if (group->due < replica->earliest) replica->earliest = group->due;
}
