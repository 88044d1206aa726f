#include "trial.h"

#include <inttypes.h>

enum { BOUND_US = 4 * T_US, WATCHED_US = 8 * T_US, ROUND_US = T_US / 4 };

static uint64_t cut_at;

static bool may_serve(graph graph, uint32_t node) {
    return (graph_connected(graph) >> node & 1) != 0;
}

static uint32_t those_serving(void) {
    uint32_t serving = 0;
    for (uint32_t i = 0; i < NODES; i += 1) {
        if (cluster_serving(i) == i) serving |= 1u << i;
    }
    return serving;
}

static bool is_takeover(const struct serving *change) {
    return change->leader == change->node;
}

/* What the changes since the cut amount to, and the rules about each of them. */
static void follow(const struct trial *trial, uint32_t served, struct course *course) {
    uint32_t count = 0, by = 0;
    uint64_t last_round = 0;
    bool first = trial->first == WITHOUT_FIRST_CUT;
    bool progress = (served & graph_connected(trial->graph)) != 0;
    const struct serving *changes = cluster_changes(&count);
    for (uint32_t i = 0; i < count; i += 1) {
        const struct serving *change = &changes[i];
        course->calm_us = change->at - cut_at;
        if (!is_takeover(change)) continue;
        course->takeovers += 1;
        if (course->rounds == 0 || change->at > last_round + ROUND_US + 2 * DELAY_US) {
            course->rounds += 1;
            last_round = change->at;
        }
        bool twice = (by >> change->node & 1) != 0;
        bool alone = !may_serve(trial->graph, change->node);
        if (first && alone) course->broken = "E6: one took over without a quorum";
        if (first && twice) course->broken = "E4: one took over twice";
        by |= 1u << change->node;
        if (progress) continue;
        progress = true;
        course->progress_us = change->at - cut_at;
    }
    if (course->rounds > (first ? 1 : 4)) course->broken = "E4: the leader changed too often";
}

static const char *judge(const struct trial *trial, uint32_t served, const struct course *course) {
    uint32_t connected = graph_connected(trial->graph), serving = those_serving();
    bool first = trial->first == WITHOUT_FIRST_CUT;
    if (course->calm_us > BOUND_US) return "E3: something changes after 4 T";
    if (connected == 0) return serving == 0 ? NULL : "E5: one serves without a quorum";
    if (serving == 0) return "E2: nobody serves";
    if ((serving & (serving - 1)) != 0) return "E3: several serve";
    if ((serving & connected) == 0) return "E3: one serves without a quorum";
    if (course->progress_us > BOUND_US) return "E2: nobody serves within 4 T";
    if (first && (served & connected) != 0 && course->takeovers > 0) {
        return "E1: the leader was replaced for nothing";
    }
    return NULL;
}

struct course trial_run(const struct trial *trial) {
    struct course course = {0};
    cluster_start(trial->leader, trial->phase);
    if (trial->first != WITHOUT_FIRST_CUT) {
        cluster_cut(trial->first, trial->told);
        cluster_run(WATCHED_US);
    }
    uint32_t served = those_serving();
    cut_at = cluster_now();
    cluster_cut(trial->graph, trial->told);
    cluster_run(WATCHED_US);
    follow(trial, served, &course);
    if (course.broken == NULL) course.broken = judge(trial, served, &course);
    return course;
}

static void tell_links(FILE *file, graph graph) {
    for (uint32_t i = 0; i < NODES; i += 1) {
        fprintf(file, "  node %u reaches", i + 1);
        for (uint32_t j = 0; j < NODES; j += 1) {
            if (j != i && graph_has(graph, i, j)) fprintf(file, " %u", j + 1);
        }
        fprintf(file, "%s\n", may_serve(graph, i) ? ", is quorum-connected" : "");
    }
}

void trial_tell(FILE *file, const struct trial *trial, const struct course *course) {
    fprintf(file, "%s\n  election --trial %u %u %u %u %u\n",
            course->broken == NULL ? "every rule holds" : course->broken, trial->first,
            trial->graph, trial->leader, trial->phase, trial->told);
    tell_links(file, trial->graph);
    uint32_t count = 0;
    const struct serving *changes = cluster_changes(&count);
    for (uint32_t i = 0; i < count; i += 1) {
        double time = (double)(changes[i].at - cut_at) / (double)T_US;
        fprintf(file, "  %5.2f T: node %u ", time, changes[i].node + 1);
        if (changes[i].leader == NODES) {
            fprintf(file, "knows no leader\n");
        } else if (changes[i].leader == changes[i].node) {
            fprintf(file, "takes over\n");
        } else {
            fprintf(file, "follows node %u\n", changes[i].leader + 1);
        }
    }
}
