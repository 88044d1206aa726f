#include "explore.h"

#include <time.h>

/* Time of the processor: others that use the machine change no figure and no bound. */
static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

double search_seconds(const struct search *search) {
    return now() - search->began;
}

bool search_is_new(struct search *search, const struct world *world) {
    uint64_t hash = mp_hash(world->words, world_size() * sizeof(uint32_t));
    if (!seen_add(&search->seen, hash)) return false;
    search->finding->worlds += 1;
    uint64_t committed = world_committed(world);
    if (committed > search->finding->committed) search->finding->committed = committed;
    return true;
}

const char *search_bound(const struct search *search) {
    uint32_t seconds = search->scope->seconds;
    if (seen_full(&search->seen)) return "the memory for worlds is full";
    bool look = seconds != 0 && search->finding->transitions % 1024 == 0;
    return look && search_seconds(search) > seconds ? "the time is up" : NULL;
}

void explore(const struct scope *scope, const struct world *first, bool loud,
             struct finding *finding) {
    struct search search = {.scope = scope, .finding = finding, .loud = loud, .began = now()};
    *finding = (struct finding){0};
    if (scope->depth != 0) {
        search_broad(&search, first);
    } else {
        search_deep(&search, first);
    }
    finding->seconds = search_seconds(&search);
}
