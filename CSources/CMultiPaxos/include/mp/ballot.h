/* Ballots: the logical time of the model, a total order that no two proposers share. */
#ifndef MP_BALLOT_H
#define MP_BALLOT_H

#include <stdbool.h>
#include <stdint.h>

/* Set in the node id of a proposer without a vote: a random number, drawn anew at each start. */
#define MP_CLIENT_NODE ((uint64_t)1 << 63)

/* Ordered by round, then by node. Round 0 is no ballot at all and comes before every other. */
struct mp_ballot {
    uint64_t round;
    uint64_t node;
};

/* Less than, equal to, or greater than zero as a comes before, with, or after b. */
int mp_ballot_compare(struct mp_ballot a, struct mp_ballot b);

static inline bool mp_ballot_equal(struct mp_ballot a, struct mp_ballot b) {
    return a.round == b.round && a.node == b.node;
}

#endif /* MP_BALLOT_H */
