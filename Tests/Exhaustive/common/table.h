/* Tables of the explorers, in memory that is reserved once and touched as they grow, so that what
 * they hand out never moves. A table that outgrows its reserve ends the program with one line. */
#ifndef EXHAUSTIVE_TABLE_H
#define EXHAUSTIVE_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Memory of zeros that costs nothing until it is touched. */
void *reserve(size_t size);

/* Say one sentence and end the program: a mistake of the caller, or a bound that was reached. */
_Noreturn void give_up(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Keys to values; both are numbers, and key 0 is not allowed. */
struct map {
    uint64_t *keys;
    uint32_t *values;
    uint64_t slots; /* A power of two. */
    uint64_t count;
};

void map_make(struct map *map);
/* The value of a key, made as 0 if it is new. Valid until the next call. */
uint32_t *map_at(struct map *map, uint64_t key, bool *is_new);

/* Byte strings, each stored once and named by a number from 0 on. */
struct strings {
    const char *name; /* For the line that says what grew too large. */
    uint8_t *bytes;
    size_t used, room;
    uint64_t *begins; /* Of each string, and one more. */
    uint32_t count, count_max;
    struct map by_hash;
};

void strings_make(struct strings *strings, const char *name, size_t bytes_max, uint32_t count_max);
uint32_t strings_put(struct strings *strings, const void *bytes, size_t size, bool *is_new);
const uint8_t *strings_get(const struct strings *strings, uint32_t id, size_t *size);

/* Numbers that were seen: a set of hashes. It grows up to `slots_max` and then is full. */
struct seen {
    uint64_t *keys;
    uint64_t slots, slots_max; /* Powers of two. */
    uint64_t count;
};

void seen_make(struct seen *seen, uint64_t slots_max);
/* True if the number is new. The set must not be full. */
bool seen_add(struct seen *seen, uint64_t key);
bool seen_full(const struct seen *seen);
void seen_free(struct seen *seen);

#endif /* EXHAUSTIVE_TABLE_H */
