/* The two searches. With a depth: breadth first, so that a violation is found on a shortest path,
 * and a depth that is reported is covered completely. Without one: depth first until there are no
 * more worlds, in which case every path of the scope was covered, whatever its length; it needs
 * eight bytes for a world. */
#ifndef EXHAUSTIVE_EXPLORE_H
#define EXHAUSTIVE_EXPLORE_H

#include "world.h"

struct path {
    uint32_t count;
    move *moves;
};

struct finding {
    uint64_t worlds;      /* Different ones. */
    uint64_t transitions; /* Moves made, those that led to known worlds included. */
    uint32_t depth;       /* Breadth first: covered completely. Depth first: the longest path. */
    uint64_t committed;   /* The highest index that was committed anywhere. */
    bool complete;        /* Every world of the scope was met. */
    const char *stopped;  /* What ended the search before its time; NULL: nothing. */
    double seconds;
    char violation[VIOLATION_SIZE]; /* Empty: none. */
    struct path path;               /* To the violation. */
};

void explore(const struct scope *scope, const struct world *first, bool loud,
             struct finding *finding);

/* The searches themselves, and what they share. */
struct search {
    const struct scope *scope;
    struct finding *finding;
    bool loud;
    struct seen seen;
    double began;
};

void search_broad(struct search *search, const struct world *first);
void search_deep(struct search *search, const struct world *first);

bool search_is_new(struct search *search, const struct world *world);
/* Why the search must end now; NULL if it need not. */
const char *search_bound(const struct search *search);
double search_seconds(const struct search *search);

#endif /* EXHAUSTIVE_EXPLORE_H */
