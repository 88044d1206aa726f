#include "assert.h"

#include <stdio.h>
#include <stdlib.h>

void mp__lmdb_assert_failed(const char *cond, const char *file, int line) {
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, cond);
    abort();
}
