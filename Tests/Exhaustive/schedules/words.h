/* Structs as few bytes: runs of zero words, and other words in as many bytes as they need. */
#ifndef EXHAUSTIVE_WORDS_H
#define EXHAUSTIVE_WORDS_H

#include <stddef.h>
#include <stdint.h>

struct words {
    uint8_t *bytes;
    size_t used, room;
    uint64_t zeros; /* Writing: those not yet written. Reading: those not yet given. */
};

/* Write `size` bytes, a multiple of 8. */
void words_put(struct words *words, const void *data, size_t size);
/* Write what is pending; returns the number of bytes in all. */
size_t words_end(struct words *words);
/* Read what was put, in the same portions. */
void words_get(struct words *words, void *data, size_t size);

#endif /* EXHAUSTIVE_WORDS_H */
