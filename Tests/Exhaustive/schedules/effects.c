/* The driver's half of a step: carry out the effects, in the order of the contract, and judge what
 * leaves the node. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node.h"

/* A broken assertion of the core is a violation like any other: the step is abandoned, and with it
 * the state that it left half done. */
static jmp_buf trap;
static char trapped[VIOLATION_SIZE];

_Noreturn void __wrap_mp__assert_failed(const char *condition, const char *file, int line);

_Noreturn void __wrap_mp__assert_failed(const char *condition, const char *file, int line) {
    const char *name = strrchr(file, '/');
    snprintf(trapped, sizeof trapped, "%s:%d asserts %s", name == NULL ? file : name + 1, line,
             condition);
    longjmp(trap, 1);
}

void violate(struct result *result, const char *format, ...) {
    if (result->violation[0] != 0) return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(result->violation, sizeof result->violation, format, arguments);
    va_end(arguments);
}

static bool holds_on_disk(const struct node *node, struct mp_point point) {
    if (point.index == 0) return true;
    const struct frames *log = &node->body.disk.log;
    uint32_t at = frames_holding(log, point.index);
    if (at == LOG_MAX) return false;
    const struct mp_batch *batch = &frame_get(log->ids[at])->batch;
    return batch->last == point.index && batch->checksum == point.checksum;
}

/* What the message says of its sender is on its disk. */
static bool is_durable(const struct node *node, const struct mp_message *message) {
    struct mp_ballot promised = node->body.disk.hard.promised;
    bool refused = message->outcome == MP_OUTCOME_REFUSED;
    struct mp_ballot said = refused ? message->point.ballot : message->ballot;
    switch (message->kind) {
        case MP_MESSAGE_PREPARE:
            return mp_ballot_compare(promised, said) >= 0;
        case MP_MESSAGE_PROMISE:
            if (mp_ballot_compare(promised, said) < 0) return false;
            return refused || holds_on_disk(node, message->point);
        case MP_MESSAGE_ACCEPTED:
            if (mp_ballot_compare(promised, said) < 0) return false;
            return refused || frames_end(&node->body.disk.log) >= message->point.index;
        default:
            return true;
    }
}

static void judge_ballot(struct node *node, uint64_t round, struct result *result) {
    struct body *body = &node->body;
    if (round <= body->used_before && (node->scope->judgements & JUDGE_BALLOT) != 0) {
        violate(result, "node %u prepares round %llu, which it prepared in an earlier life",
                (unsigned)body->place + 1, (unsigned long long)round);
    }
    if (round > body->used_now) body->used_now = round;
}

static void depart(struct node *node, uint32_t id, struct result *result) {
    struct letter letter;
    letter_get(id, &letter);
    bool votes = node->seat.options.votes;
    bool judged = votes && (node->scope->judgements & JUDGE_DURABLE) != 0;
    if (judged && !is_durable(node, &letter.message)) {
        violate(result, "node %u says what is not on its disk", letter.from + 1);
    }
    if (letter.message.kind == MP_MESSAGE_PREPARE) {
        judge_ballot(node, letter.message.ballot.round, result);
    }
    if (result->letter_count == LETTERS_PER_MOVE) give_up("a move sends too many letters");
    result->letters[result->letter_count] = id;
    result->letter_count += 1;
}

/* No peer of the exploration listens to the election. */
static bool is_of_election(const struct mp_message *message) {
    return message->kind == MP_MESSAGE_BEAT || message->kind == MP_MESSAGE_BEATEN;
}

/* A letter that waits already need not wait twice: what has left can arrive any number of times. */
static void hold(struct body *body, uint32_t letter, uint64_t after_write) {
    for (uint64_t i = 0; i < body->held_count; i += 1) {
        if (body->held[i].letter == letter) return;
    }
    if (body->held_count == HELD_MAX) give_up("a node holds too many letters");
    body->held[body->held_count].after_write = after_write;
    body->held[body->held_count].letter = letter;
    body->held_count += 1;
}

static void send(struct node *node, const struct mp_send *send, struct result *result) {
    struct body *body = &node->body;
    struct letter letter = {.from = (uint32_t)body->place, .to = place_of(send->to)};
    letter.message = send->message;
    if (is_of_election(&send->message) || letter.to >= scope_places(node->scope)) return;
    if (send->batch_first != 0) {
        uint32_t at = frames_starting(&body->log, send->batch_first);
        if (at == LOG_MAX) {
            violate(result, "node %u sends a frame that it does not have", letter.from + 1);
            return;
        }
        letter.frame = body->log.ids[at];
    }
    bool eager = node->scope->mutant == MUTANT_EAGER_COMMIT;
    if (eager && letter.message.kind == MP_MESSAGE_ACCEPT) {
        letter.message.commit = frame_get(letter.frame)->batch.last;
    }
    uint32_t id = letter_put(&letter);
    bool early = node->scope->mutant == MUTANT_SEND_EARLY;
    if (send->after_write <= node->durable || early) {
        depart(node, id, result);
        return;
    }
    hold(body, id, send->after_write);
}

