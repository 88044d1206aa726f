/* A log as a list of batch identities.
 *
 * Invariants (asserted in invariants.c):
 *  L1  the batches are contiguous from base to tip, each naming the checksum of the one before;
 *  L2  ballots never fall along the log;
 *  L3  base, commit and tip are ends of batches;
 *  L4  nothing at or below commit is ever removed, except from the front;
 *  L5  what is in force at a batch is its own, if it is a configuration, else that before;
 *  L6  each group's share of the pool is its own: only what is beyond all shares is lent.
 *
 * L6 is what keeps groups from waiting for each other. If uncommitted batches could take any place
 * of the pool, those of some groups could fill it on every node, and then no group could append the
 * barrier that commits them. With L6 a log of at most MP_SHARE - 1 uncommitted batches is adopted,
 * gets its barrier and is replicated in its share alone:
 *  - An owner adds to such a log only, unless it borrows (mp__log_may_grow), so no log on no node
 *    is longer: an acceptor first commits what the owner says is, and then is as long as the
 *    owner's was; a learner commits what it takes; a proposer takes a voter's log, and has heard of
 *    that voter's commit point.
 *  - While so few are uncommitted, a log that fills its share holds a committed batch, and that is
 *    forgotten for the next. Storage has it, or will (mp__log_stored).
 * Calls are invoked only where nothing is inherited, and fill a window: half a share. The rest is
 * for the barriers of owners that fail before they commit, one after the other. */
#include "assert.h"
#include "state.h"

/* Committed batches kept in memory for voters that are a little behind, and while memory is scarce.
 * Those further behind fetch from storage. */
enum { RETAINED = 64, RETAINED_SCARCE = 2 };

_Static_assert(MP_SHARE >= 2 * MP_WINDOW_MAX, "a window and as many barriers fit in a share");

static struct mp_point end_of(const struct mp__batch *batch) {
    return (struct mp_point){
        .index = batch->id.last,
        .ballot = batch->id.ballot,
        .checksum = batch->id.checksum,
    };
}

int mp__compare_tips(struct mp_point a, struct mp_point b) {
    int order = mp_ballot_compare(a.ballot, b.ballot);
    if (order != 0) return order;
    return a.index == b.index ? 0 : a.index < b.index ? -1 : 1;
}

void mp__log_init(struct mp__log *log, struct mp_point base, struct mp__config config) {
    *log = (struct mp__log){
        .base = base,
        .commit = base,
        .tip = base,
        .base_config = config,
        .commit_config = config,
        .tip_config = config,
        .head = MP_NONE,
        .tail = MP_NONE,
    };
}

/* Searches from the tail: almost every question is about the newest batches. */
uint32_t mp__log_holds(const struct mp_replica *replica, const struct mp__log *log,
                       uint64_t index) {
    if (index <= log->base.index || index > log->tip.index) return MP_NONE;
    uint32_t at = log->tail;
    while (replica->batches[at].id.first > index) at = replica->batches[at].before;
    MP_ASSERT(replica->batches[at].id.last >= index);
    return at;
}

uint32_t mp__log_starts(const struct mp_replica *replica, const struct mp__log *log,
                        uint64_t first) {
    uint32_t at = mp__log_holds(replica, log, first);
    if (at == MP_NONE || replica->batches[at].id.first != first) return MP_NONE;
    return at;
}

bool mp__log_point(const struct mp_replica *replica, const struct mp__log *log, uint64_t index,
                   struct mp_point *point) {
    *point = (struct mp_point){0};
    if (index == log->base.index) {
        *point = log->base;
        return true;
    }
    uint32_t at = mp__log_holds(replica, log, index);
    if (at == MP_NONE || replica->batches[at].id.last != index) return false;
    *point = end_of(&replica->batches[at]);
    return true;
}

struct mp__config mp__log_config(const struct mp_replica *replica, const struct mp__log *log,
                                 uint64_t index) {
    uint32_t at = mp__log_holds(replica, log, index);
    return at == MP_NONE ? log->base_config : replica->batches[at].config;
}

/* What is not in anybody's share. */
static uint32_t lendable(const struct mp_replica *replica) {
    return replica->options.batches_max - replica->options.groups_max * MP_SHARE;
}

static bool can_lend(const struct mp_replica *replica) {
    return replica->lent < lendable(replica);
}

bool mp__log_fits(const struct mp_replica *replica, uint32_t count) {
    if (count <= MP_SHARE) return true;
    return count <= MP_UNCOMMITTED_MAX && count - MP_SHARE <= lendable(replica) - replica->lent;
}

bool mp__log_has_room(const struct mp_replica *replica, const struct mp__log *log) {
    if (log->uncommitted >= MP_UNCOMMITTED_MAX) return false;
    if (log->count < MP_SHARE || can_lend(replica)) return true;
    return log->count > log->uncommitted;
}

bool mp__log_may_grow(const struct mp_replica *replica, const struct mp__log *log) {
    if (log->uncommitted < MP_SHARE - 1) return true;
    return log->uncommitted < MP_UNCOMMITTED_MAX && can_lend(replica);
}

