#include "table.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "mp/batch.h"

enum { FIRST_SLOTS = 1 << 12 };

void give_up(const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
    exit(2);
}

void *reserve(size_t size) {
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) give_up("no memory: %zu bytes were refused", size);
    return memory;
}

static void map_slots(struct map *map, uint64_t slots) {
    map->slots = slots;
    map->keys = reserve(slots * sizeof *map->keys);
    map->values = reserve(slots * sizeof *map->values);
}

void map_make(struct map *map) {
    *map = (struct map){0};
    map_slots(map, FIRST_SLOTS);
}

static uint64_t slot_of(uint64_t key, uint64_t slots) {
    key ^= key >> 32;
    key *= 0x9e3779b97f4a7c15u;
    return (key ^ key >> 29) & (slots - 1);
}

static uint64_t map_probe(const struct map *map, uint64_t key) {
    uint64_t at = slot_of(key, map->slots);
    while (map->keys[at] != 0 && map->keys[at] != key) at = (at + 1) & (map->slots - 1);
    return at;
}

static void map_grow(struct map *map) {
    struct map old = *map;
    map_slots(map, 2 * old.slots);
    for (uint64_t i = 0; i < old.slots; i += 1) {
        if (old.keys[i] == 0) continue;
        uint64_t at = map_probe(map, old.keys[i]);
        map->keys[at] = old.keys[i];
        map->values[at] = old.values[i];
    }
    munmap(old.keys, old.slots * sizeof *old.keys);
    munmap(old.values, old.slots * sizeof *old.values);
}

uint32_t *map_at(struct map *map, uint64_t key, bool *is_new) {
    if (key == 0) give_up("a map was asked for the key 0");
    if (map->count * 3 >= map->slots * 2) map_grow(map);
    uint64_t at = map_probe(map, key);
    *is_new = map->keys[at] == 0;
    map->keys[at] = key;
    map->count += *is_new;
    return &map->values[at];
}

void strings_make(struct strings *strings, const char *name, size_t bytes_max,
                  uint32_t count_max) {
    *strings = (struct strings){.name = name, .room = bytes_max, .count_max = count_max};
    strings->bytes = reserve(bytes_max);
    strings->begins = reserve((count_max + 1ull) * sizeof *strings->begins);
    map_make(&strings->by_hash);
}

const uint8_t *strings_get(const struct strings *strings, uint32_t id, size_t *size) {
    if (id >= strings->count) give_up("there is no %s %u", strings->name, id);
    *size = strings->begins[id + 1] - strings->begins[id];
    return strings->bytes + strings->begins[id];
}

static uint32_t append(struct strings *strings, const void *bytes, size_t size) {
    if (strings->count == strings->count_max || strings->room - strings->used < size) {
        give_up("too many %ss: choose a smaller scope", strings->name);
    }
    memcpy(strings->bytes + strings->used, bytes, size);
    strings->used += size;
    strings->count += 1;
    strings->begins[strings->count] = strings->used;
    return strings->count - 1;
}

static bool equals(const struct strings *strings, uint32_t id, const void *bytes, size_t size) {
    size_t own_size = 0;
    const uint8_t *own = strings_get(strings, id, &own_size);
    return own_size == size && memcmp(own, bytes, size) == 0;
}

/* Two strings with one hash are told apart by hashing the second with another seed. */
uint32_t strings_put(struct strings *strings, const void *bytes, size_t size, bool *is_new) {
    for (uint64_t seed = 0;; seed += 1) {
        uint64_t hash = mp_hash_seeded(bytes, size, seed);
        uint32_t *id = map_at(&strings->by_hash, hash == 0 ? 1 : hash, is_new);
        if (*is_new) *id = append(strings, bytes, size);
        if (*is_new || equals(strings, *id, bytes, size)) return *id;
    }
}

void seen_make(struct seen *seen, uint64_t slots_max) {
    uint64_t slots = FIRST_SLOTS;
    *seen = (struct seen){.slots = slots, .slots_max = slots};
    while (seen->slots_max * 2 <= slots_max) seen->slots_max *= 2;
    seen->keys = reserve(slots * sizeof *seen->keys);
}

void seen_free(struct seen *seen) {
    munmap(seen->keys, seen->slots * sizeof *seen->keys);
    *seen = (struct seen){0};
}

static uint64_t seen_probe(const struct seen *seen, uint64_t key) {
    uint64_t at = key & (seen->slots - 1);
    while (seen->keys[at] != 0 && seen->keys[at] != key) at = (at + 1) & (seen->slots - 1);
    return at;
}

static void seen_grow(struct seen *seen) {
    struct seen old = *seen;
    seen->slots *= 2;
    seen->keys = reserve(seen->slots * sizeof *seen->keys);
    for (uint64_t i = 0; i < old.slots; i += 1) {
        if (old.keys[i] != 0) seen->keys[seen_probe(seen, old.keys[i])] = old.keys[i];
    }
    munmap(old.keys, old.slots * sizeof *old.keys);
}

bool seen_full(const struct seen *seen) {
    return seen->slots == seen->slots_max && seen->count * 8 >= seen->slots * 7;
}

bool seen_add(struct seen *seen, uint64_t key) {
    if (key == 0) key = 1;
    if (seen->slots < seen->slots_max && seen->count * 3 >= seen->slots * 2) seen_grow(seen);
    uint64_t at = seen_probe(seen, key);
    if (seen->keys[at] == key) return false;
    seen->keys[at] = key;
    seen->count += 1;
    return true;
}
