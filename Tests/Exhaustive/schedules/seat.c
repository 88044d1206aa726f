#include "seat.h"

#include <stdlib.h>
#include <string.h>

#include "../../../CSources/CMultiPaxos/src/state.h"
#include "../common/table.h"

/* Lives begin this far apart, so that numbers drawn from the clock never meet. */
enum { LIFE_US = 1 << 20 };

enum timer {
    TIMER_PULL,    /* A pull gives up. */
    TIMER_RESEND,  /* A pull asks again. */
    TIMER_NOTICE,  /* An owner tells the commit point. */
    TIMER_LEARN,   /* A fetch of committed entries is asked of another. */
    TIMER_CONFIRM, /* A read barrier asks again. */
    TIMER_TIPS,
    TIMER_TRIM,
    TIMER_STREAM, /* From here on: the owner sends again to this voter. */
};

void seat_make(struct seat *seat, const struct mp_options *options) {
    *seat = (struct seat){.options = *options, .size = mp_replica_size(options)};
    seat->memory = reserve(seat->size);
    seat_reset(seat, 0);
}

void seat_reset(struct seat *seat, uint32_t life) {
    seat->now_us = (life + 1ull) * LIFE_US;
    enum mp_status status =
        mp_replica_init(seat->memory, seat->size, &seat->options, &seat->replica);
    if (status != MP_OK) give_up("mp_replica_init: %s", mp_status_text(status));
}

void seat_stop_election(struct seat *seat) {
    seat->replica->election.tick_at = MP_NEVER;
}

static struct mp__group *group_of(const struct seat *seat) {
    return mp__group_find(seat->replica, GROUP);
}

/* The timer if the state of the group is one in which it can go off, else NULL. */
static uint64_t *find_timer(const struct seat *seat, uint32_t timer) {
    struct mp__group *group = group_of(seat);
    if (group == NULL) return NULL;
    bool proposing = group->role == MP_PREPARING || group->role == MP_ADOPTING;
    bool owning = group->role == MP_OWNING;
    switch (timer) {
        case TIMER_PULL:
            return proposing ? &group->pull_deadline : NULL;
        case TIMER_RESEND:
            return proposing ? &group->resend_at : NULL;
        case TIMER_NOTICE:
            return owning ? &group->notice_at : NULL;
        case TIMER_LEARN:
            return group->learn_sequence != 0 ? &group->learn_deadline : NULL;
        case TIMER_CONFIRM:
            return owning ? &group->confirm_at : NULL;
        case TIMER_TIPS:
            return &group->tips_at;
        case TIMER_TRIM:
            return &group->trim_at;
        default:
            break;
    }
    uint32_t voter = timer - TIMER_STREAM;
    bool streams = owning && voter < seat->options.voter_count && voter != seat->replica->self;
    return streams ? &group->progress[voter].resend_at : NULL;
}

const char *seat_timer_name(uint32_t timer) {
    static const char *const names[] = {"pull", "resend", "notice", "learn",
                                        "confirm", "tips", "trim"};
    return timer < TIMER_STREAM ? names[timer] : "stream";
}

uint32_t seat_timers(const struct seat *seat) {
    uint32_t armed = 0;
    for (uint32_t i = 0; i < TIMERS_MAX; i += 1) {
        const uint64_t *at = find_timer(seat, i);
        if (at != NULL && *at != MP_NEVER) armed |= 1u << i;
    }
    return armed;
}

void seat_ring(struct seat *seat, uint32_t timer) {
    uint64_t *at = find_timer(seat, timer);
    if (at == NULL || *at == MP_NEVER) give_up("timer %u is not armed", timer);
    *at = seat->now_us;
    mp__group_arm(seat->replica, group_of(seat));
}

uint64_t seat_streams(const struct seat *seat) {
    const struct mp__group *group = group_of(seat);
    uint64_t most = 0;
    if (group == NULL || group->role != MP_OWNING) return 0;
    for (uint32_t i = 0; i < seat->options.voter_count; i += 1) {
        if (group->progress[i].stream > most) most = group->progress[i].stream;
    }
    return most;
}

uint64_t seat_fetches(const struct seat *seat) {
    return seat->replica->last_sequence - seat->now_us;
}

/* Batches in the order of the log from the front of the pool on; the free ones in order behind. */
static void order_pool(struct seat *seat, struct mp__group *group) {
    struct mp_replica *replica = seat->replica;
    uint32_t max = seat->options.batches_max, count = 0;
    struct mp__batch *copy = calloc(max, sizeof *copy);
    if (copy == NULL) give_up("no memory");
    for (uint32_t at = group == NULL ? MP_NONE : group->log.head; at != MP_NONE;
         at = replica->batches[at].after) {
        copy[count] = replica->batches[at];
        copy[count].before = count == 0 ? MP_NONE : count - 1;
        copy[count].after = count + 1;
        count += 1;
    }
    if (count > 0) copy[count - 1].after = MP_NONE;
    for (uint32_t i = count; i < max; i += 1) {
        copy[i] = (struct mp__batch){.before = MP_NONE, .after = i + 1 == max ? MP_NONE : i + 1};
        if (i >= replica->batch_free_count + count) give_up("the pool of batches has lost some");
    }
    memcpy(replica->batches, copy, max * sizeof *copy);
    free(copy);
    replica->batch_free = count == max ? MP_NONE : count;
    if (group == NULL || count == 0) return;
    group->log.head = 0;
    group->log.tail = count - 1;
}

