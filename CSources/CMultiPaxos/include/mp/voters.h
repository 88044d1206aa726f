/* Sets of voters. A configuration is the set of nodes whose votes count; node n is bit n - 1. */
#ifndef MP_VOTERS_H
#define MP_VOTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "mp/limits.h"

_Static_assert(MP_NODE_MAX == 64, "a set of voters is one bit per node in 64");

/* The set of one node; the empty one for what can never vote. */
static inline uint64_t mp_voters_of(uint64_t node) {
    return node >= 1 && node <= MP_NODE_MAX ? (uint64_t)1 << (node - 1) : 0;
}

static inline uint32_t mp_voters_count(uint64_t voters) {
    return (uint32_t)__builtin_popcountll(voters);
}

/* Whether a set can be a configuration at all. */
static inline bool mp_voters_valid(uint64_t voters) {
    return voters != 0 && mp_voters_count(voters) <= MP_VOTERS_MAX;
}

/* Whether those who agree are a quorum of a configuration: more than half of it. */
static inline bool mp_voters_quorum(uint64_t voters, uint64_t agreeing) {
    return mp_voters_count(voters & agreeing) > mp_voters_count(voters) / 2;
}

/* R1+ of Adore (Honoré, Shin, Kim, Shao, PLDI 2022): two configurations that differ in at most one
 * node. Any quorum of the one then meets any quorum of the other. */
static inline bool mp_voters_adjacent(uint64_t a, uint64_t b) {
    return mp_voters_count(a ^ b) <= 1;
}

#endif /* MP_VOTERS_H */