uint32_t mp__log_append(struct mp_replica *replica, struct mp__log *log,
                        const struct mp_identity *id) {
    MP_ASSERT(log->count < MP_SHARE || can_lend(replica));
    MP_ASSERT(replica->batch_free != MP_NONE);
    MP_ASSERT(id->first == log->tip.index + 1 && id->last >= id->first);
    MP_ASSERT(id->previous == log->tip.checksum);
    MP_ASSERT(mp_ballot_compare(id->ballot, log->tip.ballot) >= 0);

    uint32_t at = replica->batch_free;
    struct mp__batch *batch = &replica->batches[at];
    replica->batch_free = batch->after;
    replica->batch_free_count -= 1;
    replica->named_bytes += id->size;
    log->tip_config = mp__admission_next(log->tip_config, id->voters, id->admissions);
    *batch = (struct mp__batch){
        .id = *id, .config = log->tip_config, .before = log->tail, .after = MP_NONE};
    if (log->tail != MP_NONE) replica->batches[log->tail].after = at;
    if (log->head == MP_NONE) log->head = at;
    log->tail = at;
    log->tip = end_of(batch);
    replica->lent += log->count >= MP_SHARE;
    log->count += 1;
    log->uncommitted += 1;
    return at;
}

static void give_back(struct mp_replica *replica, struct mp__log *log, uint32_t at) {
    MP_ASSERT(log->count > 0);
    replica->lent -= log->count > MP_SHARE;
    log->count -= 1;
    MP_ASSERT(replica->named_bytes >= replica->batches[at].id.size);
    replica->named_bytes -= replica->batches[at].id.size;
    replica->batches[at] = (struct mp__batch){.before = MP_NONE, .after = replica->batch_free};
    replica->batch_free = at;
    replica->batch_free_count += 1;
}

void mp__log_truncate(struct mp_replica *replica, struct mp__log *log, uint64_t first) {
    MP_ASSERT(first > log->commit.index);
    /* Frames are never cut, so two logs part at the start of a frame and nowhere else. */
    MP_ASSERT(first > log->tip.index || mp__log_starts(replica, log, first) != MP_NONE);
    while (log->tail != MP_NONE && replica->batches[log->tail].id.first >= first) {
        uint32_t at = log->tail;
        log->tail = replica->batches[at].before;
        give_back(replica, log, at);
        log->uncommitted -= 1;
    }
    if (log->tail == MP_NONE) log->head = MP_NONE;
    if (log->tail != MP_NONE) replica->batches[log->tail].after = MP_NONE;
    log->tip = log->tail == MP_NONE ? log->base : end_of(&replica->batches[log->tail]);
    log->tip_config = mp__log_config(replica, log, log->tip.index);
    MP_ASSERT(log->tip.index >= log->commit.index);
}

void mp__log_commit(struct mp_replica *replica, struct mp__log *log, uint64_t index) {
    MP_ASSERT(index > log->commit.index);
    struct mp_point point;
    bool at_end = mp__log_point(replica, log, index, &point);
    MP_ASSERT(at_end);
    for (uint32_t at = mp__log_holds(replica, log, index); at != MP_NONE;
         at = replica->batches[at].before) {
        if (replica->batches[at].id.last <= log->commit.index) break;
        log->uncommitted -= 1;
    }
    log->commit = point;
    log->commit_config = mp__log_config(replica, log, index);
}

bool mp__log_scarce(const struct mp_replica *replica) {
    return replica->lent > lendable(replica) / 2 ||
           replica->named_bytes > MP_NAMED_BYTES_MAX;
}

static void note_unstored(const struct mp_replica *replica, struct mp__log *log,
                          const struct mp__batch *batch) {
    if (batch->write_id <= replica->durable_write) return;
    if (log->unstored_write <= replica->durable_write) log->unstored_first = batch->id.first;
    log->unstored_write = batch->write_id;
}

/* What an owner that was deposed had appended stays in storage until the write that replaces it is
 * done, while the log in memory may have gone on, committed, and been forgotten: who reads storage
 * further than this takes for committed what never was. */
uint64_t mp__log_stored(const struct mp_replica *replica, const struct mp__log *log) {
    if (log->unstored_write > replica->durable_write) return log->unstored_first - 1;
    uint64_t last = log->base.index;
    for (uint32_t at = log->head; at != MP_NONE; at = replica->batches[at].after) {
        if (replica->batches[at].write_id > replica->durable_write) break;
        last = replica->batches[at].id.last;
    }
    return last;
}

static uint64_t forget(struct mp_replica *replica, struct mp__log *log, uint32_t keep) {
    uint64_t forgotten = 0;
    while (log->count - log->uncommitted > keep) {
        uint32_t at = log->head;
        struct mp__batch *batch = &replica->batches[at];
        MP_ASSERT(batch->id.last <= log->commit.index);
        note_unstored(replica, log, batch);
        log->base = end_of(batch);
        log->base_config = batch->config;
        forgotten = batch->id.last;
        log->head = batch->after;
        if (log->head == MP_NONE) log->tail = MP_NONE;
        if (log->head != MP_NONE) replica->batches[log->head].before = MP_NONE;
        give_back(replica, log, at);
    }
    return forgotten;
}

uint64_t mp__log_prune(struct mp_replica *replica, struct mp__log *log) {
    return forget(replica, log, mp__log_scarce(replica) ? RETAINED_SCARCE : RETAINED);
}

uint64_t mp__log_make_room(struct mp_replica *replica, struct mp__log *log) {
    if (log->count < MP_SHARE || can_lend(replica)) return 0;
    MP_ASSERT(log->count > log->uncommitted);
    return forget(replica, log, log->count - log->uncommitted - 1);
}

uint64_t mp__log_trim(struct mp_replica *replica, struct mp__log *log) {
    return forget(replica, log, 0);
}
