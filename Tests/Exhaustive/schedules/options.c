#include "options.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "../common/table.h"

static const struct {
    const char *name;
    size_t offset;
    const char *help;
} numbers[] = {
    {"--pulls", offsetof(struct scope, pulls), "pulls, of all proposers together (2)"},
    {"--batches", offsetof(struct scope, batches), "batches invoked and pushed (1)"},
    {"--crashes", offsetof(struct scope, crashes), "crashes with restart (0)"},
    {"--timers", offsetof(struct scope, timers), "timers that go off (0)"},
    {"--reads", offsetof(struct scope, reads), "reads, at most 3 (0)"},
    {"--changes", offsetof(struct scope, changes), "changes of the voters, at most 3 (0)"},
    {"--members", offsetof(struct scope, members), "the voters at first, as bits (7: all)"},
    {"--streams", offsetof(struct scope, streams), "streams to a voter that begin again (1)"},
    {"--judge", offsetof(struct scope, judgements), "properties judged, as bits (15: all)"},
    {"--depth", offsetof(struct scope, depth), "moves; 0: all there are, depth first (0)"},
    {"--seconds", offsetof(struct scope, seconds), "time of the processor; 0: no bound (0)"},
};
enum { NUMBERS = sizeof numbers / sizeof *numbers };

struct scope options_default(void) {
    return (struct scope){
        .pulls = 2,
        .batches = 1,
        .members = (1u << VOTERS) - 1,
        .streams = 1,
        .judgements = JUDGE_ALL,
        .memory = 1ull << 30,
    };
}

static uint32_t *field(const struct scope *scope, int number) {
    return (uint32_t *)((uintptr_t)scope + numbers[number].offset);
}

const char *mutant_option(enum mutant mutant) {
    switch (mutant) {
#define X(name, option, text) \
    case MUTANT_##name:       \
        return option;
        MUTANT_MAP(X)
#undef X
    }
    return "unknown";
}

const char *mutant_text(enum mutant mutant) {
    switch (mutant) {
#define X(name, option, text) \
    case MUTANT_##name:       \
        return text;
        MUTANT_MAP(X)
#undef X
    }
    return "unknown";
}

static enum mutant find_mutant(const char *option) {
    for (enum mutant mutant = MUTANT_NONE; mutant <= MUTANT_STALE_READ; mutant += 1) {
        if (strcmp(option, mutant_option(mutant)) == 0) return mutant;
    }
    give_up("there is no mistake named %s", option);
}

static uint32_t read_number(const char *name, const char *word) {
    char *end = NULL;
    unsigned long value = strtoul(word, &end, 10);
    if (*word == 0 || *end != 0 || value > UINT32_MAX) give_up("%s takes a number", name);
    return (uint32_t)value;
}

int options_read(struct scope *scope, int count, char *const *words) {
    if (count < 1) return 0;
    if (strcmp(words[0], "--clients") == 0) {
        scope->clients = true;
        return 1;
    }
    if (strcmp(words[0], "--audit") == 0) {
        scope->audit = true;
        return 1;
    }
    if (count < 2) return 0;
    if (strcmp(words[0], "--plant") == 0) scope->mutant = find_mutant(words[1]);
    if (strcmp(words[0], "--after") == 0) scope->after = words[1];
    if (strcmp(words[0], "--memory") == 0) {
        scope->memory = (uint64_t)read_number(words[0], words[1]) << 20;
    }
    for (int i = 0; i < NUMBERS; i += 1) {
        if (strcmp(words[0], numbers[i].name) != 0) continue;
        *field(scope, i) = read_number(words[0], words[1]);
        bool counts = numbers[i].offset <= offsetof(struct scope, timers);
        if (counts && *field(scope, i) > 255) give_up("%s is at most 255", words[0]);
        if (scope->reads > 3 || scope->changes > 3) give_up("%s is at most 3", words[0]);
        return 2;
    }
    bool known = strcmp(words[0], "--plant") == 0 || strcmp(words[0], "--after") == 0 ||
                 strcmp(words[0], "--memory") == 0;
    return known ? 2 : 0;
}

void options_print(FILE *file, const struct scope *scope) {
    struct scope ordinary = options_default();
    if (scope->clients) fprintf(file, " --clients");
    for (int i = 0; i < NUMBERS; i += 1) {
        uint32_t value = *field(scope, i);
        if (value != *field(&ordinary, i)) fprintf(file, " %s %u", numbers[i].name, value);
    }
    if (scope->mutant != MUTANT_NONE) fprintf(file, " --plant %s", mutant_option(scope->mutant));
}

void options_help(FILE *file) {
    fprintf(file, "scope:\n  %-18s the proposers are two clients, not voters 1 and 2\n",
            "--clients");
    fprintf(file, "  %-18s check the normal form of states afterwards\n", "--audit");
    for (int i = 0; i < NUMBERS; i += 1) {
        fprintf(file, "  %-10s NUMBER  %s\n", numbers[i].name, numbers[i].help);
    }
    fprintf(file, "  %-18s megabytes for worlds (1024)\n", "--memory NUMBER");
    fprintf(file, "  %-18s begin after these moves: \"pull 1, calm\"\n", "--after MOVES");
    fprintf(file, "  %-18s plant a mistake:\n", "--plant NAME");
    for (enum mutant mutant = MUTANT_SEND_EARLY; mutant <= MUTANT_STALE_READ; mutant += 1) {
        fprintf(file, "      %-15s %s\n", mutant_option(mutant), mutant_text(mutant));
    }
}
