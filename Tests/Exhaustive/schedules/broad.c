#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "explore.h"

/* Worlds of one depth, as words without the unused end. */
struct level {
    uint32_t *words;
    uint64_t count, max;
};

/* How each world was first reached, in the order in which they were found. */
struct origin {
    uint32_t from;
    move move;
};

struct broad {
    struct search *search;
    size_t size; /* Of a world, in bytes. */
    struct level here, next;
    struct origin *origins;
    uint64_t origin_max;
};

static void level_make(struct level *level, uint64_t bytes, size_t size) {
    *level = (struct level){.max = bytes / size};
    level->words = reserve(level->max * size);
}

static void level_clear(struct level *level, size_t size) {
    if (level->count > 0) (void)madvise(level->words, level->count * size, MADV_DONTNEED);
    level->count = 0;
}

/* Of the memory a quarter is for the hashes of worlds, one for the ways to them, and the rest for
 * the worlds of two depths. */
static void broad_make(struct broad *broad, struct search *search) {
    uint64_t quarter = search->scope->memory / 4;
    *broad = (struct broad){.search = search, .size = world_size() * sizeof(uint32_t)};
    seen_make(&search->seen, quarter / sizeof(uint64_t));
    broad->origin_max = search->seen.slots_max;
    if (broad->origin_max > UINT32_MAX) broad->origin_max = UINT32_MAX;
    broad->origins = reserve(broad->origin_max * sizeof *broad->origins);
    level_make(&broad->here, quarter, broad->size);
    level_make(&broad->next, quarter, broad->size);
}

static void broad_free(struct broad *broad) {
    munmap(broad->origins, broad->origin_max * sizeof *broad->origins);
    munmap(broad->here.words, broad->here.max * broad->size);
    munmap(broad->next.words, broad->next.max * broad->size);
    seen_free(&broad->search->seen);
}

static void add(struct broad *broad, const struct world *world, uint32_t from, move move) {
    uint64_t number = broad->search->finding->worlds;
    if (!search_is_new(broad->search, world)) return;
    uint8_t *at = (uint8_t *)broad->next.words + broad->next.count * broad->size;
    memcpy(at, world->words, broad->size);
    broad->next.count += 1;
    broad->origins[number] = (struct origin){.from = from, .move = move};
}

static void trace_back(const struct broad *broad, uint32_t from, move last) {
    struct path *path = &broad->search->finding->path;
    path->count = 1;
    for (uint32_t at = from; at != 0; at = broad->origins[at].from) path->count += 1;
    path->moves = calloc(path->count, sizeof *path->moves);
    if (path->moves == NULL) give_up("no memory");
    uint32_t left = path->count - 1;
    path->moves[left] = last;
    for (uint32_t at = from; at != 0; at = broad->origins[at].from) {
        left -= 1;
        path->moves[left] = broad->origins[at].move;
    }
}

/* Every move from one world. False if the search ends here. */
static bool expand(struct broad *broad, const struct world *world, uint32_t number) {
    struct finding *finding = broad->search->finding;
    uint32_t count = 0;
    const struct offer *moves = world_moves(world, &count);
    for (uint32_t i = 0; i < count; i += 1) {
        struct world next;
        finding->transitions += 1;
        if (!world_apply(world, &moves[i], &next, finding->violation)) {
            trace_back(broad, number, moves[i].move);
            return false;
        }
        finding->stopped = search_bound(broad->search);
        if (broad->next.count == broad->next.max) finding->stopped = "a level is too large";
        if (finding->stopped != NULL) return false;
        add(broad, &next, number, moves[i].move);
    }
    return true;
}

static bool expand_level(struct broad *broad, uint32_t first_number) {
    for (uint64_t i = 0; i < broad->here.count; i += 1) {
        struct world world = {0};
        memcpy(world.words, (const uint8_t *)broad->here.words + i * broad->size, broad->size);
        if (!expand(broad, &world, first_number + (uint32_t)i)) return false;
    }
    return true;
}

static void tell(const struct broad *broad) {
    const struct finding *finding = broad->search->finding;
    fprintf(stderr, "  depth %2u: %10llu new of %11llu worlds, %8llu states of a node, %.1f s\n",
            finding->depth, (unsigned long long)broad->next.count,
            (unsigned long long)finding->worlds, (unsigned long long)moves_states(),
            search_seconds(broad->search));
}

static void run(struct broad *broad) {
    struct finding *finding = broad->search->finding;
    while (broad->next.count > 0) {
        if (finding->depth == broad->search->scope->depth) return;
        struct level swap = broad->here;
        broad->here = broad->next;
        broad->next = swap;
        level_clear(&broad->next, broad->size);
        uint32_t first_number = (uint32_t)(finding->worlds - broad->here.count);
        if (!expand_level(broad, first_number)) return;
        finding->depth += 1;
        if (broad->search->loud) tell(broad);
    }
    finding->complete = true;
}

void search_broad(struct search *search, const struct world *first) {
    struct broad broad;
    broad_make(&broad, search);
    add(&broad, first, 0, 0);
    run(&broad);
    broad_free(&broad);
}
