/* The election of the serving node, by quorum connectivity: ballot leader election as in Omni-Paxos
 * (Ng, Haridi, Carbone, EuroSys 2023, section 5). Ballots here are a number space of their own.
 *
 * Every T/4 a node asks all others for what they believe, says what it believes itself, and judges
 * by the answers of the last T. It adopts the highest leader heard. A leader is happy if itself and
 * the nodes that hear it and know no higher leader form a quorum; a follower, if the leader itself
 * says it is happy. A node takes over only if it and every node it hears are unhappy, and it hears
 * a quorum. No log is compared: phase 1 of Paxos repairs logs, so any connected node may serve.
 *
 * A restarted node begins with the lowest rank. A node whose disk has stalled for T is never happy
 * as a leader and never takes over. One that has no vote in a group cannot serve that group: it
 * takes over only if nobody else has done so for a while, and gives way to one that says it is
 * able. Where too few disks have room to commit anything, nobody takes over: the owner that is
 * ready can still answer reads, and a new one could not become ready. */
#include "assert.h"
#include "state.h"

static uint32_t quorum(const struct mp_replica *replica) {
    return replica->options.voter_count / 2 + 1;
}

/* An answer counts for T: a link whose delay is below that elects nobody (FAULTS.md, row 12). */
enum { ROUNDS_FRESH = 4 };

static bool fresh(const struct mp__election *election, const struct mp__beat *beat) {
    return beat->round != 0 && beat->round + ROUNDS_FRESH > election->round;
}

static bool stalled(const struct mp_replica *replica) {
    return replica->disk_stall_us > replica->options.timeout_us || replica->disk_full;
}

/* Who is whole is given this many rounds to take over first. */
enum { ROUNDS_YIELDED = 4 };

/* Whether this node could serve every object, those included that are still to come. */
static bool whole(const struct mp_replica *replica) {
    return replica->lost_count == 0 && mp__admission_begins(replica);
}

static bool must_yield(const struct mp_replica *replica) {
    return !whole(replica) && replica->election.unhappy_rounds <= ROUNDS_YIELDED;
}

static void announce(struct mp_replica *replica, struct mp_effects *effects) {
    struct mp__election *election = &replica->election;
    uint64_t serving = election->happy ? election->leader.node : 0;
    if (serving == election->serving) return;
    election->serving = serving;
    struct mp_outcome outcome = {
        .kind = MP_SERVING, .ballot = election->leader, .node = serving};
    mp__outcome(effects, &outcome);
    mp__trace(replica, MP_TRACE_SERVING, NULL, election->leader, election->leader,
              (struct mp_point){0}, serving);
}

/* What the answers of the last rounds amount to. */
struct hearing {
    uint32_t count;     /* Nodes heard, this one included. */
    uint32_t roomy;     /* Of them, those whose disk is not full. */
    uint32_t followers; /* Of them, those that know no leader above the adopted one. */
    bool anyone_happy;
    bool anyone_able;   /* To serve every group, by its own word. */
    bool leader_happy;  /* The leader itself said so. */
};

static struct hearing hear(const struct mp_replica *replica) {
    const struct mp__election *election = &replica->election;
    struct hearing hearing = {.count = 1, .followers = 1, .roomy = !replica->disk_full};
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        const struct mp__beat *beat = &election->beats[i];
        if (i == replica->self || !fresh(election, beat)) continue;
        hearing.count += 1;
        hearing.roomy += !beat->full;
        hearing.followers += mp_ballot_compare(beat->leader, election->leader) <= 0;
        hearing.anyone_happy |= beat->happy;
        hearing.anyone_able |= beat->able;
        bool is_leader = replica->options.voters[i] == election->leader.node;
        bool agrees = mp_ballot_equal(beat->leader, election->leader);
        if (is_leader && agrees && beat->happy) hearing.leader_happy = true;
    }
    return hearing;
}

