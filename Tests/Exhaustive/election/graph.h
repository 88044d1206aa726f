/* Directed graphs of five nodes: who reaches whom. */
#ifndef EXHAUSTIVE_GRAPH_H
#define EXHAUSTIVE_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

enum { NODES = 5, LINKS = NODES * (NODES - 1), GRAPHS = 1 << LINKS, PERMUTATIONS = 120 };

/* Bit per link that is left: see graph_link(). */
typedef uint32_t graph;

static const graph graph_full = GRAPHS - 1;

/* The bit of the link from one node, 0 to 4, to another. */
graph graph_link(uint32_t from, uint32_t to);
bool graph_has(graph graph, uint32_t from, uint32_t to);
/* Links in both directions between one node and all others, and nothing else. */
graph graph_star(uint32_t hub);

/* A node is quorum-connected if it and the nodes to which it has links in both directions are a
 * majority of all. Bit per such node. */
uint32_t graph_connected(graph graph);

/* The graph with its nodes renamed by one of the 120 permutations. */
graph graph_renamed(graph graph, uint32_t permutation);

/* One graph of each class of graphs that are the same but for the names of the nodes, in rising
 * order. Returns how many; the array is the callee's. */
uint32_t graph_classes(const graph **classes);

#endif /* EXHAUSTIVE_GRAPH_H */
