#include "transcript.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

static const char *const verbs[] = {"receive", "write", "crash", "pull",
                                    "invoke",  "read",  "ring",  "configure"};
enum { VERBS = sizeof verbs / sizeof *verbs, CALM_MAX = 10000 };

static const char *kind_name(uint8_t kind) {
    static const char *const names[] = {
        "NOTHING", "PREPARE",   "PROMISE", "FETCH", "FRAME", "FETCHED", "ACCEPT", "ACCEPTED",
        "COMMIT",  "CONFIRM", "CONFIRMED", "BEAT",  "BEATEN", "ASK",    "TIP"};
    return kind < sizeof names / sizeof *names ? names[kind] : "UNKNOWN";
}

static const char *outcome_name(uint8_t outcome) {
    static const char *const names[] = {"", " refused", " gap", " full", " gone"};
    return outcome < sizeof names / sizeof *names ? names[outcome] : " unknown";
}

static void tell_ballot(FILE *file, struct mp_ballot ballot) {
    fprintf(file, "%" PRIu64 ".%u", ballot.round, place_of(ballot.node) + 1);
}

static void tell_letter(FILE *file, uint32_t id) {
    struct letter letter;
    letter_get(id, &letter);
    const struct mp_message *message = &letter.message;
    fprintf(file, "%s%s ", kind_name(message->kind), outcome_name(message->outcome));
    tell_ballot(file, message->ballot);
    fprintf(file, " from node %u", letter.from + 1);
    if (message->point.index != 0 || message->point.ballot.round != 0) {
        fprintf(file, ", point %" PRIu64, message->point.index);
    }
    if (message->point.ballot.round != 0) {
        fprintf(file, " of ");
        tell_ballot(file, message->point.ballot);
    }
    if (message->commit != 0) fprintf(file, ", commit %" PRIu64, message->commit);
    if (letter.frame == 0) return;
    const struct mp_batch *batch = &frame_get(letter.frame)->batch;
    fprintf(file, ", batch %" PRIu64 "-%" PRIu64 " of ", batch->first, batch->last);
    tell_ballot(file, batch->ballot);
}

static void tell_move(FILE *file, move move) {
    enum move_kind kind = move_kind(move);
    fprintf(file, "%s %u", verbs[kind], move_place(move) + 1);
    if (kind == MOVE_RING) fprintf(file, " %u -- the timer of %s", move_detail(move),
                                   seat_timer_name(move_detail(move)));
    if (kind == MOVE_CONFIGURE) fprintf(file, " %u -- as a set of bits", move_detail(move));
    if (kind != MOVE_RECEIVE) return;
    fprintf(file, " %016" PRIx64 " -- ", letter_name(move_letter(move)));
    tell_letter(file, move_letter(move));
}

/* What became of the node, for the reader. */
static void tell_node(FILE *file, const struct world *world, uint32_t place) {
    static const char *const roles[] = {"follows", "prepares", "adopts", "owns"};
    const struct facts *facts = moves_facts(world_state(world, place));
    fprintf(file, "\n      -- node %u %s ", place + 1, roles[facts->role]);
    tell_ballot(file, facts->ballot);
    fprintf(file, ", log to %" PRIu64 ", on disk %" PRIu64 ", committed %" PRIu64 "\n",
            frames_end(&facts->log), frames_end(&facts->disk), facts->commit.index);
}

static bool apply(struct world *world, move move, FILE *file, uint32_t number,
                  char violation[VIOLATION_SIZE]) {
    struct offer offer = {.move = move};
    offer.outcome = moves_outcome(world_state(world, move_place(move)), move);
    struct world next;
    bool holds = world_apply(world, &offer, &next, violation);
    if (file != NULL) {
        fprintf(file, "%4u. ", number);
        tell_move(file, move);
        if (!holds) fprintf(file, "\n      %s: %s\n", "-- VIOLATION", violation);
        if (holds) tell_node(file, &next, move_place(move));
    }
    *world = next;
    return holds;
}

