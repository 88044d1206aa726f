/* What one exploration covers: who takes part, how much may happen, and the planted mistake. */
#ifndef EXHAUSTIVE_SCOPE_H
#define EXHAUSTIVE_SCOPE_H

#include <stdbool.h>
#include <stdint.h>

enum { VOTERS = 3, PROPOSERS = 2, PLACES_MAX = VOTERS + PROPOSERS };

/* Mistakes of a driver or a disk, planted to show that the explorer finds such. */
#define MUTANT_MAP(X)                                                              \
    X(NONE, "none", "no mistake")                                                  \
    X(SEND_EARLY, "send-early", "messages do not wait for their write")            \
    X(OLD_DISK, "old-disk", "a restart finds the disk as it was one write before") \
    X(LOST_PROMISE, "lost-promise", "a restart forgets the promise")               \
    X(LOST_BATCH, "lost-batch", "a restart forgets the last batch")                \
    X(WIPED, "wiped", "a restart finds an empty disk, and the node votes")         \
    X(DOUBLE_VOTE, "double-vote", "a vote counts twice: a quorum of f")            \
    X(DOUBLE_PROMISE, "double-promise", "a promise counts twice: a quorum of f")   \
    X(EAGER_COMMIT, "eager-commit", "an owner calls committed what it only sent")  \
    X(SAME_CLIENT, "same-client", "a client starts again under its old id")        \
    X(OTHER_VOTERS, "other-voters", "a proposer believes that it votes alone")     \
    X(FORGETFUL, "forgetful", "the explorer takes unequal states for equal: --audit") \
    X(STALE_READ, "stale-read", "an old answer serves as one to a later read")

enum mutant {
#define X(name, option, text) MUTANT_##name,
    MUTANT_MAP(X)
#undef X
};

/* Properties that can be left out, to see whether the others find a mistake as well. */
enum judgement {
    JUDGE_DURABLE = 1u, /* What a message promises is on the disk of its sender. */
    JUDGE_QUORUM = 2u,  /* What is committed is on the disks of a quorum. */
    JUDGE_BALLOT = 4u,  /* No ballot is prepared in two lives. */
    JUDGE_ORDER = 8u,   /* No node finds the message of an honest node malformed or wrong. */
    JUDGE_ALL = 15u,
};

struct scope {
    bool clients;     /* The proposers are two clients without disk; else voters 1 and 2. */
    uint32_t pulls;   /* How often each of these may happen on one path. */
    uint32_t batches;
    uint32_t crashes;
    uint32_t timers;
    uint32_t reads;
    uint32_t changes; /* Of the voters. */
    uint32_t members; /* The voters at first, as bits. */
    uint32_t streams; /* How often an owner may start its stream to one voter again. */
    const char *after; /* What has happened before the first state; see transcript.h. */
    enum mutant mutant;
    uint32_t judgements; /* Of enum judgement. */

    bool audit;       /* Check the normal form of states afterwards. */
    uint32_t depth;   /* Steps; 0: as many as there are. */
    uint32_t seconds; /* 0: no bound. */
    uint64_t memory;  /* Bytes for states; the tables of distinct steps come on top. */
};

static inline uint32_t scope_places(const struct scope *scope) {
    return scope->clients ? PLACES_MAX : VOTERS;
}

static inline bool scope_proposes(const struct scope *scope, uint32_t place) {
    return scope->clients ? place >= VOTERS : place < PROPOSERS;
}

#endif /* EXHAUSTIVE_SCOPE_H */
