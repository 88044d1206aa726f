/* Schedules as text: printed for a reader, and performed again. One move per line or between
 * commas; a number before it and words after `--` are for the reader:
 *
 *     options --clients --plant wiped     the scope, as on the command line
 *     after pull 1, calm                  what happened before the first move
 *     1. pull 2                           also: write, crash, invoke, read
 *     2. receive 1 8f3a6c21d0e4b977 -- PREPARE 1.2 from node 2
 *     3. ring 1 0                         the number of a timer
 *     4. configure 1 3                    the voters as bits: nodes 1 and 2
 *     calm                                deliver and write until nothing changes */
#ifndef EXHAUSTIVE_TRANSCRIPT_H
#define EXHAUSTIVE_TRANSCRIPT_H

#include <stdio.h>

#include "explore.h"

/* Say how the violation came about. */
void transcript_print(FILE *file, const struct scope *scope, const struct world *first,
                      const struct finding *finding);

/* Perform moves. Stops at a violation, and returns false then. `file` tells each move; or NULL. */
bool transcript_perform(const char *text, struct world *world, FILE *file,
                        char violation[VIOLATION_SIZE]);

/* The first world of a scope: what comes after `after`, with nothing of the scope used up. */
struct world transcript_first(const struct scope *scope);

#endif /* EXHAUSTIVE_TRANSCRIPT_H */
