/* One node: a real replica, and around it the smallest driver that obeys the contract of
 * mp/replica.h. All that happens to it is a move; what comes of a move is a result. */
#ifndef EXHAUSTIVE_NODE_H
#define EXHAUSTIVE_NODE_H

#include "disk.h"
#include "scope.h"
#include "seat.h"

enum { HELD_MAX = 64, LETTERS_PER_MOVE = 96, VIOLATION_SIZE = 200 };

enum reading { READING_NOTHING, READING_AS_OWNER, READING_TIPS };

/* What a node is, apart from its replica. Only whole words: it is saved as such. */
struct body {
    uint64_t place;
    uint64_t life;        /* How often it started again. */
    uint64_t invoked;     /* Batches in this life. */
    uint64_t reading;     /* enum reading: at most one read waits. */
    uint64_t used_before; /* The highest round that left in a PREPARE of an earlier life. */
    uint64_t used_now;    /* And of this one. */
    struct frames log;    /* As the replica has it. */
    struct disk disk;
    struct disk older; /* For mistakes only: the disk before the last write. */
    uint64_t pending_count;
    struct pending pending[PENDING_MAX];
    uint64_t held_count;
    struct {
        uint64_t after_write;
        uint64_t letter;
    } held[HELD_MAX];
};

struct node {
    const struct scope *scope;
    struct body body;
    struct seat seat;
    uint64_t durable; /* The last durable write, during a move. */
};

/* What comes of a move. */
struct result {
    bool refused;     /* The move is not possible here: nothing changed. */
    bool answered;    /* The read that waited has its answer: it sees this much of the log. */
    uint64_t answer;
    bool dropped;     /* The read that waited gets no answer: the node owns no more. */
    uint32_t letter_count;
    uint32_t letters[LETTERS_PER_MOVE];
    char violation[VIOLATION_SIZE]; /* Empty: none. */
};

uint64_t place_id(uint32_t place);
/* The place of a node; PLACES_MAX if there is none. */
uint32_t place_of(uint64_t id);

void node_make(struct node *node, const struct scope *scope, uint32_t place);

/* The moves. Each leaves the state in its normal form. */
void node_receive(struct node *node, uint32_t letter, struct result *result);
void node_write(struct node *node, struct result *result);
void node_crash(struct node *node, struct result *result);
void node_pull(struct node *node, struct result *result);
void node_invoke(struct node *node, struct result *result);
void node_read(struct node *node, struct result *result);
void node_ring(struct node *node, uint32_t timer, struct result *result);
void node_configure(struct node *node, uint32_t voters, struct result *result);

/* The state as few bytes, and back. */
void node_save(const struct node *node, struct words *words);
void node_load(struct node *node, struct words *words);

/* With `audit`: the state that the last move led to, before it was put in its normal form; and the
 * same as a state to make moves from. */
enum { NODE_SIZE_MAX = 32768 };
const uint8_t *node_raw(size_t *size);
void node_load_raw(struct node *node, struct words *words);

/* effects.c: step the replica and carry out what must follow. `frame` is that of the event.
 * False if the replica refused the event, or a property does not hold. */
bool node_step(struct node *node, struct mp_event *event, frame_id frame, struct result *result);
/* The messages that waited for a write leave. */
void node_release(struct node *node, struct result *result);
/* The first property that is found not to hold is the one that is told. */
void violate(struct result *result, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif /* EXHAUSTIVE_NODE_H */
