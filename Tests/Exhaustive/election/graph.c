#include "graph.h"

#include <stdlib.h>

#include "../common/table.h"

graph graph_link(uint32_t from, uint32_t to) {
    return 1u << (from * (NODES - 1) + (to > from ? to - 1 : to));
}

bool graph_has(graph graph, uint32_t from, uint32_t to) {
    return (graph & graph_link(from, to)) != 0;
}

graph graph_star(uint32_t hub) {
    graph star = 0;
    for (uint32_t i = 0; i < NODES; i += 1) {
        if (i != hub) star |= graph_link(hub, i) | graph_link(i, hub);
    }
    return star;
}

uint32_t graph_connected(graph graph) {
    uint32_t connected = 0;
    for (uint32_t i = 0; i < NODES; i += 1) {
        uint32_t both = 1;
        for (uint32_t j = 0; j < NODES; j += 1) {
            if (j != i) both += graph_has(graph, i, j) && graph_has(graph, j, i);
        }
        if (both > NODES / 2) connected |= 1u << i;
    }
    return connected;
}

/* The permutation with this number: each digit of the number picks one of the names left. */
static void permute(uint32_t permutation, uint32_t names[NODES]) {
    uint32_t left[NODES], count = NODES;
    for (uint32_t i = 0; i < NODES; i += 1) left[i] = i;
    for (uint32_t i = 0; i < NODES; i += 1) {
        uint32_t pick = permutation % count;
        permutation /= count;
        names[i] = left[pick];
        count -= 1;
        left[pick] = left[count];
    }
}

graph graph_renamed(graph graph, uint32_t permutation) {
    uint32_t names[NODES], renamed = 0;
    permute(permutation, names);
    for (uint32_t i = 0; i < NODES; i += 1) {
        for (uint32_t j = 0; j < NODES; j += 1) {
            if (i != j && graph_has(graph, i, j)) renamed |= graph_link(names[i], names[j]);
        }
    }
    return renamed;
}

uint32_t graph_classes(const graph **classes) {
    static graph *found;
    static uint32_t count;
    *classes = found;
    if (found != NULL) return count;
    found = reserve(GRAPHS * sizeof *found);
    bool *seen = reserve(GRAPHS);
    for (graph graph = 0; graph < GRAPHS; graph += 1) {
        if (seen[graph]) continue;
        found[count] = graph;
        count += 1;
        for (uint32_t i = 0; i < PERMUTATIONS; i += 1) seen[graph_renamed(graph, i)] = true;
    }
    *classes = found;
    return count;
}