void transcript_print(FILE *file, const struct scope *scope, const struct world *first,
                      const struct finding *finding) {
    char violation[VIOLATION_SIZE];
    struct world world = *first;
    fprintf(file, "options");
    options_print(file, scope);
    if (scope->after != NULL) fprintf(file, "\nafter %s", scope->after);
    fprintf(file, "\n");
    for (uint32_t i = 0; i < finding->path.count; i += 1) {
        if (!apply(&world, finding->path.moves[i], file, i + 1, violation)) return;
    }
}

/* Deliver every letter and complete every write, in a fixed order, until nothing changes. */
static bool calm(struct world *world, char violation[VIOLATION_SIZE]) {
    for (uint32_t i = 0; i < CALM_MAX; i += 1) {
        uint32_t count = 0, at = 0;
        const struct offer *moves = world_moves(world, &count);
        struct world next = *world;
        for (; at < count; at += 1) {
            enum move_kind kind = move_kind(moves[at].move);
            if (kind != MOVE_RECEIVE && kind != MOVE_WRITE) continue;
            struct offer offer = moves[at];
            if (!world_apply(world, &offer, &next, violation)) return false;
            if (memcmp(&next, world, sizeof next) != 0) break;
        }
        if (at == count) return true;
        *world = next;
    }
    give_up("no calm after %d moves", CALM_MAX);
}

static move find_letter(const struct world *world, uint32_t place, const char *name) {
    uint64_t wanted = strtoull(name, NULL, 16);
    uint32_t count = 0;
    const uint32_t *letters = inbox_letters(world_inbox(world, place), &count);
    for (uint32_t i = 0; i < count; i += 1) {
        if (letter_name(letters[i]) == wanted) return move_receive(letters[i]);
    }
    give_up("no letter %s was sent to node %u: is this the core of the schedule?", name,
            place + 1);
}

static move parse(const struct world *world, const char *line) {
    char verb[16] = "", third[32] = "";
    unsigned node = 0;
    int read = sscanf(line, "%15s %u %31s", verb, &node, third);
    if (read < 2 || node < 1 || node > PLACES_MAX) give_up("not a move: %s", line);
    for (uint32_t kind = 0; kind < VERBS; kind += 1) {
        if (strcmp(verb, verbs[kind]) != 0) continue;
        if (kind == MOVE_RECEIVE) return find_letter(world, node - 1, third);
        return move_of((enum move_kind)kind, node - 1, (uint32_t)strtoul(third, NULL, 10));
    }
    give_up("not a move: %s", line);
}

/* The next move without its number; NULL at the end. */
static char *next_move(char **rest) {
    for (;;) {
        char *line = strsep(rest, ",\n");
        if (line == NULL) return NULL;
        line += strspn(line, " ");
        size_t digits = strspn(line, "0123456789");
        if (digits > 0 && line[digits] == '.') line += digits + 1;
        line += strspn(line, " ");
        if (*line != 0) return line;
    }
}

/* Blank out the words for the reader: from `--` to the end of each line. */
static void forget_words(char *text) {
    for (char *at = strstr(text, "--"); at != NULL; at = strstr(at, "--")) {
        memset(at, ' ', strcspn(at, "\n"));
    }
}

bool transcript_perform(const char *text, struct world *world, FILE *file,
                        char violation[VIOLATION_SIZE]) {
    char *copy = strdup(text), *rest = copy, *line;
    bool holds = true;
    if (copy == NULL) give_up("no memory");
    forget_words(copy);
    for (uint32_t number = 1; holds && (line = next_move(&rest)) != NULL; number += 1) {
        if (strncmp(line, "calm", 4) == 0) {
            holds = calm(world, violation);
        } else {
            holds = apply(world, parse(world, line), file, number, violation);
        }
    }
    free(copy);
    return holds;
}

struct world transcript_first(const struct scope *scope) {
    char violation[VIOLATION_SIZE];
    struct world world = world_first();
    if (scope->after == NULL) return world;
    if (!transcript_perform(scope->after, &world, NULL, violation)) give_up("%s", violation);
    world_forget_counts(&world);
    return world;
}
