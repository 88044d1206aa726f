/* The handshake: each side says first who it is, and refuses whoever does not belong here. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "node.h"

/* Between two log lines that say the same of somebody who comes again and again. */
enum { REFUSAL_QUIET_US = 60000000 };

static int compare_ids(uint64_t a, uint64_t b) {
    return a == b ? 0 : a < b ? -1 : 1;
}

/* Two nodes must agree on who votes: a hash of the ids in order. Addresses may differ. */
uint64_t mp_uv__voters_hash(const struct mp_uv_options *options) {
    uint64_t ids[MP_VOTERS_MAX];
    for (uint32_t i = 0; i < options->voter_count; i += 1) {
        uint64_t id = options->voters[i].node;
        uint32_t at = i;
        for (; at > 0 && compare_ids(ids[at - 1], id) > 0; at -= 1) ids[at] = ids[at - 1];
        ids[at] = id;
    }
    uint8_t bytes[MP_VOTERS_MAX * 8];
    for (uint32_t i = 0; i < options->voter_count; i += 1) mp_uv__put64(bytes + i * 8, ids[i]);
    return mp_hash(bytes, options->voter_count * 8u);
}

static uint64_t durable_sequence(struct mp_uv_node *node) {
    if (!node->server) return 0;
    struct mp_lmdb_stats stats;
    mp_lmdb_get_stats(node->env, &stats);
    return stats.sequence;
}

void mp_uv__hello_send(struct mp_conn *conn) {
    struct mp_uv_node *node = conn->owner;
    struct mp_message hello = {
        .kind = MP_DRIVER_HELLO,
        .flags = node->server ? 1 : 0,
        .ballot = {.round = node->incarnation, .node = node->id},
        .point = {.checksum = node->voters_hash},
        .commit = durable_sequence(node),
        .value = MP_PROTOCOL_VERSION,
        .payload = (const uint8_t *)node->options.cluster,
        .payload_size = (uint32_t)strlen(node->options.cluster),
    };
    mp_uv__conn_send_copy(conn, &hello);
}

/* Each reason once, as long as there are not too many. */
static void log_refusal(struct mp_uv_node *node, const char *reason) {
    uint64_t hash = mp_hash((const uint8_t *)reason, strlen(reason));
    struct mp_refusal_said *oldest = &node->refusals[0];
    for (uint32_t i = 0; i < MP_REFUSALS_MAX; i += 1) {
        struct mp_refusal_said *said = &node->refusals[i];
        bool again = said->at_us != 0 && said->reason == hash &&
                     node->now_us - said->at_us < REFUSAL_QUIET_US;
        if (again) return;
        if (said->at_us < oldest->at_us) oldest = said;
    }
    *oldest = (struct mp_refusal_said){.reason = hash, .at_us = node->now_us};
    mp_uv__log(node, MP_UV_LOG_WARNING, "refused a connection: %s", reason);
}

