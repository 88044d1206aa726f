#include "peers.h"

#include <stdio.h>
#include <string.h>

#include "node.h"

enum { BACKOFF_FIRST_US = 10000, BACKOFF_SHIFT_MAX = 6, LONELY_US = 3000000 };

struct mp_peer *mp_uv__peer_find(struct mp_uv_node *node, uint64_t id) {
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        if (node->peers[i].node == id) return &node->peers[i];
    }
    return NULL;
}

/* Exponential, with jitter so that nodes that lost each other do not meet in step for ever. */
static void back_off(struct mp_peer *peer) {
    struct mp_uv_node *node = peer->owner;
    uint32_t shift = peer->failures < BACKOFF_SHIFT_MAX ? peer->failures : BACKOFF_SHIFT_MAX;
    uint64_t base = (uint64_t)BACKOFF_FIRST_US << shift;
    peer->failures += 1;
    peer->retry_us = node->now_us + base / 2 + mp_uv__random(node) % base;
}

static void warn_once(struct mp_peer *peer, const char *reason) {
    if (peer->warned) return;
    peer->warned = true;
    mp_uv__log(peer->owner, MP_UV_LOG_WARNING, "cannot reach node %llu at %s:%u, still trying: %s",
               (unsigned long long)peer->node, peer->host, peer->port, reason);
}

static void failed(struct mp_peer *peer, const char *reason) {
    warn_once(peer, reason);
    back_off(peer);
}

static void on_connect(uv_connect_t *request, int status) {
    struct mp_conn *conn = request->data;
    if (conn->state == MP_CONN_CLOSING) return;
    if (status != 0) {
        warn_once(conn->peer, uv_strerror(status));
        mp_uv__conn_close(conn);
        return;
    }
    conn->owner->now_us = mp_uv__clock_us();
    mp_uv__conn_opened(conn);
}

static void dial_address(struct mp_peer *peer, const struct sockaddr *address) {
    struct mp_uv_node *node = peer->owner;
    struct mp_conn *conn = mp_uv__conn_new(node);
    if (conn == NULL) {
        failed(peer, "too many connections are open");
        return;
    }
    conn->peer = peer;
    snprintf(conn->name, sizeof conn->name, "node %llu", (unsigned long long)peer->node);
    peer->dialling = conn;
    int rc = uv_tcp_connect(&conn->connect, &conn->tcp, address, on_connect);
    if (rc == 0) return;
    warn_once(peer, uv_strerror(rc));
    mp_uv__conn_close(conn);
}

/* A name may have several addresses: each attempt takes the next. */
static const struct addrinfo *choose(const struct mp_peer *peer, const struct addrinfo *found) {
    uint32_t count = 0;
    for (const struct addrinfo *at = found; at != NULL; at = at->ai_next) count += 1;
    const struct addrinfo *chosen = found;
    for (uint32_t i = peer->failures % count; i > 0; i -= 1) chosen = chosen->ai_next;
    return chosen;
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *found) {
    struct mp_peer *peer = request->data;
    struct mp_uv_node *node = peer->owner;
    peer->resolving = false;
    node->now_us = mp_uv__clock_us();
    if (status != 0) {
        if (!node->stopping) failed(peer, uv_strerror(status));
    } else if (!node->stopping && peer->dialling == NULL) {
        dial_address(peer, choose(peer, found)->ai_addr);
    }
    uv_freeaddrinfo(found);
}

static void resolve(struct mp_peer *peer) {
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char service[8];
    snprintf(service, sizeof service, "%u", peer->port);
    peer->resolve.data = peer;
    int rc = uv_getaddrinfo(&peer->owner->loop, &peer->resolve, on_resolved, peer->host, service,
                            &hints);
    if (rc == 0) {
        peer->resolving = true;
    } else {
        failed(peer, uv_strerror(rc));
    }
}

static void dial(struct mp_peer *peer) {
    struct sockaddr_in four;
    struct sockaddr_in6 six;
    if (uv_ip4_addr(peer->host, peer->port, &four) == 0) {
        dial_address(peer, (const struct sockaddr *)&four);
    } else if (uv_ip6_addr(peer->host, peer->port, &six) == 0) {
        dial_address(peer, (const struct sockaddr *)&six);
    } else {
        resolve(peer);
    }
}

/* A server that has met nobody since it started dials everybody: it may have been given an id, or
 * an address, by which nobody will look for it. */
static bool is_lonely(const struct mp_uv_node *node) {
    return node->server && !node->met && node->now_us - node->opened_us > LONELY_US;
}

static bool idle(const struct mp_peer *peer) {
    bool dials = peer->dial || is_lonely(peer->owner);
    return dials && peer->dialling == NULL && !peer->resolving &&
           mp_uv__conn_to(peer->owner, peer->node) == NULL;
}

void mp_uv__peers_dial(struct mp_uv_node *node, uint64_t now_us) {
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        struct mp_peer *peer = &node->peers[i];
        if (idle(peer) && peer->retry_us <= now_us) dial(peer);
    }
}

