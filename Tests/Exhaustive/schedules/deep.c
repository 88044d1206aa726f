#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "explore.h"

enum { PATH_MAX_MOVES = 4096, OFFERS_MAX = 1 << 20 };

/* A world on the current path, and those of its moves that were not made yet. */
struct stop {
    struct world world;
    uint32_t first, left; /* In the list of offers of the whole path. */
    move by;              /* The move that led here. */
};

struct deep {
    struct search *search;
    struct stop *stops;
    uint32_t count;
    struct offer *offers;
    uint32_t offer_count;
};

static void enter(struct deep *deep, const struct world *world, move by) {
    if (deep->count == PATH_MAX_MOVES) give_up("a path has over %d moves", PATH_MAX_MOVES);
    uint32_t count = 0;
    const struct offer *moves = world_moves(world, &count);
    if (deep->offer_count + count > OFFERS_MAX) give_up("too many moves along a path");
    memcpy(deep->offers + deep->offer_count, moves, count * sizeof *moves);
    deep->stops[deep->count] =
        (struct stop){.world = *world, .first = deep->offer_count, .left = count, .by = by};
    deep->offer_count += count;
    deep->count += 1;
    uint32_t *longest = &deep->search->finding->depth;
    if (deep->count - 1 > *longest) *longest = deep->count - 1;
}

static void leave(struct deep *deep) {
    deep->count -= 1;
    deep->offer_count = deep->stops[deep->count].first;
}

static void keep_path(const struct deep *deep, move last) {
    struct path *path = &deep->search->finding->path;
    path->count = deep->count;
    path->moves = calloc(path->count, sizeof *path->moves);
    if (path->moves == NULL) give_up("no memory");
    for (uint32_t i = 1; i < deep->count; i += 1) path->moves[i - 1] = deep->stops[i].by;
    path->moves[deep->count - 1] = last;
}

static void tell(struct search *search) {
    const struct finding *finding = search->finding;
    if (!search->loud || finding->worlds % (1 << 22) != 0) return;
    fprintf(stderr, "  %11llu worlds, longest path %u, %8llu states of a node, %.1f s\n",
            (unsigned long long)finding->worlds, finding->depth,
            (unsigned long long)moves_states(), search_seconds(search));
}

/* The next move of the last world of the path. False if the search ends here. */
static bool advance(struct deep *deep) {
    struct finding *finding = deep->search->finding;
    struct stop *stop = &deep->stops[deep->count - 1];
    if (stop->left == 0) {
        leave(deep);
        return true;
    }
    stop->left -= 1;
    struct offer offer = deep->offers[stop->first + stop->left];
    struct world next;
    finding->transitions += 1;
    if (!world_apply(&stop->world, &offer, &next, finding->violation)) {
        keep_path(deep, offer.move);
        return false;
    }
    finding->stopped = search_bound(deep->search);
    if (finding->stopped != NULL) return false;
    if (!search_is_new(deep->search, &next)) return true;
    tell(deep->search);
    enter(deep, &next, offer.move);
    return true;
}

void search_deep(struct search *search, const struct world *first) {
    struct deep deep = {.search = search};
    seen_make(&search->seen, search->scope->memory / sizeof(uint64_t));
    deep.stops = calloc(PATH_MAX_MOVES, sizeof *deep.stops);
    deep.offers = calloc(OFFERS_MAX, sizeof *deep.offers);
    if (deep.stops == NULL || deep.offers == NULL) give_up("no memory");
    (void)search_is_new(search, first);
    enter(&deep, first, 0);
    while (deep.count > 0 && advance(&deep)) continue;
    search->finding->complete = deep.count == 0;
    free(deep.stops);
    free(deep.offers);
    seen_free(&search->seen);
}
