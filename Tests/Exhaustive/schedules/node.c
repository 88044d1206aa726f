#include "node.h"

#include <stdlib.h>
#include <string.h>

uint64_t place_id(uint32_t place) {
    return place < VOTERS ? place + 1u : MP_CLIENT_NODE | (place + 1u);
}

uint32_t place_of(uint64_t id) {
    for (uint32_t i = 0; i < PLACES_MAX; i += 1) {
        if (place_id(i) == id) return i;
    }
    return PLACES_MAX;
}

static struct mp_options options_of(const struct scope *scope, uint32_t place) {
    struct mp_options options = {
        .node = place_id(place),
        .voter_count = VOTERS,
        .votes = place < VOTERS,
        .configuration = scope->members,
        .window = 2,
        .groups_max = 1,
        .batches_max = MP_SHARE + 2 * LOG_MAX, /* So many that the pool is never scarce. */
        .timeout_us = T_US,
        .fetch_bytes = MP_BATCH_SIZE_MAX,
    };
    for (uint32_t i = 0; i < VOTERS; i += 1) options.voters[i] = place_id(i);
    if (scope->mutant == MUTANT_OTHER_VOTERS && place == 1) {
        options.configuration = mp_voters_of(place_id(place));
    }
    return options;
}

/* After a move: the numbers of writes count from the last durable one, and what waits does so in an
 * order of its own. */
static int compare_held(const void *a, const void *b) {
    return memcmp(a, b, 2 * sizeof(uint64_t));
}

static void normalise(struct node *node) {
    struct body *body = &node->body;
    uint64_t durable = seat_normalise(&node->seat);
    for (uint64_t i = 0; i < body->pending_count; i += 1) body->pending[i].write.id -= durable;
    for (uint64_t i = 0; i < body->held_count; i += 1) body->held[i].after_write -= durable;
    qsort(body->held, body->held_count, sizeof body->held[0], compare_held);
    node->durable = 0;
}

static uint8_t raw[NODE_SIZE_MAX];
static size_t raw_size;

static void keep_raw(const struct node *node) {
    struct words words = {.bytes = raw, .room = sizeof raw};
    words_put(&words, &node->body, sizeof node->body);
    seat_save_raw(&node->seat, &words);
    raw_size = words_end(&words);
}

const uint8_t *node_raw(size_t *size) {
    *size = raw_size;
    return raw;
}

void node_load_raw(struct node *node, struct words *words) {
    words_get(words, &node->body, sizeof node->body);
    seat_load_raw(&node->seat, words);
    node->durable = seat_durable(&node->seat);
}

static void finish(struct node *node, struct result *result) {
    if (result->violation[0] != 0 || result->refused) return;
    struct mp_group_view view;
    (void)mp_replica_group(node->seat.replica, GROUP, &view);
    if (node->body.reading == READING_AS_OWNER && view.role != MP_OWNING) {
        node->body.reading = READING_NOTHING;
        result->dropped = true;
    }
    if (node->scope->audit) keep_raw(node);
    normalise(node);
}

static void load_group(struct node *node, struct result *result) {
    const struct disk *disk = &node->body.disk;
    struct mp_identity suffix[LOG_MAX];
    struct mp_event event = {.kind = MP_EVENT_LOAD};
    event.load.hard = disk->hard;
    event.load.suffix = suffix;
    for (uint32_t i = 0; i < disk->log.count; i += 1) {
        const struct mp_batch *batch = &frame_get(disk->log.ids[i])->batch;
        if (batch->first <= disk->hard.commit.index) continue;
        suffix[event.load.suffix_count] = mp_batch_identity(batch);
        event.load.suffix_count += 1;
    }
    if (!node_step(node, &event, 0, result)) violate(result, "a node cannot load its disk");
    struct mp_group_view view;
    (void)mp_replica_group(node->seat.replica, GROUP, &view);
    if (view.lost) violate(result, "a node takes its own disk for damaged");
}

