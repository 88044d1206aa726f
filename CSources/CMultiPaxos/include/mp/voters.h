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

/* Admissions: how often each server was admitted anew, because it had lost its directory. Votes
 * belong to a directory, not to a machine: a voter is a server of one generation. Generation 0 is
 * the directory that the cluster began with. All servers share one word, in the order of their
 * ids, each with as many bits: 10 for three servers, 6 for five, 3 for nine. */

/* The highest generation that a word has room for. */
static inline uint32_t mp_generation_max(uint32_t servers) {
    return servers < 2 ? 0xffff : ((uint32_t)1 << (32 / servers)) - 1;
}

/* The generation of the server whose id has so many below it. */
static inline uint32_t mp_admissions_get(uint32_t admissions, uint32_t servers, uint32_t rank) {
    return admissions >> (32 / servers * rank) & mp_generation_max(servers);
}

/* The same word, with another generation of that server. */
static inline uint32_t mp_admissions_set(uint32_t admissions, uint32_t servers, uint32_t rank,
                                         uint32_t generation) {
    uint32_t shift = 32 / servers * rank;
    return (admissions & ~(mp_generation_max(servers) << shift)) | generation << shift;
}

#endif /* MP_VOTERS_H */