void node_release(struct node *node, struct result *result) {
    struct body *body = &node->body;
    uint64_t kept = 0;
    for (uint64_t i = 0; i < body->held_count; i += 1) {
        if (body->held[i].after_write <= node->durable) {
            depart(node, (uint32_t)body->held[i].letter, result);
            continue;
        }
        body->held[kept] = body->held[i];
        kept += 1;
    }
    memset(&body->held[kept], 0, (body->held_count - kept) * sizeof body->held[0]);
    body->held_count = kept;
}

static void submit(struct node *node, const struct mp_write *write, struct result *result) {
    struct body *body = &node->body;
    if (!node->seat.options.votes) violate(result, "a client writes");
    if (body->pending_count == PENDING_MAX) give_up("a node has too many writes");
    struct pending *pending = &body->pending[body->pending_count];
    *pending = (struct pending){.write = *write};
    body->pending_count += 1;
    if (write->batch_first == 0) return;
    uint32_t at = frames_starting(&body->log, write->batch_first);
    if (at == LOG_MAX) {
        violate(result, "a node writes a frame that it does not have");
        return;
    }
    pending->frame = body->log.ids[at];
}

/* As a driver serves a fetch: from what it stores, at most so many bytes, but at least one. */
static void serve(struct node *node, const struct mp_serve *serve, struct result *result) {
    uint64_t next = serve->from, bytes = 0;
    struct letter letter = {.from = (uint32_t)node->body.place, .to = place_of(serve->to)};
    for (;;) {
        uint32_t at = frames_holding(&node->body.log, next);
        if (next > serve->through || at == LOG_MAX) break;
        const struct frame *frame = frame_get(node->body.log.ids[at]);
        if (next > serve->from && bytes + frame->size > serve->bytes) break;
        bytes += frame->size;
        letter.message = serve->frame;
        letter.frame = node->body.log.ids[at];
        depart(node, letter_put(&letter), result);
        next = frame->batch.last + 1;
    }
    letter.message = serve->fetched;
    letter.message.point.index = next - 1;
    letter.frame = 0;
    depart(node, letter_put(&letter), result);
}

static void append(struct node *node, const struct mp_identity *identity, frame_id frame,
                   struct result *result) {
    bool same = frame != 0 && frame_get(frame)->batch.checksum == identity->checksum;
    if (!same || !frames_append(&node->body.log, frame)) {
        violate(result, "a node appends what does not follow its log");
    }
}

static void report(struct node *node, const struct mp_outcome *outcome, struct result *result) {
    uint64_t reading = node->body.reading;
    bool own = outcome->kind == MP_CONFIRMED && reading == READING_AS_OWNER;
    bool tips = outcome->kind == MP_TIPPED && reading == READING_TIPS;
    if (!own && !tips) return;
    result->answered = true;
    result->answer = outcome->point.index;
    node->body.reading = READING_NOTHING;
}

static void carry_out(struct node *node, const struct mp_effects *effects, frame_id frame,
                      struct result *result) {
    if (effects->drop_from != 0) frames_cut(&node->body.log, effects->drop_from);
    if (effects->append.first != 0) append(node, &effects->append, frame, result);
    for (uint32_t i = 0; i < effects->write_count; i += 1) {
        submit(node, &effects->writes[i], result);
    }
    for (uint32_t i = 0; i < effects->send_count; i += 1) send(node, &effects->sends[i], result);
    if (effects->serve.to != 0) serve(node, &effects->serve, result);
    for (uint32_t i = 0; i < effects->outcome_count; i += 1) {
        report(node, &effects->outcomes[i], result);
    }
}

bool node_step(struct node *node, struct mp_event *event, frame_id frame, struct result *result) {
    static struct mp_effects effects;
    event->now_us = node->seat.now_us;
    event->group = GROUP;
    if (setjmp(trap) != 0) {
        violate(result, "%s", trapped);
        return false;
    }
    enum mp_status status = mp_replica_step(node->seat.replica, event, &effects);
    if (status != MP_OK) {
        bool strange = event->kind == MP_EVENT_RECEIVE || event->kind == MP_EVENT_WRITTEN;
        strange = strange && (node->scope->judgements & JUDGE_ORDER) != 0;
        if (strange) violate(result, "an honest event is refused: %s", mp_status_text(status));
        result->refused = true;
        return false;
    }
    const struct mp_batch_builder *builder = NULL;
    if (event->kind == MP_EVENT_INVOKE) builder = event->invoke.batch;
    if (event->kind == MP_EVENT_MEMBERSHIP) builder = event->membership.batch;
    if (builder != NULL) frame = frame_put(builder->bytes, builder->size);
    carry_out(node, &effects, frame, result);
    mp_replica_check(node->seat.replica);
    return result->violation[0] == 0;
}