static void start(struct node *node, struct result *result) {
    struct body *body = &node->body;
    seat_reset(&node->seat, (uint32_t)body->life);
    node->durable = 0;
    body->log = body->disk.log;
    if (body->disk.hard.promised.round != 0) load_group(node, result);
    struct mp_event event = {.kind = MP_EVENT_START};
    if (!node_step(node, &event, 0, result)) violate(result, "a node cannot start");
    seat_stop_election(&node->seat);
}

void node_make(struct node *node, const struct scope *scope, uint32_t place) {
    *node = (struct node){.scope = scope, .body = {.place = place}};
    struct mp_options options = options_of(scope, place);
    seat_make(&node->seat, &options);
    node->seat.forgetful = scope->mutant == MUTANT_FORGETFUL;
    static struct result result;
    result = (struct result){0};
    start(node, &result);
    finish(node, &result);
    if (result.violation[0] != 0) give_up("%s", result.violation);
}

/* What a planted mistake makes of a message that is received. */
static void spoil(struct node *node, struct letter *letter) {
    if (node->scope->mutant != MUTANT_STALE_READ) return;
    if (letter->message.kind != MP_MESSAGE_CONFIRMED) return;
    letter->message.sequence = seat_confirm_round(&node->seat);
}

static bool counts_twice(const struct node *node, const struct mp_message *message) {
    if (message->outcome != MP_OUTCOME_OK) return false;
    bool vote = node->scope->mutant == MUTANT_DOUBLE_VOTE && message->kind == MP_MESSAGE_ACCEPTED;
    bool promise =
        node->scope->mutant == MUTANT_DOUBLE_PROMISE && message->kind == MP_MESSAGE_PROMISE;
    return vote || promise;
}

void node_receive(struct node *node, uint32_t id, struct result *result) {
    struct letter letter;
    struct mp_batch batch;
    letter_get(id, &letter);
    spoil(node, &letter);
    struct mp_event event = {.kind = MP_EVENT_RECEIVE};
    event.receive.from = place_id(letter.from);
    event.receive.message = &letter.message;
    if (letter.frame != 0) {
        batch = frame_get(letter.frame)->batch;
        event.receive.batch = &batch;
    }
    bool done = node_step(node, &event, letter.frame, result);
    if (done && counts_twice(node, &letter.message)) {
        uint32_t other = (letter.from + 1) % VOTERS;
        if (other == node->body.place) other = (other + 1) % VOTERS;
        event.receive.from = place_id(other);
        (void)node_step(node, &event, letter.frame, result);
    }
    finish(node, result);
}

void node_write(struct node *node, struct result *result) {
    struct body *body = &node->body;
    if (body->pending_count == 0) give_up("no write is pending");
    struct pending pending = body->pending[0];
    body->pending_count -= 1;
    memmove(body->pending, body->pending + 1, body->pending_count * sizeof pending);
    body->pending[body->pending_count] = (struct pending){0};
    if (node->scope->mutant == MUTANT_OLD_DISK) body->older = body->disk;
    if (!disk_apply(&body->disk, &pending)) violate(result, "a write leaves no log on the disk");
    struct mp_event event = {.kind = MP_EVENT_WRITTEN};
    event.written.write_id = pending.write.id;
    node->durable = pending.write.id;
    if (node_step(node, &event, 0, result)) node_release(node, result);
    finish(node, result);
}

/* What a planted mistake leaves of a disk. */
static void damage(struct node *node) {
    struct disk *disk = &node->body.disk;
    struct disk empty = {0};
    enum mutant mutant = node->scope->mutant;
    if (mutant == MUTANT_OLD_DISK) *disk = node->body.older;
    if (mutant == MUTANT_WIPED) *disk = empty;
    if (mutant == MUTANT_LOST_PROMISE) disk->hard.promised = disk->hard.tip.ballot;
    if (mutant == MUTANT_LOST_BATCH && disk->hard.tip.index > disk->hard.commit.index) {
        frames_cut(&disk->log, disk->hard.tip.index);
        disk->hard.tip = (struct mp_point){0};
        if (disk->log.count == 0) return;
        const struct mp_batch *last = &frame_get(disk->log.ids[disk->log.count - 1])->batch;
        disk->hard.tip = (struct mp_point){last->last, last->ballot, last->checksum};
    }
}

