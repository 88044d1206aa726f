/* Where one replica lives: the memory of a real core, and how its state is put in a form in which
 * states that behave alike are equal bytes. */
#ifndef EXHAUSTIVE_SEAT_H
#define EXHAUSTIVE_SEAT_H

#include "mp/replica.h"
#include "words.h"

/* The one object of the exploration. */
enum { GROUP = 1 };

/* T of the replicas. No clock runs: see seat_timer(). */
enum { T_US = 1000 };

struct seat {
    void *memory;
    size_t size;
    struct mp_options options;
    struct mp_replica *replica;
    bool forgetful;  /* A mistake, planted: the normal form leaves out something that matters. */
    uint64_t now_us; /* Stands still during a life, and is later in the next. */
};

void seat_make(struct seat *seat, const struct mp_options *options);

/* A replica as mp_replica_init() leaves it, at the time of its `life`, from 0. */
void seat_reset(struct seat *seat, uint32_t life);

/* After MP_EVENT_START: no election takes place, as it never touches a group. */
void seat_stop_election(struct seat *seat);

/* Bring the state into its normal form. The numbers of writes then count from the last durable
 * one, whose number until now is returned. */
uint64_t seat_normalise(struct seat *seat);

/* The state as few bytes, and back. */
void seat_save(const struct seat *seat, struct words *words);
void seat_load(struct seat *seat, struct words *words);

/* The same for a state that is not in its normal form. */
void seat_save_raw(const struct seat *seat, struct words *words);
void seat_load_raw(struct seat *seat, struct words *words);
uint64_t seat_durable(const struct seat *seat);

/* The timers of the object. Time is not modelled: a timer is armed or not, and each armed one may
 * go off at any moment, whatever the others do. */
enum { TIMERS_MAX = 16 };

/* Bit per armed timer. */
uint32_t seat_timers(const struct seat *seat);
/* Make one armed timer due now; MP_EVENT_TIMEOUT then makes it go off, and no other. */
void seat_ring(struct seat *seat, uint32_t timer);
const char *seat_timer_name(uint32_t timer);

/* How often the owner here started a stream again, and how many fetches this life began: both
 * could go on for ever, so the scope bounds them. */
uint64_t seat_streams(const struct seat *seat);
uint64_t seat_fetches(const struct seat *seat);

/* The round of the read barrier under way, for a planted mistake. */
uint64_t seat_confirm_round(const struct seat *seat);

#endif /* EXHAUSTIVE_SEAT_H */
