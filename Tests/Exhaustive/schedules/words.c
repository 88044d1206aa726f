#include "words.h"

#include <string.h>

#include "../common/table.h"

static void put_byte(struct words *words, uint8_t byte) {
    if (words->used == words->room) give_up("a state has over %zu bytes", words->room);
    words->bytes[words->used] = byte;
    words->used += 1;
}

static void put_number(struct words *words, uint64_t value) {
    for (; value >= 0x80; value >>= 7) put_byte(words, (uint8_t)(value | 0x80));
    put_byte(words, (uint8_t)value);
}

/* -1, which stands for never and none, is as short as 1. */
static uint64_t zigzag(uint64_t value) {
    return value << 1 ^ (value >> 63 ? UINT64_MAX : 0);
}

static uint64_t unzigzag(uint64_t value) {
    return value >> 1 ^ (value & 1 ? UINT64_MAX : 0);
}

static void put_zeros(struct words *words) {
    if (words->zeros == 0) return;
    put_byte(words, 0);
    put_number(words, words->zeros);
    words->zeros = 0;
}

void words_put(struct words *words, const void *data, size_t size) {
    if (size % 8 != 0) give_up("%zu bytes are not words", size);
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word;
        memcpy(&word, (const uint8_t *)data + at, 8);
        if (word == 0) {
            words->zeros += 1;
            continue;
        }
        put_zeros(words);
        put_number(words, zigzag(word));
    }
}

size_t words_end(struct words *words) {
    put_zeros(words);
    return words->used;
}

static uint64_t get_number(struct words *words) {
    uint64_t value = 0;
    for (uint32_t shift = 0;; shift += 7) {
        if (words->used == words->room || shift > 63) give_up("a stored state is damaged");
        uint8_t byte = words->bytes[words->used];
        words->used += 1;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) return value;
    }
}

static uint64_t get_word(struct words *words) {
    if (words->zeros == 0) {
        uint64_t value = get_number(words);
        if (value != 0) return unzigzag(value);
        words->zeros = get_number(words);
    }
    words->zeros -= 1;
    return 0;
}

void words_get(struct words *words, void *data, size_t size) {
    if (size % 8 != 0) give_up("%zu bytes are not words", size);
    for (size_t at = 0; at < size; at += 8) {
        uint64_t word = get_word(words);
        memcpy((uint8_t *)data + at, &word, 8);
    }
}
