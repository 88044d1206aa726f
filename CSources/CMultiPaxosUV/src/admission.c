/* Whether this server's directory has a vote, and what is told of those of others.
 *
 * A first directory has none until more than half of the other voters have recorded its
 * incarnation, durably; from then on it votes, for good. So whoever voted is known to more than
 * half of the others, and a directory that was formatted again under the same id cannot find more
 * than half that know of no other: it never votes as a first one, not even for a proposer that has
 * just started and knows nobody. A later directory says of none that it knows it for the first.
 *
 * A directory that is not the one on record is told so. It waits until an operator approves of it:
 * each server that hears of this records its incarnation with a generation, one above the last, and
 * tells the others; new logs begin there with the directory named from now on. If it votes itself,
 * it then lists all logs that it has for the new directory. Once more than half of the others did,
 * that is of its generation: it has no vote in the logs of the lists before they name it (see
 * naming.c), and has one in all others, which began later. See admission.c of the core for why.
 *
 * Before that a server neither takes nor sends messages of the core: it answers no question and
 * elects nobody. It goes on serving its status. */
#include <stdlib.h>

#include "node.h"

enum { GROUP_SIZE = 8 };

static uint32_t rank(const struct mp_uv_node *node, uint64_t id) {
    uint32_t below = 0;
    for (uint32_t i = 0; i < node->options.voter_count; i += 1) {
        below += node->options.voters[i].node < id;
    }
    return below;
}

/* What logs begin with that are heard of from now on. */
static uint32_t admissions(const struct mp_uv_node *node) {
    uint32_t word = 0, servers = node->options.voter_count;
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        const struct mp_peer *peer = &node->peers[i];
        word = mp_admissions_set(word, servers, rank(node, peer->node), peer->record.generation);
    }
    if (node->standing.vote != MP_LMDB_VOTE_ANEW) return word;
    return mp_admissions_set(word, servers, rank(node, node->id), node->standing.generation);
}

/* Let the core know what this node is, and what the others are. */
static void stand(struct mp_uv_node *node) {
    bool first = node->standing.vote == MP_LMDB_VOTE_FIRST;
    bool anew = node->standing.vote == MP_LMDB_VOTE_ANEW;
    bool given = first || anew;
    if (given) node->generation = first ? 0 : node->standing.generation;
    struct mp_event event = {
        .kind = MP_EVENT_STANDING,
        .now_us = node->now_us,
        .standing = {.generation = node->generation, .admissions = admissions(node)},
    };
    enum mp_status status = mp_uv__step(node, &event, NULL);
    MP_ASSERT(status == MP_OK);
    node->admitted = given;
}

void mp_uv__admission_load(struct mp_uv_node *node, struct mp_lmdb_standing standing) {
    node->generation = MP_GENERATION_NONE;
    node->standing = standing;
    stand(node);
}

static void spread_to_all(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->conn_capacity; i += 1) {
        struct mp_conn *conn = node->conns[i];
        if (conn != NULL && conn->state == MP_CONN_READY) mp_uv__admission_spread(node, conn);
    }
}

static void become(struct mp_uv_node *node, enum mp_lmdb_vote vote, uint32_t generation) {
    node->standing = (struct mp_lmdb_standing){.vote = vote, .generation = generation};
    mp_uv__storage_admit(&node->storage, node->standing);
    stand(node);
    spread_to_all(node);
    /* What it had to say of others depends on it. */
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        struct mp_peer *peer = &node->peers[i];
        peer->told = false;
        if (peer->known) mp_uv__peer_record(peer);
    }
}

static bool known_to_most(const struct mp_uv_node *node) {
    uint32_t knowing = 0;
    for (uint32_t i = 0; i < node->peer_count; i += 1) knowing += node->peers[i].knows_us;
    return node->peer_count == 0 || knowing > node->peer_count / 2;
}

static uint32_t approving(const struct mp_uv_node *node, uint32_t generation) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        count += generation != 0 && node->peers[i].approves == generation;
    }
    return count;
}

static uint32_t approved_generation(const struct mp_uv_node *node) {
    uint32_t highest = 0;
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        if (node->peers[i].approves > highest) highest = node->peers[i].approves;
    }
    return highest;
}

uint32_t mp_uv__admission_approvals(const struct mp_uv_node *node) {
    return approving(node, approved_generation(node));
}

