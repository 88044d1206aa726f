/* The properties of the whole. Those of one node are asserted by mp_replica_check(), and those of
 * what leaves it in effects.c. */
#include <stdio.h>
#include <string.h>

#include "world.h"

/* A batch that was committed, and the lowest ballot of which an owner said so. */
struct committed {
    struct mp_ballot by;
    uint64_t frame;
};

enum { LEDGERS_MAX = 1 << 20 };

static const struct scope *scope;
static struct strings ledgers;

void judge_make(const struct scope *of) {
    scope = of;
    bool is_new = false;
    strings_make(&ledgers, "ledger", (size_t)LEDGERS_MAX * 128, LEDGERS_MAX);
    (void)strings_put(&ledgers, NULL, 0, &is_new);
}

static const struct committed *entries_of(uint32_t ledger, uint32_t *count) {
    size_t size = 0;
    const uint8_t *bytes = strings_get(&ledgers, ledger, &size);
    *count = (uint32_t)(size / sizeof(struct committed));
    return (const struct committed *)(const void *)bytes;
}

uint64_t judge_end(uint32_t ledger) {
    uint32_t count = 0;
    const struct committed *entries = entries_of(ledger, &count);
    return count == 0 ? 0 : frame_get((frame_id)entries[count - 1].frame)->batch.last;
}

/* The voters whose disks hold the frame at this place of the log. */
static uint64_t holders(const struct world *world, uint32_t at, frame_id frame) {
    uint64_t nodes = 0;
    for (uint32_t i = 0; i < VOTERS; i += 1) {
        const struct frames *disk = &moves_facts(world_state(world, i))->disk;
        if (at < disk->count && disk->ids[at] == frame) nodes |= mp_voters_of(place_id(i));
    }
    return nodes;
}

/* The voters in force at the commit point: a quorum of them for the last batch that is committed
 * commits all before it as well. */
static uint64_t voters_committing(const struct facts *facts) {
    uint64_t voters = scope->members;
    for (uint32_t i = 0; i < facts->log.count; i += 1) {
        const struct mp_batch *batch = &frame_get(facts->log.ids[i])->batch;
        if (batch->first > facts->commit.index) break;
        if (batch->voters != 0) voters = batch->voters;
    }
    return voters;
}

/* Agreement, and that whatever is committed is durable at a quorum at that moment. */
static bool note(struct world *world, uint32_t place, char violation[VIOLATION_SIZE]) {
    struct committed noted[LOG_MAX];
    uint32_t count = 0;
    const struct committed *known = entries_of(*world_ledger(world), &count);
    const struct facts *facts = moves_facts(world_state(world, place));
    uint32_t known_count = count;
    memcpy(noted, known, count * sizeof *noted);
    for (uint32_t i = 0; i < facts->log.count; i += 1) {
        frame_id frame = facts->log.ids[i];
        const struct mp_batch *batch = &frame_get(frame)->batch;
        if (batch->first > facts->commit.index) break;
        if (i < known_count && known[i].frame == frame) continue;
        if (i < known_count) {
            snprintf(violation, VIOLATION_SIZE,
                     "node %u commits at index %llu another batch than was committed there",
                     place + 1, (unsigned long long)batch->first);
            return false;
        }
        bool held = mp_voters_quorum(voters_committing(facts), holders(world, i, frame));
        if (!held && (scope->judgements & JUDGE_QUORUM) != 0) {
            snprintf(violation, VIOLATION_SIZE,
                     "node %u commits index %llu, which no quorum has on disk", place + 1,
                     (unsigned long long)batch->first);
            return false;
        }
        noted[i] = (struct committed){.by = facts->ballot, .frame = frame};
        count = i + 1;
    }
    bool is_new = false;
    if (count > known_count) {
        *world_ledger(world) = strings_put(&ledgers, noted, count * sizeof *noted, &is_new);
    }
    return true;
}

/* Nothing acknowledged is lost: every owner has what was committed of lower ballots. */
static bool judge_owner(struct world *world, uint32_t place, char violation[VIOLATION_SIZE]) {
    uint32_t count = 0;
    const struct committed *entries = entries_of(*world_ledger(world), &count);
    const struct facts *facts = moves_facts(world_state(world, place));
    if (facts->role != MP_OWNING) return true;
    for (uint32_t i = 0; i < count; i += 1) {
        bool there = i < facts->log.count && facts->log.ids[i] == entries[i].frame;
        if (there || mp_ballot_compare(entries[i].by, facts->ballot) >= 0) continue;
        snprintf(violation, VIOLATION_SIZE,
                 "node %u owns without index %llu, which was committed before", place + 1,
                 (unsigned long long)frame_get((frame_id)entries[i].frame)->batch.first);
        return false;
    }
    return true;
}

bool judge(struct world *world, uint32_t place, char violation[VIOLATION_SIZE]) {
    uint32_t before = *world_ledger(world);
    if (!note(world, place, violation)) return false;
    if (before == *world_ledger(world)) return judge_owner(world, place, violation);
    for (uint32_t i = 0; i < scope_places(scope); i += 1) {
        if (!judge_owner(world, i, violation)) return false;
    }
    return true;
}