static void adopt_highest(struct mp_replica *replica) {
    struct mp__election *election = &replica->election;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        const struct mp__beat *beat = &election->beats[i];
        if (i == replica->self || !fresh(election, beat)) continue;
        if (mp_ballot_compare(beat->leader, election->leader) > 0) election->leader = beat->leader;
    }
}

/* Repair takes a moment if a peer has the frame. If it takes longer, another serves the group. */
static bool must_hand_over(const struct mp_replica *replica, const struct hearing *hearing) {
    bool long_ago = replica->now_us - replica->lost_us > replica->options.timeout_us;
    return !whole(replica) && hearing->anyone_able &&
           (long_ago || replica->lost_count == 0);
}

/* Of those that miss the elected, the one that would win against the others takes over first. If
 * all did at once, some would be followed for a moment only. */
static bool outranked(const struct mp_replica *replica) {
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        const struct mp__beat *beat = &replica->election.beats[i];
        bool wins = replica->options.voters[i] > replica->options.node && beat->able;
        if (wins && fresh(&replica->election, beat)) return true;
    }
    return false;
}

static void judge(struct mp_replica *replica) {
    struct mp__election *election = &replica->election;
    adopt_highest(replica);
    struct hearing hearing = hear(replica);
    bool leads = election->leader.node == replica->options.node;
    bool followed = hearing.followers >= quorum(replica);
    bool fit = followed && !stalled(replica) && !must_hand_over(replica, &hearing);
    election->happy = leads ? fit : hearing.leader_happy;
    bool calm = election->happy || hearing.anyone_happy;
    bool may = hearing.roomy >= quorum(replica) && !stalled(replica);
    if (calm || !may) election->unhappy_rounds = 0;
    if (!calm && may && election->unhappy_rounds <= ROUNDS_YIELDED) election->unhappy_rounds += 1;

    if (calm || !may || must_yield(replica)) return;
    if (election->unhappy_rounds == 1 && outranked(replica)) return;
    election->leader = (struct mp_ballot){
        .round = election->leader.round + 1, .node = replica->options.node};
    election->happy = true;
}

/* What this node believes, which every question and every answer says. */
static struct mp_message belief(const struct mp_replica *replica) {
    const struct mp__election *election = &replica->election;
    bool able = whole(replica) && !stalled(replica) &&
                hear(replica).count >= quorum(replica);
    unsigned flags = election->happy ? MP_FLAG_HAPPY : 0;
    if (able) flags |= MP_FLAG_ABLE;
    if (replica->disk_full) flags |= MP_FLAG_FULL;
    return (struct mp_message){
        .flags = (uint16_t)flags,
        .point = {.ballot = election->leader},
        .value = replica->disk_stall_us,
    };
}

static void believe(struct mp__beat *beat, const struct mp_message *message) {
    beat->leader = message->point.ballot;
    beat->happy = (message->flags & MP_FLAG_HAPPY) != 0;
    beat->able = (message->flags & MP_FLAG_ABLE) != 0;
    beat->full = (message->flags & MP_FLAG_FULL) != 0;
}

static void ask(struct mp_replica *replica, struct mp_effects *effects) {
    struct mp__election *election = &replica->election;
    election->round += 1;
    election->tick_at = replica->now_us + replica->options.timeout_us / 4;
    struct mp_message question = belief(replica);
    question.kind = MP_MESSAGE_BEAT;
    question.sequence = election->round;
    for (uint32_t i = 0; i < replica->options.voter_count; i += 1) {
        if (i == replica->self) continue;
        mp__send(effects, replica->options.voters[i], 0, &question, 0);
    }
}

/* Perhaps it was the last that this node waited for. */
static void hurry(struct mp_replica *replica) {
    struct mp__election *election = &replica->election;
    if (!election->happy && !outranked(replica)) election->tick_at = replica->now_us;
}

