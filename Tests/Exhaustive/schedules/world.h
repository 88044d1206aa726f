/* A state of the whole: all nodes, the letters that were ever sent to each, what was ever
 * committed, and how much of the scope is used up.
 *
 * A letter that was sent stays: it may be delivered at any later time and any number of times, or
 * never. So the network reorders, repeats and loses without limit, and the scope needs none. */
#ifndef EXHAUSTIVE_WORLD_H
#define EXHAUSTIVE_WORLD_H

#include "moves.h"

enum { WORLD_WORDS_MAX = 2 * PLACES_MAX + 3 };

struct world {
    uint32_t words[WORLD_WORDS_MAX];
};

void world_make(const struct scope *scope);
/* How many words of a world are in use. */
uint32_t world_size(void);
struct world world_first(void);

uint32_t world_state(const struct world *world, uint32_t place);
uint32_t world_inbox(const struct world *world, uint32_t place);
/* The last index that anybody knew to be committed. */
uint64_t world_committed(const struct world *world);

/* Every move from here that may lead to another world; valid until the next call. */
const struct offer *world_moves(const struct world *world, uint32_t *count);

/* The world after a move. False, and a sentence, if a property does not hold there. */
bool world_apply(const struct world *world, const struct offer *offer, struct world *next,
                 char violation[VIOLATION_SIZE]);

/* judge.c: what was ever committed is a list with a number; 0 is the empty one. */
void judge_make(const struct scope *scope);
uint64_t judge_end(uint32_t ledger);
/* Judge a world after a move of `place`, and note in its ledger what is newly committed. */
bool judge(struct world *world, uint32_t place, char violation[VIOLATION_SIZE]);

uint32_t *world_ledger(struct world *world);
/* As if nothing of the scope were used up yet. */
void world_forget_counts(struct world *world);

#endif /* EXHAUSTIVE_WORLD_H */
