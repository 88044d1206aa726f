#include "cluster.h"

#include <string.h>

#include "../common/table.h"
#include "mp/replica.h"

enum { QUEUE_MAX = 1 << 12, CHANGES_MAX = 1 << 12, ROUND_US = T_US / 4 };

struct letter {
    uint64_t at;
    uint32_t from, to;
    struct mp_message message;
};

/* All that changes, apart from the replicas' memory. Letters take the same time, so that they
 * arrive in the order in which they were sent. */
struct moment {
    uint64_t now;
    uint64_t ticks[NODES];
    uint64_t starts[NODES]; /* When a node is to start; 0: it has. */
    uint32_t serving[NODES];
    uint32_t head, count;
    struct letter queue[QUEUE_MAX];
};

static struct moment moment;
static graph links;
static enum blunder blunder;
static struct mp_replica *replicas[NODES];
static void *memories[NODES];
static size_t memory_size;
static struct serving changes[CHANGES_MAX];
static uint32_t change_count;

/* The states after settling, for each leader and phase. */
static struct {
    bool made;
    struct moment moment;
    void *memories[NODES];
} settled[NODES][PHASES];

static struct mp_options options_of(uint32_t node) {
    struct mp_options options = {
        .node = node + 1,
        .voter_count = NODES,
        .votes = true,
        .window = 1,
        .groups_max = 1,
        .batches_max = MP_SHARE,
        .timeout_us = T_US,
        .fetch_bytes = 1,
    };
    for (uint32_t i = 0; i < NODES; i += 1) options.voters[i] = i + 1;
    return options;
}

void cluster_make(void) {
    struct mp_options options = options_of(0);
    memory_size = mp_replica_size(&options);
    for (uint32_t i = 0; i < NODES; i += 1) memories[i] = reserve(memory_size);
}

void cluster_plant(enum blunder planted) {
    blunder = planted;
}

uint64_t cluster_now(void) {
    return moment.now;
}

uint32_t cluster_serving(uint32_t node) {
    return moment.serving[node];
}

const struct serving *cluster_changes(uint32_t *count) {
    *count = change_count;
    return changes;
}

static bool passes(const struct letter *letter) {
    bool answers = letter->message.kind == MP_MESSAGE_BEATEN;
    if (answers && blunder == BLUNDER_ONE_WAY) return graph_has(links, letter->to, letter->from);
    return graph_has(links, letter->from, letter->to);
}

static void post(uint32_t from, const struct mp_send *send) {
    struct letter letter = {.from = from, .to = (uint32_t)send->to - 1, .message = send->message};
    letter.at = moment.now + DELAY_US;
    if (blunder == BLUNDER_SLOW) letter.at += 3 * ROUND_US / 2;
    if (letter.message.kind == MP_MESSAGE_BEATEN) {
        if (blunder == BLUNDER_RUMOUR) letter.message.flags |= MP_FLAG_HAPPY;
        if (blunder == BLUNDER_MODEST) letter.message.flags &= (uint16_t)~MP_FLAG_HAPPY;
    }
    if (!passes(&letter)) return;
    if (moment.count == QUEUE_MAX) give_up("too many letters are on their way");
    moment.queue[(moment.head + moment.count) % QUEUE_MAX] = letter;
    moment.count += 1;
}

static void note(uint32_t node) {
    uint64_t id = mp_replica_serving(replicas[node]);
    uint32_t serving = id == 0 ? NODES : (uint32_t)id - 1;
    if (serving == moment.serving[node]) return;
    moment.serving[node] = serving;
    if (change_count == CHANGES_MAX) give_up("the elected change all the time");
    changes[change_count] = (struct serving){.at = moment.now, .node = node, .leader = serving};
    change_count += 1;
}

static void step(uint32_t node, struct mp_event *event) {
    static struct mp_effects effects;
    event->now_us = moment.now;
    enum mp_status status = mp_replica_step(replicas[node], event, &effects);
    if (status != MP_OK) give_up("a step is refused: %s", mp_status_text(status));
    for (uint32_t i = 0; i < effects.send_count; i += 1) post(node, &effects.sends[i]);
    moment.ticks[node] = effects.deadline_us;
    note(node);
}

