/* The scope on the command line, and in the first line of a transcript. */
#ifndef EXHAUSTIVE_OPTIONS_H
#define EXHAUSTIVE_OPTIONS_H

#include <stdio.h>

#include "scope.h"

struct scope options_default(void);

/* Read one option and its value, if it has one. Returns how many words it took, 0 if it is none. */
int options_read(struct scope *scope, int count, char *const *words);
void options_print(FILE *file, const struct scope *scope);
void options_help(FILE *file);

const char *mutant_option(enum mutant mutant);
const char *mutant_text(enum mutant mutant);

#endif /* EXHAUSTIVE_OPTIONS_H */