uint64_t mp_uv__peers_due_us(const struct mp_uv_node *node) {
    uint64_t due_us = UINT64_MAX;
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        const struct mp_peer *peer = &node->peers[i];
        if (idle(peer) && peer->retry_us < due_us) due_us = peer->retry_us;
    }
    return due_us;
}

/* Servers hear each other's beats; a client only knows that a connection is open. */
bool mp_uv__peers_quorum(const struct mp_uv_node *node) {
    uint32_t count = node->server ? 1 : 0;
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        const struct mp_peer *peer = &node->peers[i];
        if (!peer->reachable) continue;
        const struct mp_conn *conn = mp_uv__conn_to(node, peer->node);
        bool heard = conn != NULL && (!node->server || node->now_us - conn->heard_us <
                                                           2 * node->options.timeout_us);
        if (heard) count += 1;
    }
    return count > node->options.voter_count / 2;
}

void mp_uv__peers_report(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        struct mp_peer *peer = &node->peers[i];
        if (peer->reachable == peer->told_reachable) continue;
        peer->told_reachable = peer->reachable;
        struct mp_event event = {
            .kind = MP_EVENT_PEER,
            .now_us = node->now_us,
            .peer = {.node = peer->node, .reachable = peer->reachable},
        };
        enum mp_status status = mp_uv__step(node, &event, NULL);
        MP_ASSERT(status == MP_OK);
    }
}

void mp_uv__peer_record(struct mp_peer *peer) {
    struct mp_uv_node *node = peer->owner;
    peer->known = true;
    peer->recorded_us = node->now_us;
    if (node->server) mp_uv__storage_put_peer(&node->storage, &peer->record);
}

static void say_lost(const struct mp_peer *peer, bool wiped) {
    const char *reason = wiped ? "it was formatted again" : "an older copy was restored";
    const char *remedy = wiped ? "restore its newest directory, or give this one a vote"
                               : "format a new directory, start it, and give that one a vote";
    mp_uv__log(peer->owner, MP_UV_LOG_ERROR,
               "node %llu lost its directory (%s), so it has no vote any more: %s with adoctl "
               "admit %llu",
               (unsigned long long)peer->node, reason, remedy, (unsigned long long)peer->node);
}

bool mp_uv__peer_announced(struct mp_peer *peer, uint64_t incarnation, uint64_t sequence) {
    /* Another directory says nothing about the one on record, which may come back. */
    bool wiped = peer->known && peer->record.incarnation != incarnation;
    bool rolled_back = peer->known && !wiped && sequence < peer->record.sequence;
    bool lost = wiped || rolled_back || peer->record.lost;
    if ((wiped || rolled_back) && !peer->lost) say_lost(peer, wiped);
    if (rolled_back) peer->record.lost = true;
    if (!lost) {
        peer->record.node = peer->node;
        peer->record.incarnation = incarnation;
        peer->record.sequence = sequence;
    }
    peer->lost = lost;
    mp_uv__peer_record(peer);
    return !lost;
}

bool mp_uv__peer_approve(struct mp_peer *peer, uint64_t incarnation, uint32_t generation) {
    struct mp_uv_node *node = peer->owner;
    bool repeated = peer->known && peer->record.incarnation == incarnation &&
                    peer->record.generation == generation && !peer->record.lost;
    bool newer = generation > peer->record.generation && incarnation != 0 &&
                 generation <= mp_generation_max(node->options.voter_count);
    bool same = peer->known && peer->record.incarnation == incarnation;
    if (!newer || (same && peer->record.lost)) return repeated;
    peer->record = (struct mp_lmdb_peer){
        .node = peer->node,
        .incarnation = incarnation,
        .sequence = same ? peer->record.sequence : 0,
        .generation = generation,
    };
    const struct mp_conn *conn = mp_uv__conn_to(node, peer->node);
    peer->lost = conn != NULL && conn->incarnation != incarnation;
    peer->reachable = conn != NULL && !peer->lost;
    mp_uv__peer_record(peer);
    return true;
}

void mp_uv__peer_advanced(struct mp_peer *peer, uint64_t sequence) {
    if (peer->lost || sequence <= peer->record.sequence) return;
    peer->record.sequence = sequence;
    if (peer->owner->now_us - peer->recorded_us >= 1000000) mp_uv__peer_record(peer);
}

void mp_uv__peer_lost(struct mp_peer *peer, struct mp_conn *conn) {
    struct mp_uv_node *node = peer->owner;
    if (peer->dialling == conn) {
        peer->dialling = NULL;
        peer->taken = false;
        back_off(peer);
        return;
    }
    if (mp_uv__conn_to(node, peer->node) != NULL) return; /* Another has taken its place. */
    if (peer->reachable || conn->node == peer->node) {
        if (!node->stopping && conn->accepted) {
            mp_uv__log(node, MP_UV_LOG_INFO, "lost the connection to node %llu",
                       (unsigned long long)peer->node);
        }
        peer->reachable = false;
        peer->told = false;
        peer->knows_us = false;
        peer->approves = 0;
        peer->warned = true;
        back_off(peer);
    }
}

void mp_uv__peers_stop(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        struct mp_peer *peer = &node->peers[i];
        if (peer->resolving) uv_cancel((uv_req_t *)&peer->resolve);
    }
}
