#include <stdlib.h>
#include <string.h>

#include "moves.h"

enum { RAW_MAX = 1 << 22, CHECKED_MAX = 300000 };

/* States as they were before they were put in their normal form, and that form. */
static struct strings raws;
static uint32_t *forms;

void audit_note(uint32_t state) {
    size_t size = 0;
    bool is_new = false;
    const uint8_t *bytes = node_raw(&size);
    if (forms == NULL) {
        strings_make(&raws, "state to audit", (size_t)RAW_MAX * 1024, RAW_MAX);
        forms = reserve(RAW_MAX * sizeof *forms);
    }
    if (raws.count == RAW_MAX) return;
    uint32_t raw = strings_put(&raws, bytes, size, &is_new);
    if (is_new) forms[raw] = state;
    if (forms[raw] != state) give_up("one state has two normal forms");
}

static uint32_t place_of_state(const uint8_t *bytes, size_t size) {
    uint64_t place = 0;
    struct words words = {.bytes = (uint8_t *)(uintptr_t)bytes, .room = size};
    words_get(&words, &place, sizeof place);
    return (uint32_t)place;
}

static bool agree(const struct outcome *a, const struct outcome *b) {
    return a->next == b->next && a->violation == b->violation && a->answer == b->answer &&
           a->refused == b->refused && a->dropped == b->dropped &&
           a->letter_count == b->letter_count &&
           memcmp(a->letters, b->letters, a->letter_count * sizeof *a->letters) == 0;
}

static bool same(uint32_t raw, move move) {
    static uint32_t room[4 * LETTERS_PER_MOVE];
    struct outcome *outcome = (struct outcome *)room;
    size_t size = 0;
    const uint8_t *bytes = strings_get(&raws, raw, &size);
    struct node *node = moves_node(place_of_state(bytes, size));
    struct words words = {.bytes = (uint8_t *)(uintptr_t)bytes, .room = size};
    node_load_raw(node, &words);
    moves_perform(node, forms[raw], move, outcome);
    return agree(outcome, moves_outcome(forms[raw], move));
}

static uint64_t first_of(const uint64_t *keys, uint64_t count, uint32_t state) {
    uint64_t low = 0, high = count;
    while (low < high) {
        uint64_t middle = (low + high) / 2;
        if (keys[middle] >> 32 < state + 1ull) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

/* The list of states grows while they are checked: by those that were never in a normal form. */
struct audit moves_audit(void) {
    struct audit audit = {0};
    uint64_t count = 0;
    uint64_t *keys = moves_made(&count);
    for (uint32_t raw = 0; raw < raws.count && audit.states < CHECKED_MAX; raw += 1) {
        audit.states += 1;
        for (uint64_t i = first_of(keys, count, forms[raw]);
             !audit.differs && i < count && keys[i] >> 32 == forms[raw] + 1ull; i += 1) {
            audit.differs = !same(raw, (move)keys[i]);
            audit.moves += 1;
        }
        if (audit.differs) break;
    }
    audit.complete = !audit.differs && audit.states == raws.count;
    free(keys);
    return audit;
}