void mp_uv__admission_check(struct mp_uv_node *node) {
    bool waits = node->standing.vote == MP_LMDB_VOTE_NONE ||
                 node->standing.vote == MP_LMDB_VOTE_LOST;
    /* A directory that had a vote in this life and lost it is an older copy. */
    if (!node->server || !waits || node->generation != MP_GENERATION_NONE) return;
    if (node->standing.vote == MP_LMDB_VOTE_NONE && known_to_most(node)) {
        become(node, MP_LMDB_VOTE_FIRST, 0);
        mp_uv__log(node, MP_UV_LOG_INFO,
                   "this node votes from now on: its peers know its directory");
        return;
    }
    uint32_t generation = approved_generation(node);
    bool listed = node->storage.durable >= node->heard_write;
    if (!listed || approving(node, generation) <= node->peer_count / 2) return;
    become(node, MP_LMDB_VOTE_ANEW, generation);
    mp_uv__log(node, MP_UV_LOG_INFO,
               "the new directory of this node was approved, as its generation %u: it votes for "
               "each object whose log names it, and for new ones",
               generation);
}

/* A log that is older than this directory. False if the table of groups is full. */
static bool hear(struct mp_uv_node *node, uint64_t group) {
    struct mp_event event = {.kind = MP_EVENT_HEARD, .now_us = node->now_us, .group = group};
    if (mp_uv__object_need(node, group) == NULL) return false;
    enum mp_status status = mp_uv__step(node, &event, NULL);
    if (status == MP_OK) node->heard_write = node->effects.writes[0].id;
    return status != MP_BUSY;
}

static bool hear_all(struct mp_uv_node *node, const struct mp_message *message) {
    for (uint32_t at = 0; at + GROUP_SIZE <= message->payload_size; at += GROUP_SIZE) {
        if (!hear(node, mp_uv__get64(message->payload + at))) return false;
    }
    return true;
}

void mp_uv__admission_known(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_peer *peer = conn->peer;
    if (peer == NULL || !node->server || message->ballot.round != node->incarnation) return;
    uint32_t generation = (uint32_t)message->value;
    bool sound = message->value <= mp_generation_max(node->options.voter_count) &&
                 message->payload_size % GROUP_SIZE == 0;
    if (!sound) {
        mp_uv__conn_fail(conn, "what it knows of this node is malformed");
        return;
    }
    if (generation == 0) {
        peer->knows_us = true;
    } else if (node->standing.vote == MP_LMDB_VOTE_ANEW || hear_all(node, message)) {
        peer->approves = generation;
    } else {
        mp_uv__log(node, MP_UV_LOG_ERROR,
                   "%s has more objects than this node may; raise groups_max", conn->name);
    }
    mp_uv__admission_check(node);
}

void mp_uv__admission_lost(struct mp_uv_node *node, const struct mp_peer *peer,
                           const struct mp_message *message) {
    if (peer == NULL || node->standing.vote == MP_LMDB_VOTE_LOST) return;
    /* Of an approval that came later it has not heard: it will be told. */
    bool anew = node->standing.vote == MP_LMDB_VOTE_ANEW;
    if (anew && message->value < node->standing.generation) return;
    become(node, MP_LMDB_VOTE_LOST, 0);
    mp_uv__log(node, MP_UV_LOG_ERROR,
               "node %llu knows another directory of node %llu than this one, so this node has no "
               "vote: stop it and restore its newest directory, or give a newly formatted one a "
               "vote with adoctl admit %llu",
               (unsigned long long)peer->node, (unsigned long long)node->id,
               (unsigned long long)node->id);
}

static bool approve(struct mp_uv_node *node, struct mp_peer *peer, uint64_t incarnation,
                    uint32_t generation) {
    uint32_t before = peer->record.generation;
    if (!mp_uv__peer_approve(peer, incarnation, generation)) return false;
    if (before == generation) return true;
    peer->told = false;
    stand(node);
    mp_uv__log(node, MP_UV_LOG_INFO, "the directory %016llx of node %llu was approved",
               (unsigned long long)incarnation, (unsigned long long)peer->node);
    spread_to_all(node);
    mp_uv__naming_begin(node);
    return true;
}

enum mp_status mp_uv_node_approve(struct mp_uv_node *node, uint64_t server, uint64_t incarnation,
                                  uint32_t generation) {
    struct mp_peer *peer = node->server ? mp_uv__peer_find(node, server) : NULL;
    if (peer == NULL) return MP_UNKNOWN_GROUP;
    bool votes = peer->known && peer->record.incarnation == incarnation;
    if (votes && peer->record.generation != generation) return MP_STALE;
    return approve(node, peer, incarnation, generation) ? MP_OK : MP_STALE;
}

