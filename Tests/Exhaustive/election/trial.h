/* One trial: a cluster is calm, links are cut, and what follows is judged.
 *
 *  E1  A leader that is quorum-connected afterwards stays: nobody takes over.
 *  E2  Where a node is quorum-connected, one that is serves within 4 T.
 *  E3  From 4 T on exactly one node serves, it is quorum-connected, and nothing changes any more.
 *  E4  No node takes over twice, and all that do so do it within one round of heartbeats, in which
 *      several may try at once.
 *  E5  Where no node is quorum-connected, nobody serves from 4 T on.
 *  E6  Nobody takes over that is not quorum-connected.
 *
 * After a second cut E2, E3 and E5 hold, and takeovers end within four rounds. A node may then go
 * by answers of the links it had before, for as long as it takes answers for fresh. */
#ifndef EXHAUSTIVE_TRIAL_H
#define EXHAUSTIVE_TRIAL_H

#include "cluster.h"

enum { WITHOUT_FIRST_CUT = GRAPHS };

struct trial {
    graph first;     /* Links of a cut that came 8 T before; WITHOUT_FIRST_CUT: there was none. */
    graph graph;     /* Links that are left. */
    uint32_t leader; /* NODES: none, the nodes only start. */
    uint32_t phase;
    bool told;       /* The nodes learn which connections are gone. */
};

struct course {
    const char *broken;  /* The rule that does not hold; NULL: all do. */
    uint64_t progress_us; /* From the cut until somebody serves that may; 0: all the time. */
    uint64_t calm_us;     /* From the cut until nothing changes any more. */
    uint32_t takeovers;
    uint32_t rounds;      /* Rounds of heartbeats in which there were some. */
};

struct course trial_run(const struct trial *trial);
/* The command that repeats it, and what happened. The trial must be the last one that ran. */
void trial_tell(FILE *file, const struct trial *trial, const struct course *course);

#endif /* EXHAUSTIVE_TRIAL_H */
