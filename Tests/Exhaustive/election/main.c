/* The election over every directed graph of five nodes. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "../common/table.h"
#include "trial.h"

struct tally {
    uint64_t trials, broken;
    struct course worst;
};

enum { BROKEN_TOLD = 3 };

static void attempt(struct tally *tally, const struct trial *trial) {
    struct course course = trial_run(trial), *worst = &tally->worst;
    tally->trials += 1;
    if (course.progress_us > worst->progress_us) worst->progress_us = course.progress_us;
    if (course.calm_us > worst->calm_us) worst->calm_us = course.calm_us;
    if (course.takeovers > worst->takeovers) worst->takeovers = course.takeovers;
    if (course.rounds > worst->rounds) worst->rounds = course.rounds;
    if (course.broken == NULL) return;
    tally->broken += 1;
    if (tally->broken <= BROKEN_TOLD) trial_tell(stdout, trial, &course);
}

static double in_T(uint64_t time) {
    return (double)time / (double)T_US;
}

static bool conclude(const struct tally *tally, const char *what, clock_t began) {
    printf("%9llu trials, %llu broken: progress within %.2f T, calm within %.2f T, at most %u "
           "takeovers in %u rounds, %.1f s: %s\n",
           (unsigned long long)tally->trials, (unsigned long long)tally->broken,
           in_T(tally->worst.progress_us), in_T(tally->worst.calm_us), tally->worst.takeovers,
           tally->worst.rounds, (double)(clock() - began) / CLOCKS_PER_SEC, what);
    fflush(stdout);
    return tally->broken == 0;
}

/* Numbers that look drawn, and are the same in every run. */
static uint32_t drawn(uint64_t of) {
    of = (of + 1) * 0x9e3779b97f4a7c15u;
    of ^= of >> 29;
    of *= 0xbf58476d1ce4e5b9u;
    return (uint32_t)(of >> 33);
}

/* A trial of a graph with this leader, or without one. When the nodes judge, and whether they are
 * told, is drawn. */
static void attempt_leader(struct tally *tally, graph graph, uint32_t leader, uint64_t salt) {
    uint32_t draw = drawn((salt * GRAPHS + graph) * (NODES + 1) + leader);
    struct trial trial = {WITHOUT_FIRST_CUT, graph, leader, draw % PHASES, draw / PHASES & 1};
    attempt(tally, &trial);
}

/* The graph whose links all go in both directions, from the bits of `number`. */
static graph symmetric(uint32_t number) {
    graph graph = 0;
    for (uint32_t i = 0; i < NODES; i += 1) {
        for (uint32_t j = 0; j < i; j += 1) {
            if (number & 1) graph |= graph_link(i, j) | graph_link(j, i);
            number >>= 1;
        }
    }
    return graph;
}

enum { SYMMETRIC = 1 << (LINKS / 2) };

/* Every graph with links in both directions, leader, order of judging, told or not. */
static bool check_symmetric(void) {
    struct tally tally = {0};
    clock_t began = clock();
    for (uint32_t number = 0; number < SYMMETRIC; number += 1) {
        for (uint32_t rest = 0; rest < (NODES + 1) * PHASES * 2; rest += 1) {
            struct trial trial = {WITHOUT_FIRST_CUT, symmetric(number), rest % (NODES + 1),
                                  rest / (NODES + 1) % PHASES, rest / (NODES + 1) / PHASES};
            attempt(&tally, &trial);
        }
    }
    return conclude(&tally, "every undirected graph", began);
}

static bool check_classes(uint32_t names) {
    struct tally tally = {0};
    clock_t began = clock();
    const graph *classes = NULL;
    uint32_t count = graph_classes(&classes);
    for (uint32_t i = 0; i < count * names; i += 1) {
        uint32_t permutation = drawn(i) % PERMUTATIONS;
        graph graph = graph_renamed(classes[i / names], permutation);
        for (uint32_t j = 0; j <= NODES; j += 1) attempt_leader(&tally, graph, j, i);
    }
    char what[80];
    snprintf(what, sizeof what, "%u directed graphs up to names, %u namings of each", count, names);
    return conclude(&tally, what, began);
}