static void start(uint32_t node) {
    struct mp_options options = options_of(node);
    enum mp_status status = mp_replica_init(memories[node], memory_size, &options, &replicas[node]);
    if (status != MP_OK) give_up("mp_replica_init: %s", mp_status_text(status));
    struct mp_event event = {.kind = MP_EVENT_START};
    moment.starts[node] = 0;
    step(node, &event);
}

static void deliver(void) {
    struct letter letter = moment.queue[moment.head];
    moment.head = (moment.head + 1) % QUEUE_MAX;
    moment.count -= 1;
    if (moment.starts[letter.to] != 0) return;
    struct mp_event event = {.kind = MP_EVENT_RECEIVE};
    event.receive.from = letter.from + 1;
    event.receive.message = &letter.message;
    step(letter.to, &event);
}

/* The next thing that happens, if it happens before `end`. */
static bool advance(uint64_t end) {
    uint64_t at = moment.count > 0 ? moment.queue[moment.head].at : UINT64_MAX;
    uint32_t node = NODES;
    for (uint32_t i = 0; i < NODES; i += 1) {
        uint64_t due = moment.starts[i] != 0 ? moment.starts[i] : moment.ticks[i];
        if (due >= at) continue;
        at = due;
        node = i;
    }
    if (at >= end) return false;
    if (at > moment.now) moment.now = at;
    struct mp_event event = {.kind = MP_EVENT_TIMEOUT};
    if (node == NODES) {
        deliver();
    } else if (moment.starts[node] != 0) {
        start(node);
    } else {
        step(node, &event);
    }
    return true;
}

void cluster_run(uint64_t duration) {
    uint64_t end = moment.now + duration;
    while (advance(end)) continue;
    moment.now = end;
}

/* All at once; in order; in the opposite order; and in an order of neither kind. */
static uint64_t start_time(uint32_t node, uint32_t phase) {
    static const uint64_t fifths[PHASES][NODES] = {
        {0, 0, 0, 0, 0}, {0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}, {2, 4, 0, 3, 1}};
    return BEGIN_US + fifths[phase][node] * ROUND_US / 5;
}

static void begin(uint32_t phase) {
    moment.now = 0;
    moment.head = 0;
    moment.count = 0;
    change_count = 0;
    for (uint32_t i = 0; i < NODES; i += 1) {
        moment.starts[i] = start_time(i, phase);
        moment.ticks[i] = UINT64_MAX;
        moment.serving[i] = NODES;
    }
}

/* Only a hub can be elected, and stays elected when the others hear each other again. */
static void settle(uint32_t leader, uint32_t phase) {
    begin(phase);
    links = graph_star(leader);
    cluster_run(4 * T_US);
    links = graph_full;
    cluster_run(4 * T_US);
    for (uint32_t i = 0; i < NODES; i += 1) {
        if (moment.serving[i] != leader) give_up("calm nodes do not agree on node %u", leader + 1);
        settled[leader][phase].memories[i] = reserve(memory_size);
        memcpy(settled[leader][phase].memories[i], memories[i], memory_size);
    }
    settled[leader][phase].moment = moment;
    settled[leader][phase].made = true;
}

void cluster_start(uint32_t leader, uint32_t phase) {
    if (leader == NODES) {
        begin(phase);
        return;
    }
    enum blunder planted = blunder;
    blunder = BLUNDER_NONE;
    if (!settled[leader][phase].made) settle(leader, phase);
    blunder = planted;
    moment = settled[leader][phase].moment;
    for (uint32_t i = 0; i < NODES; i += 1) {
        memcpy(memories[i], settled[leader][phase].memories[i], memory_size);
    }
}

static void tell(uint32_t node, uint32_t other) {
    struct mp_event event = {.kind = MP_EVENT_PEER};
    event.peer.node = other + 1;
    event.peer.reachable = false;
    step(node, &event);
}

void cluster_cut(graph graph, bool told) {
    links = graph;
    moment.head = 0;
    moment.count = 0; /* What was on its way is lost, on links that stay as well. */
    change_count = 0;
    for (uint32_t i = 0; told && i < NODES; i += 1) {
        for (uint32_t j = 0; j < NODES; j += 1) {
            bool both = i == j || (graph_has(graph, i, j) && graph_has(graph, j, i));
            if (!both && moment.starts[i] == 0) tell(i, j);
        }
    }
}