void node_crash(struct node *node, struct result *result) {
    struct body *body = &node->body;
    damage(node);
    if (body->used_now > body->used_before) body->used_before = body->used_now;
    struct body next = {
        .place = body->place,
        .life = body->life + 1,
        .used_before = body->used_before,
        .disk = body->disk,
        .older = body->older,
    };
    result->dropped = body->reading != READING_NOTHING;
    *body = next;
    start(node, result);
    finish(node, result);
}

void node_pull(struct node *node, struct result *result) {
    struct mp_event event = {.kind = MP_EVENT_PULL};
    event.pull.deadline_us = node->seat.now_us + 4 * T_US;
    (void)node_step(node, &event, 0, result);
    finish(node, result);
}

static void push_after(struct node *node, struct mp_event *event, struct result *result) {
    if (node_step(node, event, 0, result)) {
        struct mp_event push = {.kind = MP_EVENT_PUSH};
        (void)node_step(node, &push, 0, result);
    }
    finish(node, result);
}

/* The second proposer's batches have two entries, so that the frames of two logs do not line up. */
void node_invoke(struct node *node, struct result *result) {
    uint8_t bytes[256];
    struct body *body = &node->body;
    struct mp_batch_builder builder;
    mp_batch_begin(&builder, bytes, sizeof bytes);
    uint32_t entries = body->place % 2 == 0 ? 1 : 2;
    for (uint32_t i = 0; i < entries; i += 1) {
        uint8_t payload[4] = {(uint8_t)body->place, (uint8_t)body->life, (uint8_t)body->invoked,
                              (uint8_t)i};
        enum mp_status status = mp_batch_append(&builder, MP_ENTRY_CALL, payload, sizeof payload);
        if (status != MP_OK) give_up("mp_batch_append: %s", mp_status_text(status));
    }
    struct mp_event event = {.kind = MP_EVENT_INVOKE};
    event.invoke.batch = &builder;
    body->invoked += 1;
    push_after(node, &event, result);
}

void node_configure(struct node *node, uint32_t voters, struct result *result) {
    uint8_t bytes[256];
    struct mp_batch_builder builder;
    mp_batch_begin(&builder, bytes, sizeof bytes);
    struct mp_event event = {.kind = MP_EVENT_MEMBERSHIP};
    event.membership.batch = &builder;
    event.membership.voters = voters;
    push_after(node, &event, result);
}

void node_read(struct node *node, struct result *result) {
    struct mp_group_view view;
    (void)mp_replica_group(node->seat.replica, GROUP, &view);
    bool owns = view.role == MP_OWNING;
    struct mp_event event = {.kind = owns ? MP_EVENT_CONFIRM : MP_EVENT_TIPS};
    node->body.reading = owns ? READING_AS_OWNER : READING_TIPS;
    (void)node_step(node, &event, 0, result);
    finish(node, result);
}

void node_ring(struct node *node, uint32_t timer, struct result *result) {
    seat_ring(&node->seat, timer);
    struct mp_event event = {.kind = MP_EVENT_TIMEOUT};
    (void)node_step(node, &event, 0, result);
    finish(node, result);
}

void node_save(const struct node *node, struct words *words) {
    words_put(words, &node->body, sizeof node->body);
    seat_save(&node->seat, words);
}

void node_load(struct node *node, struct words *words) {
    words_get(words, &node->body, sizeof node->body);
    seat_load(&node->seat, words);
    node->durable = 0;
}
