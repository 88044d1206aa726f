/* The distinct steps of the core: each state of a node and each move from it is known by a number,
 * and is executed once however many worlds it is part of. That is sound because a step is a pure
 * function, which is the contract of mp/replica.h. */
#ifndef EXHAUSTIVE_MOVES_H
#define EXHAUSTIVE_MOVES_H

#include "node.h"

enum move_kind {
    MOVE_RECEIVE,
    MOVE_WRITE,
    MOVE_CRASH,
    MOVE_PULL,
    MOVE_INVOKE,
    MOVE_READ,
    MOVE_RING,
    MOVE_CONFIGURE,
};

/* Kind, and the letter received; or kind, place, and a timer or a set of voters. */
typedef uint32_t move;

move move_receive(uint32_t letter);
move move_of(enum move_kind kind, uint32_t place, uint32_t detail);
enum move_kind move_kind(move move);
uint32_t move_place(move move);
uint32_t move_letter(move move);
uint32_t move_detail(move move);

/* What a search needs to know of a state of a node. */
struct facts {
    enum mp_role role;
    bool ready;
    uint32_t timers;
    uint32_t pending;
    uint32_t reading;
    uint32_t window_free;
    uint64_t voters; /* In force at the tip. */
    uint64_t streams, fetches;
    struct mp_ballot ballot; /* Of the owner here, else the promise. */
    struct mp_point commit;
    struct frames log, disk;
};

/* What comes of a move. */
struct outcome {
    uint32_t next;      /* The state after it. */
    uint32_t violation; /* See moves_violation(); 0: none. */
    uint32_t answer; /* 1 and the index up to which a read sees the log; 0: no answer. */
    uint16_t refused;
    uint16_t dropped;
    uint32_t letter_count;
    uint32_t letters[];
};

void moves_make(const struct scope *scope);
/* The state in which a node starts. */
uint32_t moves_first(uint32_t place);
const struct facts *moves_facts(uint32_t state);
const struct outcome *moves_outcome(uint32_t state, move move);
const char *moves_violation(uint32_t violation);

/* The letters of an inbox that would change anything, and what comes of each. */
struct offer {
    move move;
    const struct outcome *outcome;
};
const struct offer *moves_offers(uint32_t state, uint32_t inbox, uint32_t *count);

/* Sets of letters; 0 is the empty one. */
uint32_t inbox_add(uint32_t inbox, uint32_t letter);
const uint32_t *inbox_letters(uint32_t inbox, uint32_t *count);

/* How many different states and steps there were, and how many offers --streams left out. */
uint64_t moves_states(void);
uint64_t moves_steps(void);
uint64_t moves_cut(void);

/* audit.c: check the normal form. Each state that a node was in before it was put in its normal
 * form makes every move that was made from the normal form, and so do the states to which these
 * moves lead: the outcomes must be the same. */
struct audit {
    uint64_t states; /* Those checked. */
    uint64_t moves;  /* Those compared. */
    bool complete;   /* There were no more states. */
    bool differs;    /* Two outcomes are not the same: the last ones compared. */
};
struct audit moves_audit(void);
/* For the audit: note that the last move led to this state. */
void audit_note(uint32_t state);
/* Every move made so far, in the order of the states: the state plus one, then the move. */
uint64_t *moves_made(uint64_t *count);
/* The outcome of a move from any state of a node; `state` is its normal form. */
void moves_perform(struct node *node, uint32_t state, move move, struct outcome *outcome);
struct node *moves_node(uint32_t place);

#endif /* EXHAUSTIVE_MOVES_H */