static void count_from(uint64_t *write, uint64_t durable) {
    *write = *write > durable ? *write - durable : 0;
}

/* What a role does not use is left over from an earlier one and is set anew before it is used.
 * `--audit` proves that for every state and event that it meets. */
static void clear_leftovers(struct mp__group *group) {
    bool proposing = group->role == MP_PREPARING || group->role == MP_ADOPTING;
    if (!proposing) {
        memset(group->promises, 0, sizeof group->promises);
        group->promise_write = 0;
        group->adopt_deadline = MP_NEVER;
        group->pull_deadline = MP_NEVER;
        group->resend_at = MP_NEVER;
    }
    if (group->role != MP_ADOPTING) {
        group->best = 0;
        group->adopted = (struct mp_point){0};
        group->adopt_sequence = 0;
        group->adopt_from = 0;
    }
    if (group->role == MP_OWNING) return;
    memset(group->progress, 0, sizeof group->progress);
    group->pushed = 0;
    group->own_first = 0;
    group->notice_at = MP_NEVER;
    if (!proposing) group->ballot = (struct mp_ballot){0};
}

static void still_timers(struct seat *seat, struct mp__group *group) {
    for (uint32_t i = 0; i < TIMERS_MAX; i += 1) {
        uint64_t *at = find_timer(seat, i);
        if (at != NULL && *at != MP_NEVER) *at = seat->now_us + 1;
    }
    bool proposing = group->role == MP_PREPARING || group->role == MP_ADOPTING;
    if (proposing) group->adopt_deadline = seat->now_us + 1;
    if (group->learn_sequence == 0) group->learn_deadline = MP_NEVER;
    for (uint32_t i = 0; group->role == MP_OWNING && i < seat->options.voter_count; i += 1) {
        group->progress[i].patience_us = seat->options.timeout_us;
    }
}

uint64_t seat_normalise(struct seat *seat) {
    struct mp_replica *replica = seat->replica;
    uint64_t durable = replica->durable_write;
    struct mp__group *group = group_of(seat);
    order_pool(seat, group);
    if (group != NULL) {
        clear_leftovers(group);
        if (seat->forgetful) group->heard = 0;
        still_timers(seat, group);
        count_from(&group->last_write, durable);
        count_from(&group->promise_write, durable);
        for (uint32_t i = 0; i < group->log.count; i += 1) {
            count_from(&replica->batches[i].write_id, durable);
        }
        mp__group_arm(replica, group);
    }
    count_from(&replica->last_write, durable);
    count_from(&replica->durable_write, durable);
    replica->earliest = group == NULL ? MP_NEVER : group->due;
    return durable;
}

/* The place of the group in the table: the ids of groups decide it, and there is one. */
static struct mp__group *slot(const struct seat *seat) {
    static uint32_t found = MP_NONE;
    for (uint32_t i = 0; found == MP_NONE && i < seat->replica->group_slots; i += 1) {
        if (seat->replica->groups[i].used) found = i;
    }
    return found == MP_NONE ? NULL : &seat->replica->groups[found];
}

void seat_save(const struct seat *seat, struct words *words) {
    const struct mp__group *group = slot(seat);
    words_put(words, seat->replica, sizeof *seat->replica);
    uint64_t used = group != NULL && group->used;
    words_put(words, &used, sizeof used);
    if (used == 0) return;
    words_put(words, group, sizeof *group);
    words_put(words, seat->replica->batches, group->log.count * sizeof *seat->replica->batches);
}

void seat_load(struct seat *seat, struct words *words) {
    struct mp__group *group = slot(seat);
    struct mp_replica *replica = seat->replica;
    words_get(words, replica, sizeof *replica);
    uint64_t used = 0;
    words_get(words, &used, sizeof used);
    if (group != NULL) memset(group, 0, sizeof *group);
    uint32_t count = 0, max = seat->options.batches_max;
    if (used != 0) words_get(words, group, sizeof *group);
    if (used != 0) count = group->log.count;
    words_get(words, replica->batches, count * sizeof *replica->batches);
    for (uint32_t i = count; i < max; i += 1) {
        replica->batches[i] =
            (struct mp__batch){.before = MP_NONE, .after = i + 1 == max ? MP_NONE : i + 1};
    }
    seat->now_us = replica->now_us;
}

void seat_save_raw(const struct seat *seat, struct words *words) {
    const struct mp_replica *replica = seat->replica;
    words_put(words, replica, sizeof *replica);
    words_put(words, replica->groups, replica->group_slots * sizeof *replica->groups);
    words_put(words, replica->batches, seat->options.batches_max * sizeof *replica->batches);
}

void seat_load_raw(struct seat *seat, struct words *words) {
    struct mp_replica *replica = seat->replica;
    words_get(words, replica, sizeof *replica);
    words_get(words, replica->groups, replica->group_slots * sizeof *replica->groups);
    words_get(words, replica->batches, seat->options.batches_max * sizeof *replica->batches);
    seat->now_us = replica->now_us;
}

uint64_t seat_durable(const struct seat *seat) {
    return seat->replica->durable_write;
}

uint64_t seat_confirm_round(const struct seat *seat) {
    const struct mp__group *group = group_of(seat);
    return group == NULL ? 0 : group->confirm_round;
}
