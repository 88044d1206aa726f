/* Five real replicas that elect, links that are there or not, and a clock of its own. */
#ifndef EXHAUSTIVE_CLUSTER_H
#define EXHAUSTIVE_CLUSTER_H

#include <stdio.h>

#include "graph.h"

/* T, the time of one message, and the time at which everything begins. */
enum { T_US = 100000, DELAY_US = T_US / 50, BEGIN_US = 1000 };

/* In which order and how far apart the nodes start, and so judge: their ticks stay that far apart
 * for ever. */
enum { PHASES = 4 };

/* Mistakes, planted to show that the checks can fail. */
#define BLUNDER_MAP(X)                                                                   \
    X(NONE, "none", "no mistake")                                                        \
    X(RUMOUR, "rumour", "every answer says that its sender is happy")                    \
    X(MODEST, "modest", "no answer says that its sender is happy")                       \
    X(ONE_WAY, "one-way", "an answer needs only the link on which it was asked for")     \
    X(SLOW, "slow", "an answer comes after three rounds")

enum blunder {
#define X(name, option, text) BLUNDER_##name,
    BLUNDER_MAP(X)
#undef X
};

struct serving {
    uint64_t at;
    uint32_t node;   /* Who says so, 0 to 4. */
    uint32_t leader; /* Of whom; NODES: of nobody. */
};

void cluster_make(void);

/* Every node starts, with all links: settle, so that `leader` serves; NODES: start with the links
 * that come next, and without a leader. */
void cluster_start(uint32_t leader, uint32_t phase);

/* From now on only these links are left. With `told`, each node learns at once which of its links
 * are not there in both directions, as a driver does whose connections are reset. */
void cluster_cut(graph graph, bool told);

/* Let time pass. */
void cluster_run(uint64_t duration);
uint64_t cluster_now(void);

/* Whom a node takes for serving; NODES: nobody. */
uint32_t cluster_serving(uint32_t node);

/* Every change of that since the last cut, in order. */
const struct serving *cluster_changes(uint32_t *count);

void cluster_plant(enum blunder blunder);

#endif /* EXHAUSTIVE_CLUSTER_H */
