#include "moves.h"

#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 1 << 23, STATE_SIZE_MAX = 16384, INBOXES_MAX = 1 << 24 };

static const struct scope *scope;
static struct node nodes[PLACES_MAX];
static uint32_t firsts[PLACES_MAX];
static struct strings states;
static struct facts *facts_of;
static struct strings violations;

static struct map outcome_at; /* From (state, move) to a place in `outcomes`, plus one. */
static uint32_t *outcomes;
static uint64_t outcomes_used;
static const uint64_t outcomes_max = 1ull << 29;

static struct map offers_at; /* From (state, inbox) to a place in `offers`, plus one. */
static struct offer *offers;
static uint64_t offers_used;
static uint64_t cut;
static const uint64_t offers_max = 1ull << 28;

static struct strings inboxes;
static struct map inbox_after; /* From (inbox, letter) to the inbox with it. */

move move_receive(uint32_t letter) {
    return (move)MOVE_RECEIVE << 28 | letter;
}

move move_of(enum move_kind kind, uint32_t place, uint32_t detail) {
    return (move)kind << 28 | detail << 8 | place;
}

enum move_kind move_kind(move move) {
    return (enum move_kind)(move >> 28);
}

uint32_t move_letter(move move) {
    return move & 0x0fffffff;
}

uint32_t move_detail(move move) {
    return move >> 8 & 0xff;
}

uint32_t move_place(move move) {
    return move_kind(move) == MOVE_RECEIVE ? letter_to(move_letter(move)) : move & 0xff;
}

static struct facts learn(const struct node *node) {
    struct mp_group_view view;
    (void)mp_replica_group(node->seat.replica, GROUP, &view);
    return (struct facts){
        .role = view.role,
        .ready = view.ready,
        .timers = seat_timers(&node->seat),
        .pending = (uint32_t)node->body.pending_count,
        .reading = (uint32_t)node->body.reading,
        .window_free = view.window_free,
        .voters = view.voters,
        .streams = seat_streams(&node->seat),
        .fetches = seat_fetches(&node->seat),
        .ballot = view.owner,
        .commit = view.commit,
        .log = node->body.log,
        .disk = node->body.disk.log,
    };
}

/* The number of the state in which a node is now. */
static uint32_t intern(const struct node *node) {
    static uint8_t bytes[STATE_SIZE_MAX];
    struct words words = {.bytes = bytes, .room = sizeof bytes};
    node_save(node, &words);
    size_t size = words_end(&words);
    bool is_new = false;
    uint32_t state = strings_put(&states, bytes, size, &is_new);
    if (is_new) facts_of[state] = learn(node);
    if (scope->audit) audit_note(state);
    return state;
}

/* The place of a node is the first word of what is saved. */
static struct node *restore(uint32_t state, uint32_t place) {
    struct node *node = &nodes[place];
    size_t size = 0;
    const uint8_t *bytes = strings_get(&states, state, &size);
    struct words words = {.bytes = (uint8_t *)(uintptr_t)bytes, .room = size};
    node_load(node, &words);
    if (node->body.place != place) give_up("state %u is not one of node %u", state, place + 1);
    return node;
}

void moves_make(const struct scope *of) {
    scope = of;
    strings_make(&states, "state of a node", (size_t)STATES_MAX * 512, STATES_MAX);
    facts_of = reserve(STATES_MAX * sizeof *facts_of);
    strings_make(&violations, "violation", 1 << 20, 1 << 12);
    strings_make(&inboxes, "inbox", (size_t)INBOXES_MAX * 256, INBOXES_MAX);
    map_make(&outcome_at);
    map_make(&offers_at);
    map_make(&inbox_after);
    outcomes = reserve(outcomes_max * sizeof *outcomes);
    offers = reserve(offers_max * sizeof *offers);
    bool is_new = false;
    (void)strings_put(&inboxes, NULL, 0, &is_new);
    (void)strings_put(&violations, NULL, 0, &is_new);
    for (uint32_t i = 0; i < scope_places(scope); i += 1) {
        node_make(&nodes[i], scope, i);
        firsts[i] = intern(&nodes[i]);
    }
}

uint32_t moves_first(uint32_t place) {
    return firsts[place];
}

const struct facts *moves_facts(uint32_t state) {
    return &facts_of[state];
}

const char *moves_violation(uint32_t violation) {
    size_t size = 0;
    return (const char *)strings_get(&violations, violation, &size);
}

static void execute(struct node *node, move move, struct result *result) {
    switch (move_kind(move)) {
        case MOVE_RECEIVE:
            node_receive(node, move_letter(move), result);
            return;
        case MOVE_WRITE:
            node_write(node, result);
            return;
        case MOVE_CRASH:
            node_crash(node, result);
            return;
        case MOVE_PULL:
            node_pull(node, result);
            return;
        case MOVE_INVOKE:
            node_invoke(node, result);
            return;
        case MOVE_READ:
            node_read(node, result);
            return;
        case MOVE_RING:
            node_ring(node, move_detail(move), result);
            return;
        case MOVE_CONFIGURE:
            node_configure(node, move_detail(move), result);
            return;
    }
    give_up("there is no move %x", move);
}

static uint32_t name_violation(const struct result *result) {
    bool is_new = false;
    if (result->violation[0] == 0) return 0;
    return strings_put(&violations, result->violation, sizeof result->violation, &is_new);
}

