#include "world.h"

#include <stdio.h>
#include <string.h>

enum { MOVES_MAX = 1 << 14, ASKED_BITS = 5 };

/* What of the scope was used up is counted in bytes of one word; reads share the next with what
 * they asked for. */
enum counter { COUNT_PULLS, COUNT_BATCHES, COUNT_CRASHES, COUNT_TIMERS };

static const struct scope *scope;
static uint32_t places;
static struct offer *moves;
static uint32_t move_count;

void world_make(const struct scope *of) {
    scope = of;
    places = scope_places(of);
    if (moves == NULL) moves = reserve(MOVES_MAX * sizeof *moves);
}

uint32_t world_size(void) {
    return 2 * places + 3;
}

static uint32_t *counters(struct world *world) {
    return &world->words[2 * places + 1];
}

/* For each place how much of the log was committed when it asked to read, plus one; 0: no read. */
static uint32_t *asked(struct world *world) {
    return &world->words[2 * places + 2];
}

uint32_t *world_ledger(struct world *world) {
    return &world->words[2 * places];
}

struct world world_first(void) {
    struct world world = {0};
    for (uint32_t i = 0; i < places; i += 1) world.words[i] = moves_first(i);
    return world;
}

uint32_t world_state(const struct world *world, uint32_t place) {
    return world->words[place];
}

uint32_t world_inbox(const struct world *world, uint32_t place) {
    return world->words[places + place];
}

uint64_t world_committed(const struct world *world) {
    return judge_end(world->words[2 * places]);
}

static uint32_t counted(const struct world *world, enum counter counter) {
    return world->words[2 * places + 1] >> (8 * counter) & 0xff;
}

/* The top two bits of the word of reads count them, and the two below changes of the voters. */
enum { READS_SHIFT = 30, CHANGES_SHIFT = 28 };

static uint32_t reads_done(const struct world *world) {
    return world->words[2 * places + 2] >> READS_SHIFT;
}

static uint32_t changes_done(const struct world *world) {
    return world->words[2 * places + 2] >> CHANGES_SHIFT & 3;
}

static void add_move(uint32_t state, move move) {
    const struct outcome *outcome = moves_outcome(state, move);
    if (outcome->refused && outcome->violation == 0) return;
    if (move_count == MOVES_MAX) give_up("too many moves from one world");
    moves[move_count] = (struct offer){.move = move, .outcome = outcome};
    move_count += 1;
}

static void add_own_moves(const struct world *world, uint32_t place) {
    uint32_t state = world_state(world, place);
    const struct facts *facts = moves_facts(state);
    bool proposes = scope_proposes(scope, place);
    bool owning = facts->role == MP_OWNING;
    bool proposing = facts->role == MP_PREPARING || facts->role == MP_ADOPTING;
    bool crashes = place < VOTERS ? scope->mutant != MUTANT_SAME_CLIENT
                                  : scope->mutant == MUTANT_SAME_CLIENT;
    if (facts->pending > 0) add_move(state, move_of(MOVE_WRITE, place, 0));
    if (crashes && counted(world, COUNT_CRASHES) < scope->crashes) {
        add_move(state, move_of(MOVE_CRASH, place, 0));
    }
    if (proposes && !proposing && counted(world, COUNT_PULLS) < scope->pulls) {
        add_move(state, move_of(MOVE_PULL, place, 0));
    }
    if (owning && facts->window_free > 0 && counted(world, COUNT_BATCHES) < scope->batches) {
        add_move(state, move_of(MOVE_INVOKE, place, 0));
    }
    for (uint32_t set = 1; owning && set < 1u << VOTERS; set += 1) {
        if (set == facts->voters || changes_done(world) >= scope->changes) continue;
        add_move(state, move_of(MOVE_CONFIGURE, place, set));
    }
    bool reads = facts->reading == READING_NOTHING && (owning ? facts->ready : !proposing);
    if (reads && reads_done(world) < scope->reads) add_move(state, move_of(MOVE_READ, place, 0));
    if (counted(world, COUNT_TIMERS) >= scope->timers) return;
    for (uint32_t i = 0; i < TIMERS_MAX; i += 1) {
        if (facts->timers >> i & 1) add_move(state, move_of(MOVE_RING, place, i));
    }
}

const struct offer *world_moves(const struct world *world, uint32_t *count) {
    move_count = 0;
    for (uint32_t i = 0; i < places; i += 1) {
        uint32_t offered = 0;
        const struct offer *offers =
            moves_offers(world_state(world, i), world_inbox(world, i), &offered);
        if (move_count + offered > MOVES_MAX) give_up("too many moves from one world");
        memcpy(moves + move_count, offers, offered * sizeof *offers);
        move_count += offered;
        add_own_moves(world, i);
    }
    *count = move_count;
    return moves;
}

static void count_move(struct world *world, move move) {
    static const uint32_t units[] = {
        [MOVE_PULL] = 1u << 8 * COUNT_PULLS,
        [MOVE_INVOKE] = 1u << 8 * COUNT_BATCHES,
        [MOVE_CRASH] = 1u << 8 * COUNT_CRASHES,
        [MOVE_RING] = 1u << 8 * COUNT_TIMERS,
        [MOVE_CONFIGURE] = 0,
    };
    enum move_kind kind = move_kind(move);
    if (kind == MOVE_READ) *asked(world) += 1u << READS_SHIFT;
    if (kind == MOVE_CONFIGURE) *asked(world) += 1u << CHANGES_SHIFT;
    if (kind < sizeof units / sizeof *units) *counters(world) += units[kind];
}

/* A read sees everything that was committed before it was asked. */
static bool judge_read(const struct world *before, struct world *next, const struct offer *offer,
                       char violation[VIOLATION_SIZE]) {
    uint32_t place = move_place(offer->move), shift = ASKED_BITS * place;
    uint32_t mask = (1u << ASKED_BITS) - 1;
    if (move_kind(offer->move) == MOVE_READ) {
        *asked(next) |= (uint32_t)(1 + world_committed(before)) << shift;
    }
    uint32_t wanted = *asked(next) >> shift & mask;
    if (offer->outcome->answer == 0 && !offer->outcome->dropped) return true;
    *asked(next) &= ~(mask << shift);
    if (offer->outcome->answer == 0 || wanted == 0 || offer->outcome->answer >= wanted) return true;
    snprintf(violation, VIOLATION_SIZE,
             "a read at node %u sees the log to %u, but %u was committed before it was asked",
             place + 1, offer->outcome->answer - 1, wanted - 1);
    return false;
}

bool world_apply(const struct world *world, const struct offer *offer, struct world *next,
                 char violation[VIOLATION_SIZE]) {
    const struct outcome *outcome = offer->outcome;
    uint32_t place = move_place(offer->move);
    *next = *world;
    next->words[place] = outcome->next;
    for (uint32_t i = 0; i < outcome->letter_count; i += 1) {
        uint32_t *inbox = &next->words[places + letter_to(outcome->letters[i])];
        *inbox = inbox_add(*inbox, outcome->letters[i]);
    }
    count_move(next, offer->move);
    if (outcome->violation != 0) {
        snprintf(violation, VIOLATION_SIZE, "%s", moves_violation(outcome->violation));
        return false;
    }
    return judge_read(world, next, offer, violation) && judge(next, place, violation);
}

void world_forget_counts(struct world *world) {
    *counters(world) = 0;
    *asked(world) &= (1u << CHANGES_SHIFT) - 1;
}
