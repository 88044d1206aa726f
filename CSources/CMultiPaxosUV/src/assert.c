#include "assert.h"

#include <stdio.h>
#include <stdlib.h>

void mp_uv__assert_failed(const char *cond, const char *file, int line) {
    fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, cond);
    abort();
}

void *mp_uv__allocate(size_t size) {
    void *memory = calloc(1, size);
    MP_ASSERT(memory != NULL);
    return memory;
}

void *mp_uv__grow(void *memory, size_t size) {
    void *grown = realloc(memory, size);
    MP_ASSERT(grown != NULL);
    return grown;
}