static void refuse(struct mp_conn *conn, uint64_t kind, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void refuse(struct mp_conn *conn, uint64_t kind, const char *format, ...) {
    char reason[MP_REASON_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    log_refusal(conn->owner, reason);
    struct mp_message message = {
        .kind = MP_DRIVER_REFUSED,
        .value = kind,
        .payload = (const uint8_t *)reason,
        .payload_size = (uint32_t)strlen(reason),
    };
    mp_uv__conn_send_copy(conn, &message);
    conn->linger = true;
    uv_read_stop((uv_stream_t *)&conn->tcp);
}

static bool same_cluster(const struct mp_uv_node *node, const struct mp_message *hello) {
    size_t size = strlen(node->options.cluster);
    return hello->payload_size == size && memcmp(hello->payload, node->options.cluster, size) == 0;
}

static bool same_protocol(struct mp_conn *conn, const struct mp_message *hello) {
    struct mp_uv_node *node = conn->owner;
    unsigned long long id = hello->ballot.node;
    if (hello->value != MP_PROTOCOL_VERSION) {
        refuse(conn, MP_REFUSED_OTHERWISE,
               "node %llu speaks protocol version %llu and node %llu version %u; run the "
               "same release on both",
               id, (unsigned long long)hello->value, (unsigned long long)node->id,
               MP_PROTOCOL_VERSION);
        return false;
    }
    if (!same_cluster(node, hello)) {
        int size = hello->payload_size < MP_LMDB_CLUSTER_SIZE ? (int)hello->payload_size
                                                              : (int)MP_LMDB_CLUSTER_SIZE - 1;
        refuse(conn, MP_REFUSED_OTHERWISE,
               "node %llu belongs to cluster \"%.*s\" and node %llu to cluster \"%s\"; "
               "correct the addresses or the cluster's name",
               id, size, (const char *)hello->payload, (unsigned long long)node->id,
               node->options.cluster);
        return false;
    }
    if (hello->point.checksum != node->voters_hash) {
        refuse(conn, MP_REFUSED_OTHERWISE,
               "node %llu and node %llu do not name the same voters; give every node the "
               "same list of peers",
               id, (unsigned long long)node->id);
        return false;
    }
    return true;
}

/* The other side's id must be possible, and not in use by somebody else. */
static bool acceptable_id(struct mp_conn *conn, const struct mp_message *hello) {
    struct mp_uv_node *node = conn->owner;
    uint64_t id = hello->ballot.node;
    bool server = (hello->flags & 1u) != 0;
    bool client_id = (id & MP_CLIENT_NODE) != 0;
    if (id == node->id) {
        refuse(conn, MP_REFUSED_OTHERWISE,
               "two nodes have the id %llu, incarnations %016llx and %016llx; give each "
               "server its own id",
               (unsigned long long)id, (unsigned long long)node->incarnation,
               (unsigned long long)hello->ballot.round);
        return false;
    }
    bool voter = mp_uv__peer_find(node, id) != NULL;
    if (server == client_id || server != voter || (!server && !node->server)) {
        refuse(conn, MP_REFUSED_OTHERWISE,
               "node %llu is not a peer of node %llu; add it to the list of peers of every "
               "node",
               (unsigned long long)id, (unsigned long long)node->id);
        return false;
    }
    if (conn->peer != NULL && conn->peer->node != id) {
        refuse(conn, MP_REFUSED_OTHERWISE,
               "the server at %s:%u is node %llu, but it was expected to be node %llu; "
               "correct the list of peers",
               conn->peer->host, conn->peer->port, (unsigned long long)id,
               (unsigned long long)conn->peer->node);
        return false;
    }
    const struct mp_conn *other = mp_uv__conn_to(node, id);
    if (other != NULL && other->incarnation != hello->ballot.round) {
        /* One that is silent may be gone: then the other comes again until that is sure. */
        bool lives = node->now_us - other->heard_us < 2 * node->options.timeout_us;
        refuse(conn, lives ? MP_REFUSED_TAKEN : MP_REFUSED_OTHERWISE,
               "two live nodes have the id %llu, incarnations %016llx and %016llx; give each "
               "server its own id",
               (unsigned long long)id, (unsigned long long)other->incarnation,
               (unsigned long long)hello->ballot.round);
        return false;
    }
    return true;
}

static void welcome(struct mp_conn *conn) {
    struct mp_uv_node *node = conn->owner;
    mp_uv__conn_ready(conn);
    node->rerouted = true;
    if (node->server && !conn->server) {
        struct mp_message serving = {.kind = MP_DRIVER_SERVING, .value = node->serving};
        mp_uv__conn_send(conn, &serving, 0, NULL);
    }
    struct mp_peer *peer = conn->peer;
    if (peer == NULL) return;
    if (peer->dialling == conn) peer->dialling = NULL;
}

void mp_uv__hello_accepted(struct mp_conn *conn) {
    struct mp_uv_node *node = conn->owner;
    conn->accepted = true;
    if (conn->server) node->met = true;
    struct mp_peer *peer = conn->peer;
    if (peer == NULL) return;
    peer->failures = 0;
    peer->warned = false;
    peer->refused = false;
    peer->taken = false;
    mp_uv__log(node, MP_UV_LOG_INFO, "connected to node %llu", (unsigned long long)peer->node);
}

static bool taken_by_most(const struct mp_uv_node *node) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < node->peer_count; i += 1) count += node->peers[i].taken;
    return count > node->peer_count / 2;
}

void mp_uv__refused_receive(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_peer *peer = conn->peer;
    char text[MP_REASON_SIZE];
    uint32_t size = message->payload_size < sizeof text - 1 ? message->payload_size
                                                            : (uint32_t)sizeof text - 1;
    for (uint32_t i = 0; i < size; i += 1) {
        uint8_t byte = message->payload[i];
        text[i] = byte >= 0x20 && byte < 0x7f ? (char)byte : '?';
    }
    text[size] = '\0';
    if (peer == NULL || !peer->refused) {
        mp_uv__log(node, MP_UV_LOG_ERROR, "%s refused this node: %s", conn->name, text);
    }
    if (peer != NULL) {
        peer->warned = true;
        peer->refused = true;
        peer->failures += 4; /* Nothing changes until somebody corrects it. */
    }
    mp_uv__conn_close(conn);
    if (peer == NULL) return;
    peer->taken = message->value == MP_REFUSED_TAKEN;
    /* The next round stops this node. */
    bool stops = node->server && taken_by_most(node);
    if (stops) memcpy(node->taken_text, text, sizeof text);
}

void mp_uv__hello_receive(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    if (conn->linger) return;
    if (!same_protocol(conn, message) || !acceptable_id(conn, message)) return;
    uint64_t id = message->ballot.node;
    /* The same node again: its old connection is dead, only nobody told us. */
    struct mp_conn *old = mp_uv__conn_to(node, id);
    if (old != NULL) mp_uv__conn_close(old);

    conn->node = id;
    conn->incarnation = message->ballot.round;
    conn->server = (message->flags & 1u) != 0;
    snprintf(conn->name, sizeof conn->name, conn->server ? "node %llu" : "client %016llx",
             (unsigned long long)id);
    if (conn->peer == NULL) conn->peer = mp_uv__peer_find(node, id);
    welcome(conn);
    mp_uv__admission_spread(node, conn);
    if (conn->peer == NULL) return;
    conn->peer->told = false;
    conn->peer->knows_us = false;
    conn->peer->approves = 0;
    conn->peer->reachable =
        mp_uv__peer_announced(conn->peer, message->ballot.round, message->commit);
}