void mp_uv__admission_approved(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_peer *peer = mp_uv__peer_find(node, message->ballot.node);
    if (peer == NULL || message->value > UINT32_MAX) return;
    if (!node->server) {
        (void)mp_uv__peer_approve(peer, message->ballot.round, (uint32_t)message->value);
        return;
    }
    (void)approve(node, peer, message->ballot.round, (uint32_t)message->value);
}

void mp_uv__admission_spread(struct mp_uv_node *node, struct mp_conn *conn) {
    if (!node->server) return;
    struct mp_message own = {
        .kind = MP_DRIVER_APPROVED,
        .ballot = {.round = node->incarnation, .node = node->id},
        .value = node->standing.generation,
    };
    if (node->standing.vote == MP_LMDB_VOTE_ANEW) mp_uv__conn_send(conn, &own, 0, NULL);
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        const struct mp_lmdb_peer *record = &node->peers[i].record;
        bool news = record->generation > 0 && !record->lost && record->node != conn->node;
        if (!conn->server || !news) continue;
        struct mp_message message = {
            .kind = MP_DRIVER_APPROVED,
            .ballot = {.round = record->incarnation, .node = record->node},
            .value = record->generation,
        };
        mp_uv__conn_send(conn, &message, 0, NULL);
    }
}

/* All logs that this node has. The list and the first log after it are on either side of when the
 * approval was recorded. NULL if there are more than a message holds. */
static uint8_t *list_groups(const struct mp_uv_node *node, uint32_t *size) {
    uint8_t *list = mp_uv__allocate(MP_PAYLOAD_SIZE_MAX);
    struct mp_group_view view;
    uint32_t cursor = 0;
    *size = 0;
    while (mp_replica_next_group(node->replica, &cursor, &view)) {
        if (*size + GROUP_SIZE > MP_PAYLOAD_SIZE_MAX) {
            free(list);
            return NULL;
        }
        mp_uv__put64(list + *size, view.group);
        *size += GROUP_SIZE;
    }
    return list;
}

static void answer_approved(struct mp_conn *conn, uint32_t generation) {
    uint32_t size = 0;
    uint8_t *list = list_groups(conn->owner, &size);
    if (list == NULL) {
        mp_uv__log(conn->owner, MP_UV_LOG_ERROR,
                   "this node has more objects than it can list, so it admits no other node");
        return;
    }
    struct mp_message answer = {
        .kind = MP_DRIVER_KNOWN,
        .ballot = {.round = conn->incarnation, .node = conn->node},
        .value = generation,
        .payload = list,
        .payload_size = size,
    };
    mp_uv__conn_send_copy(conn, &answer);
    free(list);
}

/* A directory without a vote may be one that has forgotten what was on record, and its logs. */
static void answer(struct mp_uv_node *node, struct mp_conn *conn,
                   const struct mp_lmdb_peer *record) {
    struct mp_message reply = {
        .kind = MP_DRIVER_KNOWN,
        .ballot = {.round = conn->incarnation, .node = conn->node},
    };
    if (record->lost || record->incarnation != conn->incarnation) {
        reply.kind = MP_DRIVER_LOST;
        reply.value = record->generation;
    } else if (record->generation > 0) {
        if (node->admitted) answer_approved(conn, record->generation);
        return;
    } else if (node->standing.vote == MP_LMDB_VOTE_ANEW ||
               node->standing.vote == MP_LMDB_VOTE_LOST) {
        return;
    }
    mp_uv__conn_send(conn, &reply, 0, NULL);
}

/* Tell those whose announcement is durable now; or that it is not the one we know. */
void mp_uv__admission_answer(struct mp_uv_node *node) {
    struct mp_lmdb_peer records[MP_VOTERS_MAX];
    uint32_t count = mp_uv__storage_recorded(&node->storage, records);
    for (uint32_t i = 0; i < count; i += 1) {
        struct mp_peer *peer = mp_uv__peer_find(node, records[i].node);
        if (peer == NULL) continue;
        peer->recorded_generation = records[i].generation;
        struct mp_conn *conn = mp_uv__conn_to(node, records[i].node);
        /* Of an approval that is not durable yet another record will follow. */
        if (conn == NULL || peer->told) continue;
        if (records[i].generation != peer->record.generation) continue;
        peer->told = true;
        answer(node, conn, &records[i]);
    }
}
