/* Whether this server has a vote.
 *
 * A new directory has none until more than half of the other voters have recorded its incarnation,
 * durably; from then on it is admitted, for good. So whoever voted is known to more than half of
 * the others, and a directory that was formatted again under the same id cannot find more than half
 * that know of no other: it never votes, not even for a proposer that has just started and knows
 * nobody. A directory that a peer holds for lost is told so, and loses its vote durably.
 *
 * Without a vote a server neither takes nor sends messages of the core: it answers no question and
 * elects nobody. It goes on serving its status. */
#include "node.h"

static bool suffices(const struct mp_uv_node *node) {
    uint32_t knowing = 0;
    for (uint32_t i = 0; i < node->peer_count; i += 1) knowing += node->peers[i].knows_us;
    return node->peer_count == 0 || knowing > node->peer_count / 2;
}

void mp_uv__admission_check(struct mp_uv_node *node) {
    if (!node->server || node->admitted || node->exiled || !suffices(node)) return;
    node->admitted = true;
    mp_uv__storage_admit(&node->storage, true);
    mp_uv__log(node, MP_UV_LOG_INFO, "this node votes from now on: its peers know its directory");
}

void mp_uv__admission_known(struct mp_uv_node *node, struct mp_peer *peer, uint64_t incarnation) {
    if (peer == NULL || incarnation != node->incarnation) return;
    peer->knows_us = true;
    mp_uv__admission_check(node);
}

void mp_uv__admission_lost(struct mp_uv_node *node, const struct mp_peer *peer) {
    if (peer == NULL || node->exiled) return;
    node->exiled = true;
    node->admitted = false;
    mp_uv__storage_admit(&node->storage, false);
    mp_uv__log(node, MP_UV_LOG_ERROR,
               "node %llu knows a newer directory of node %llu than this one, so this node has no "
               "vote: stop it, restore its newest directory, or replace it by a node with a new id",
               (unsigned long long)peer->node, (unsigned long long)node->id);
}

/* Tell those whose announcement is durable now; or that it is not the one we know. */
void mp_uv__admission_answer(struct mp_uv_node *node) {
    struct mp_lmdb_peer records[MP_VOTERS_MAX];
    uint32_t count = mp_uv__storage_recorded(&node->storage, records);
    for (uint32_t i = 0; i < count; i += 1) {
        struct mp_conn *conn = mp_uv__conn_to(node, records[i].node);
        if (conn == NULL) continue;
        bool lost = records[i].lost || records[i].incarnation != conn->incarnation;
        struct mp_message answer = {
            .kind = lost ? MP_DRIVER_LOST : MP_DRIVER_KNOWN,
            .ballot = {.round = conn->incarnation, .node = conn->node},
        };
        mp_uv__conn_send(conn, &answer, 0, NULL);
    }
}