/* A question shows only that its sender can be heard, so it is believed within the time of an
 * answer, and renews none. A node that has just taken over says so in its next words, which are
 * questions: if that waited until it is asked, others that miss the same leader would take over in
 * turn. That somebody is unhappy is a reason to ask it, not to believe it: who took over upon that
 * would do so before hearing who serves, and in a ring of five nodes that goes round for ever. */
static void learn(struct mp_replica *replica, uint32_t voter, const struct mp_message *question,
                  struct mp_effects *effects) {
    struct mp__election *election = &replica->election;
    struct mp__beat *beat = &election->beats[voter];
    struct mp_ballot leader = question->point.ballot;
    if (!fresh(election, beat) || mp_ballot_compare(leader, beat->leader) < 0) return;
    if ((question->flags & MP_FLAG_HAPPY) == 0) {
        if (beat->happy) hurry(replica);
        return;
    }
    believe(beat, question);
    bool leads = leader.node == replica->options.voters[voter];
    if (!leads || mp_ballot_compare(leader, election->leader) <= 0) return;
    judge(replica);
    announce(replica, effects);
}

bool mp_replica_disks_full(const struct mp_replica *replica) {
    if (replica->self == MP_NONE) return false;
    struct hearing hearing = hear(replica);
    uint32_t full = hearing.count - hearing.roomy;
    return replica->disk_full || full > replica->options.voter_count - quorum(replica);
}

void mp__election_start(struct mp_replica *replica, struct mp_effects *effects) {
    struct mp__election *election = &replica->election;
    if (replica->self == MP_NONE) {
        election->tick_at = MP_NEVER;
        return;
    }
    if (replica->options.voter_count == 1) judge(replica);
    announce(replica, effects);
    ask(replica, effects);
}

void mp__election_tick(struct mp_replica *replica, struct mp_effects *effects) {
    MP_ASSERT(replica->self != MP_NONE);
    judge(replica);
    announce(replica, effects);
    ask(replica, effects);
}

enum mp_status mp__election_beat(struct mp_replica *replica, uint64_t from,
                                 const struct mp_message *message, struct mp_effects *effects) {
    uint32_t voter = mp__voter(replica, from);
    if (voter == MP_NONE || voter == replica->self) return MP_MALFORMED;
    if (replica->self == MP_NONE) return MP_OK;
    learn(replica, voter, message, effects);
    struct mp_message reply = belief(replica);
    reply.kind = MP_MESSAGE_BEATEN;
    reply.sequence = message->sequence;
    mp__send(effects, from, 0, &reply, 0);
    return MP_OK;
}

enum mp_status mp__election_beaten(struct mp_replica *replica, uint64_t from,
                                   const struct mp_message *message, struct mp_effects *effects) {
    (void)effects;
    uint32_t voter = mp__voter(replica, from);
    if (voter == MP_NONE || voter == replica->self) return MP_MALFORMED;
    if (replica->self == MP_NONE) return MP_OK;
    struct mp__beat *beat = &replica->election.beats[voter];
    if (message->sequence < beat->round || message->sequence > replica->election.round) {
        return MP_OK;
    }
    bool silent = !fresh(&replica->election, beat);
    bool was_happy = beat->happy;
    beat->round = message->sequence;
    believe(beat, message);
    if (was_happy && !beat->happy) hurry(replica);
    /* It was parted, and nobody saw a connection close: do not wait for the next resend. */
    if (silent && fresh(&replica->election, beat)) mp__owner_reachable(replica, voter);
    return MP_OK;
}

void mp__election_peer(struct mp_replica *replica, uint32_t voter, bool reachable) {
    if (replica->self == MP_NONE || voter == replica->self) return;
    struct mp__election *election = &replica->election;
    if (reachable) return;
    election->beats[voter] = (struct mp__beat){0};
    /* The leader's closed connection is news: judge at once rather than when the round ends. Other
     * connections may flap, and each round begun early would make the answers of the last stale. */
    if (replica->options.voters[voter] != election->leader.node) return;
    election->tick_at = replica->now_us;
}