/* Letters in order and none twice, so that equal outcomes are equal bytes. */
static uint32_t store_letters(const struct result *result, uint32_t *letters) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < result->letter_count; i += 1) {
        uint32_t at = count;
        while (at > 0 && letters[at - 1] >= result->letters[i]) at -= 1;
        if (at < count && letters[at] == result->letters[i]) continue;
        memmove(letters + at + 1, letters + at, (count - at) * sizeof *letters);
        letters[at] = result->letters[i];
        count += 1;
    }
    return count;
}

static void conclude(const struct node *node, uint32_t state, const struct result *result,
                     struct outcome *outcome) {
    bool unchanged = result->refused || result->violation[0] != 0;
    *outcome = (struct outcome){
        .next = unchanged ? state : intern(node),
        .violation = name_violation(result),
        .answer = result->answered ? 1 + (uint32_t)result->answer : 0,
        .refused = result->refused,
        .dropped = result->dropped,
    };
    outcome->letter_count = store_letters(result, outcome->letters);
}

void moves_perform(struct node *node, uint32_t state, move move, struct outcome *outcome) {
    static struct result result;
    result = (struct result){0};
    execute(node, move, &result);
    conclude(node, state, &result, outcome);
}

const struct outcome *moves_outcome(uint32_t state, move move) {
    bool is_new = false;
    uint32_t *at = map_at(&outcome_at, (state + 1ull) << 32 | move, &is_new);
    if (!is_new) return (const struct outcome *)(outcomes + *at - 1);
    if (outcomes_used + 256 > outcomes_max) give_up("too many steps: choose a smaller scope");
    *at = (uint32_t)outcomes_used + 1;
    struct outcome *outcome = (struct outcome *)(outcomes + outcomes_used);
    moves_perform(restore(state, move_place(move)), state, move, outcome);
    outcomes_used += sizeof *outcome / sizeof *outcomes + outcome->letter_count;
    return outcome;
}

const uint32_t *inbox_letters(uint32_t inbox, uint32_t *count) {
    size_t size = 0;
    const uint8_t *bytes = strings_get(&inboxes, inbox, &size);
    *count = (uint32_t)(size / sizeof(uint32_t));
    return (const uint32_t *)(const void *)bytes;
}

uint32_t inbox_add(uint32_t inbox, uint32_t letter) {
    enum { INBOX_MAX = 4096 };
    static uint32_t grown[INBOX_MAX + 1];
    bool is_new = false;
    uint32_t *after = map_at(&inbox_after, (letter + 1ull) << 32 | inbox, &is_new);
    if (!is_new) return *after;
    uint32_t count = 0, at = 0;
    const uint32_t *letters = inbox_letters(inbox, &count);
    if (count == INBOX_MAX) give_up("too many letters in an inbox");
    while (at < count && letters[at] < letter) at += 1;
    bool there = at < count && letters[at] == letter;
    memcpy(grown, letters, at * sizeof *grown);
    grown[at] = letter;
    if (!there) memcpy(grown + at + 1, letters + at, (count - at) * sizeof *grown);
    *after = inbox;
    if (!there) *after = strings_put(&inboxes, grown, (count + 1) * sizeof *grown, &is_new);
    return *after;
}

/* An owner that is told of gaps, or a fetch that is answered by nothing, may begin again for ever:
 * the scope says how often. */
static bool within_bounds(uint32_t state) {
    const struct facts *facts = moves_facts(state);
    return facts->streams <= scope->streams + 1 && facts->fetches <= 2 * scope->streams + 4;
}

const struct offer *moves_offers(uint32_t state, uint32_t inbox, uint32_t *count) {
    bool is_new = false;
    uint32_t *at = map_at(&offers_at, (state + 1ull) << 32 | inbox, &is_new);
    uint32_t letter_count = 0;
    const uint32_t *letters = inbox_letters(inbox, &letter_count);
    if (is_new) {
        if (offers_used + letter_count + 1 > offers_max) give_up("too many offers");
        uint64_t head = offers_used, found = 0;
        *at = (uint32_t)head;
        for (uint32_t i = 0; i < letter_count; i += 1) {
            move move = move_receive(letters[i]);
            const struct outcome *outcome = moves_outcome(state, move);
            bool idle = outcome->next == state && outcome->letter_count == 0;
            if (idle && outcome->violation == 0) continue;
            if (outcome->violation == 0 && !within_bounds(outcome->next)) {
                cut += 1;
                continue;
            }
            found += 1;
            offers[head + found] = (struct offer){.move = move, .outcome = outcome};
        }
        offers[head].move = (move)found;
        offers_used += found + 1;
        *count = (uint32_t)found;
        return &offers[head + 1];
    }
    *count = offers[*at].move;
    return &offers[*at + 1];
}

uint64_t moves_states(void) {
    return states.count;
}

uint64_t moves_steps(void) {
    return outcome_at.count;
}

uint64_t moves_cut(void) {
    return cut;
}

struct node *moves_node(uint32_t place) {
    return &nodes[place];
}

static int compare_keys(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

uint64_t *moves_made(uint64_t *count) {
    uint64_t *keys = calloc(outcome_at.count + 1, sizeof *keys);
    if (keys == NULL) give_up("no memory");
    *count = 0;
    for (uint64_t i = 0; i < outcome_at.slots; i += 1) {
        if (outcome_at.keys[i] == 0) continue;
        keys[*count] = outcome_at.keys[i];
        *count += 1;
    }
    qsort(keys, *count, sizeof *keys, compare_keys);
    return keys;
}
