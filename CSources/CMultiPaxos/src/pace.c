/* The pace of a voter that catches up: what it writes shares disks and cores with what clients
 * write. It learns a quarter more than is committed meanwhile, so that it always comes nearer, and
 * never less than a floor. Where nothing is committed nobody is disturbed: it learns at once. */
#include "state.h"

enum {
    FLOOR = 16000, /* Bytes in a millisecond. */
    AHEAD = 4,     /* A quarter. */
};

/* What was learned and committed is counted for one election timeout, and then anew: clients that
 * wrote much a while ago are no reason to wait. */
static void count_anew(const struct mp_replica *replica, struct mp__group *group) {
    struct mp__pace *pace = &group->pace;
    pace->since_us = replica->now_us;
    pace->first = group->log.commit.index;
    pace->bytes = 0;
    pace->began = pace->seen;
}

static void see(const struct mp_replica *replica, struct mp__pace *pace, uint64_t commit) {
    if (pace->seen >= commit) return;
    pace->seen = commit;
    pace->grown_us = replica->now_us;
}

void mp__pace_begin(const struct mp_replica *replica, struct mp__group *group) {
    see(replica, &group->pace, group->heard);
    group->pace.grown_us = replica->now_us;
    count_anew(replica, group);
}

bool mp__pace_allows(const struct mp_replica *replica, struct mp__group *group, uint64_t commit) {
    struct mp__pace *pace = &group->pace;
    uint64_t timeout_us = replica->options.timeout_us;
    see(replica, pace, commit);
    bool quiet = replica->now_us - pace->grown_us > timeout_us / 2;
    if (quiet || replica->now_us - pace->since_us >= timeout_us) {
        count_anew(replica, group);
        return true;
    }
    return mp__pace_resume_us(replica, group) <= replica->now_us;
}

static uint64_t smaller(uint64_t a, uint64_t b) {
    return a < b ? a : b;
}

static uint64_t at_least_us(const struct mp_replica *replica, const struct mp__group *group) {
    uint64_t floor = replica->options.learn_floor;
    return group->pace.bytes * 1000 / (floor == 0 ? FLOOR : floor);
}

/* If clients go on as they did since the count began. */
static uint64_t behind_clients_us(const struct mp_replica *replica, const struct mp__group *group) {
    const struct mp__pace *pace = &group->pace;
    uint64_t learned = group->log.commit.index - pace->first;
    uint64_t allowed = (pace->seen - pace->began) * (AHEAD + 1) / AHEAD;
    if (allowed == 0) return MP_NEVER;
    return (replica->now_us - pace->since_us) * learned / allowed;
}

uint64_t mp__pace_resume_us(const struct mp_replica *replica, const struct mp__group *group) {
    uint64_t lasts_us = smaller(at_least_us(replica, group), behind_clients_us(replica, group));
    return group->pace.since_us + smaller(lasts_us, replica->options.timeout_us);
}
