/* The scopes that are explored at every check, and the mistakes that must be found. */
#ifndef EXHAUSTIVE_SUITE_H
#define EXHAUSTIVE_SUITE_H

#include <stdio.h>

#include "explore.h"

/* The scope holds; a violation was found; neither before a bound was reached. An exit code. */
enum verdict { HOLDS = 0, VIOLATED = 1, UNDECIDED = 3 };

/* Explore one scope and print one line; a violation is printed as a transcript to `file`. */
enum verdict suite_explore(const struct scope *scope, FILE *file);

/* Every scope of the check. True if all of them hold, and were covered completely. */
bool suite_check(void);

/* Every planted mistake is found, its transcript repeats it, and without the mistake the same
 * scope holds. */
bool suite_self_test(void);

/* Perform the transcript in `text`. True if it ends in a violation, which is printed. */
bool suite_replay(const char *text, bool loud);

#endif /* EXHAUSTIVE_SUITE_H */
