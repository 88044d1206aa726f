/* The voters: whom this node dials, who is there, and who lost its directory. Between two servers
 * the one with the lower id dials; a client dials every server. */
#ifndef MP_UV_PEERS_H
#define MP_UV_PEERS_H

#include <uv.h>

#include "conn.h"

struct mp_peer {
    struct mp_uv_node *owner;
    uint64_t node;
    char host[MP_UV_HOST_SIZE];
    uint16_t port;
    bool dial;
    struct mp_conn *dialling; /* Connecting or greeting. */
    uv_getaddrinfo_t resolve;
    bool resolving;
    uint32_t failures;
    uint64_t retry_us;
    bool warned;
    bool refused; /* The log says why it refused this node. */
    bool taken; /* It says that another live server has this node's id. */

    bool knows_us;       /* It has recorded this node's directory, as the first of this server. */
    uint32_t approves;   /* It has recorded it as of this generation, with an operator's word. */
    bool lost;           /* The directory that it announced has no vote. */
    bool told;           /* What is recorded of it, since it connected. */
    uint32_t recorded_generation; /* The durable one. */
    bool reachable;      /* Ready and not lost. */
    bool told_reachable; /* What the core was told last. */
    bool known;          /* `record` says something. */
    struct mp_lmdb_peer record;
    uint64_t recorded_us;
};

/* Dial whoever is due. */
void mp_uv__peers_dial(struct mp_uv_node *node, uint64_t now_us);

/* When the next dial is due. */
uint64_t mp_uv__peers_due_us(const struct mp_uv_node *node);

/* Tell the core who became reachable or stopped being so. */
void mp_uv__peers_report(struct mp_uv_node *node);

/* A peer's handshake announced its directory: false if the directory was wiped or rolled back. */
bool mp_uv__peer_announced(struct mp_peer *peer, uint64_t incarnation, uint64_t sequence);

/* Write what is on record. */
void mp_uv__peer_record(struct mp_peer *peer);

/* An operator approved of a directory of the peer: its votes count as those of that generation.
 * False if it is not newer than what is on record; that it is the same is as good as done. */
bool mp_uv__peer_approve(struct mp_peer *peer, uint64_t incarnation, uint32_t generation);

/* Its storage went on. At most one durable record per second. */
void mp_uv__peer_advanced(struct mp_peer *peer, uint64_t sequence);

/* Its connection is gone. */
void mp_uv__peer_lost(struct mp_peer *peer, struct mp_conn *conn);

/* Whether enough voters were heard lately that something can be committed. */
bool mp_uv__peers_quorum(const struct mp_uv_node *node);

struct mp_peer *mp_uv__peer_find(struct mp_uv_node *node, uint64_t id);
void mp_uv__peers_stop(struct mp_uv_node *node);

#endif /* MP_UV_PEERS_H */