/* Six times give each graph every leader, and none. */
static bool check_all(uint32_t times) {
    struct tally tally = {0};
    clock_t began = clock();
    for (uint32_t time = 0; time < times; time += 1) {
        for (graph graph = 0; graph < GRAPHS; graph += 1) {
            attempt_leader(&tally, graph, (graph + time) % (NODES + 1), time);
        }
    }
    return conclude(&tally, "every directed graph", began);
}

/* One cut after another: a sample of the pairs of undirected graphs; a step of 1 takes all. */
static bool check_pairs(uint32_t step) {
    struct tally tally = {0};
    clock_t began = clock();
    for (uint32_t pair = 0; pair < SYMMETRIC * SYMMETRIC; pair += step) {
        uint32_t draw = drawn(pair);
        struct trial trial = {symmetric(pair / SYMMETRIC), symmetric(pair % SYMMETRIC),
                              draw % (NODES + 1), draw / 8 % PHASES, draw / 64 & 1};
        attempt(&tally, &trial);
    }
    return conclude(&tally, "two cuts, undirected graphs", began);
}

/* With a mistake planted some trial must break a rule, and quickly. */
static bool finds(enum blunder blunder, const char *text) {
    cluster_plant(blunder);
    for (uint32_t number = 0; number < SYMMETRIC * 16; number += 1) {
        uint32_t draw = drawn(number);
        graph graph = number < SYMMETRIC ? symmetric(number) : draw % GRAPHS;
        struct trial trial = {WITHOUT_FIRST_CUT, graph, draw % (NODES + 1), draw / 8 % PHASES,
                              draw / 64 & 1};
        struct course course = trial_run(&trial);
        if (course.broken == NULL) continue;
        printf("found at trial %5u, %s: %s\n", number + 1, text, course.broken);
        return true;
    }
    printf("NOT FOUND: %s\n", text);
    return false;
}

static bool self_test(void) {
    bool all = true;
#define X(name, option, text) \
    if (BLUNDER_##name != BLUNDER_NONE) all &= finds(BLUNDER_##name, text);
    BLUNDER_MAP(X)
#undef X
    return all;
}

static uint32_t number_at(int count, char **words, int at, uint32_t otherwise) {
    return at < count ? (uint32_t)strtoul(words[at], NULL, 10) : otherwise;
}

static bool repeat(int count, char **words) {
    struct trial trial = {number_at(count, words, 2, WITHOUT_FIRST_CUT),
                          number_at(count, words, 3, 0), number_at(count, words, 4, NODES),
                          number_at(count, words, 5, 0), number_at(count, words, 6, 0) != 0};
    bool valid = trial.first <= GRAPHS && trial.graph < GRAPHS && trial.leader <= NODES &&
                 trial.phase < PHASES;
    if (!valid) give_up("not a trial: first cut, graph, leader, phase, told");
    struct course course = trial_run(&trial);
    trial_tell(stdout, &trial, &course);
    return course.broken == NULL;
}

int main(int argc, char **argv) {
    const char *mode = argc > 1 ? argv[1] : "";
    bool holds = true;
    cluster_make();
    if (strcmp(mode, "--check") == 0) {
        holds = check_symmetric() && check_classes(2) && check_pairs(53);
    } else if (strcmp(mode, "--self-test") == 0) {
        holds = self_test();
    } else if (strcmp(mode, "--all") == 0) {
        holds = check_all(number_at(argc, argv, 2, 1));
    } else if (strcmp(mode, "--pairs") == 0) {
        holds = check_pairs(1);
    } else if (strcmp(mode, "--trial") == 0) {
        holds = repeat(argc, argv);
    } else {
        fprintf(stderr, "usage: election --check            every undirected graph, and a sample\n"
                        "       election --self-test        the planted mistakes are found\n"
                        "       election --all [TIMES]      every directed graph: two minutes\n"
                        "       election --pairs            every two undirected graphs in turn\n"
                        "       election --trial FIRST GRAPH LEADER PHASE TOLD\n");
        return 2;
    }
    return holds ? 0 : 1;
}
