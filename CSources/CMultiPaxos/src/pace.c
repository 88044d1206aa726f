/* The pace of a voter that catches up: what it writes shares disks and cores with what clients
 * write. It learns a quarter more than is committed meanwhile, so that it always comes nearer, and
 * never less than FLOOR. Where nothing is committed nobody is disturbed, and it learns at once. */
#include "state.h"

enum {
    FLOOR = 16, /* Bytes in a microsecond. */
    AHEAD = 4,  /* A quarter. */
};

void mp__pace_begin(const struct mp_replica *replica, struct mp__group *group) {
    uint64_t seen = group->pace.seen;
    if (seen < group->heard) seen = group->heard;
    group->pace = (struct mp__pace){
        .since_us = replica->now_us,
        .grown_us = replica->now_us,
        .first = group->log.commit.index,
        .began = seen,
        .seen = seen,
    };
}

/* A server that was asked says within that time how much is committed, if it says anything. */
static bool is_quiet(const struct mp_replica *replica, const struct mp__pace *pace) {
    return replica->now_us - pace->grown_us > replica->options.timeout_us / 2;
}

bool mp__pace_allows(const struct mp_replica *replica, struct mp__group *group, uint64_t commit) {
    struct mp__pace *pace = &group->pace;
    if (pace->seen < commit) {
        pace->seen = commit;
        pace->grown_us = replica->now_us;
    }
    if (is_quiet(replica, pace)) {
        mp__pace_begin(replica, group);
        return true;
    }
    uint64_t learned = group->log.commit.index - pace->first;
    uint64_t grown = pace->seen - pace->began;
    return learned <= grown + grown / AHEAD || mp__pace_resume_us(group) <= replica->now_us;
}

uint64_t mp__pace_resume_us(const struct mp__group *group) {
    return group->pace.since_us + group->pace.bytes / FLOOR;
}
