/* A connection: one socket to another node, dialled or accepted. It cuts what it reads into
 * messages, and queues what it sends; the queue refers to frames and copies none.
 *
 * Lifecycle: mp_uv__conn_new() -> dialling or greeting -> ready -> mp_uv__conn_close() -> freed
 * when its handle is closed. Loop thread. */
#ifndef MP_UV_CONN_H
#define MP_UV_CONN_H

#include <uv.h>

#include "drafts.h"

#define MP_CONN_QUEUE_MAX 16384u             /* Messages queued on one connection. */
#define MP_CONN_QUEUE_BYTES_MAX (64u << 20)  /* And their bytes. */
#define MP_CONN_BUFFERS 128                  /* Parts of one write. */
#define MP_CONNS_MAX 16384u                  /* Connections of one node. */
#define MP_GREETING_SIZE_MAX 4096u           /* Of a message before the handshake is done. */

struct mp_uv_node;
struct mp_peer;

enum mp_conn_state {
    MP_CONN_DIALLING = 1,
    MP_CONN_GREETING, /* Open, and waits for the other side's HELLO. */
    MP_CONN_READY,
    MP_CONN_CLOSING,
};

/* One queued message. */
struct mp_out {
    struct mp_out *next;
    struct mp_frame *frame; /* Holds the payload; NULL without one. */
    const uint8_t *payload;
    uint32_t payload_size;
    uint8_t header[MP_MESSAGE_HEADER_SIZE];
};

struct mp_conn {
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    struct mp_uv_node *owner;
    uint32_t slot;
    uint32_t generation;
    enum mp_conn_state state;
    bool linger; /* Close once the queue is sent: a refusal is on its way. */
    uint64_t opened_us;
    uint64_t heard_us;

    /* The other side, from its HELLO. */
    uint64_t node;
    uint64_t incarnation;
    bool server;
    bool accepted; /* It said more than its HELLO, and did not refuse this node. */
    struct mp_peer *peer;  /* A voter, or whom we dial; else NULL. */
    uint64_t serving;      /* The node it says is elected to serve. */
    struct mp_conn *next_by_node;
    char name[96]; /* For log lines. */

    /* What was read and is not a whole message yet. */
    uint8_t *in;
    uint32_t in_size;
    uint32_t in_capacity;

    struct mp_out *head;
    struct mp_out *tail;
    uint32_t queued;
    uint64_t queued_bytes;
    uint32_t head_sent; /* Bytes of the first message that are gone already. */
    bool writing;
    size_t writing_bytes;
    bool dirty;
    struct mp_conn *next_dirty;

    /* Answers gathered for this connection in this wake-up. */
    struct mp_frame *replies;
    uint32_t reply_count;
};

struct mp_conn *mp_uv__conn_new(struct mp_uv_node *node);

/* The connection that a slot names, NULL once it is closing or another has its place. */
struct mp_conn *mp_uv__conn_at(const struct mp_uv_node *node, uint32_t slot, uint32_t generation);

/* The ready connection to a node, NULL if there is none. */
struct mp_conn *mp_uv__conn_to(const struct mp_uv_node *node, uint64_t id);

/* Start reading a socket that just opened, and greet. */
void mp_uv__conn_opened(struct mp_conn *conn);

/* Enter the handshake's result, so that mp_uv__conn_to() finds it. */
void mp_uv__conn_ready(struct mp_conn *conn);

/* Queue a message whose payload, if any, lies in `frame`, which is retained. False, and dropped,
 * if the queue is full or the connection is closing. */
bool mp_uv__conn_send(struct mp_conn *conn, const struct mp_message *message,
                      uint64_t payload_checksum, struct mp_frame *frame);

/* The same with a payload that is copied. */
bool mp_uv__conn_send_copy(struct mp_conn *conn, const struct mp_message *message);

/* The two halves of mp_uv__conn_send(), for messages that wait for a write first. */
struct mp_out *mp_uv__out_new(struct mp_uv_node *node, const struct mp_message *message,
                              uint64_t payload_checksum, struct mp_frame *frame);
bool mp_uv__out_queue(struct mp_conn *conn, struct mp_out *out);
void mp_uv__out_drop(struct mp_uv_node *node, struct mp_out *out);

/* Write all that is queued: as much as the socket takes at once, the rest when it can. */
void mp_uv__conn_flush(struct mp_conn *conn);

/* Append an answer to the REPLY of this wake-up. */
void mp_uv__conn_reply(struct mp_conn *conn, uint64_t tag, uint64_t index, uint32_t outcome,
                       const uint8_t *payload, uint32_t size);

void mp_uv__conn_close(struct mp_conn *conn);

/* Log why, then close. */
void mp_uv__conn_fail(struct mp_conn *conn, const char *reason);

#endif /* MP_UV_CONN_H */
