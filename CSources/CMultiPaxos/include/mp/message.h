/* Messages and their wire form. Every message has the same header, whose fields mean what the
 * table says; most end in a payload. The core handles the kinds below MP_MESSAGE_DRIVER, the
 * driver the others.
 *
 *   offset size  field (little endian)
 *        0    4  magic and version, MP_MESSAGE_MAGIC
 *        4    4  size of the message in bytes, payload included
 *        8    8  checksum: XXH3-64 of the bytes 16 to 119
 *       16    1  kind
 *       17    1  outcome
 *       18    2  flags
 *       20    4  admissions (see mp/voters.h), with the tip of a PROMISE or TIP; else zero
 *       24    8  group
 *       32   16  ballot: round, node
 *       48   32  point: index, ballot round, ballot node, checksum
 *       80    8  commit
 *       88    8  sequence
 *       96    8  value
 *      104    8  checksum of the payload, 0 without one; a batch verifies itself besides
 *      112    8  zero
 *      120       payload
 *
 *   kind       ballot          point                commit      sequence   value     payload
 *   PREPARE    the proposer's  -                    known       -          -         -
 *   PROMISE    as asked        tip; if REFUSED its  known       -          voters    -
 *                              ballot is the promise
 *   FETCH      the proposer's, index: first wanted  -           request    bytes     -
 *              0 for LEARN                                                 at most
 *   FRAME      as asked; LEARN -                    the server  request    -         batch
 *              the promise
 *   FETCHED    as for FRAME    index: last sent; if the server  request    -         -
 *                              TRIMMED: trimmed-to
 *   ACCEPT     the owner's     before the batch     the owner   stream     -         batch
 *   ACCEPTED   as asked        index: verified; if  known       as asked   -         -
 *                              REFUSED its ballot is the promise
 *   COMMIT     the owner's     the commit point     the owner   stream     -         -
 *   CONFIRM    the owner's     -                    -           round      -         -
 *   CONFIRMED  as asked        if REFUSED: promise  -           round      -         -
 *   ASK        -               -                    known       round      -         -
 *   TIP        -               tip                  known       round      voters    -
 *   BEAT       -               ballot: the leader   -           round      stall us  -
 *   BEATEN     -               ballot: the leader   -           as asked   stall us  -   */
#ifndef MP_MESSAGE_H
#define MP_MESSAGE_H

#include "mp/batch.h"

#define MP_MESSAGE_MAGIC 0x014f4441u /* "ADO", version 1 */
#define MP_MESSAGE_HEADER_SIZE 120u

enum mp_message_kind {
    MP_MESSAGE_PREPARE = 1,
    MP_MESSAGE_PROMISE,
    MP_MESSAGE_FETCH,
    MP_MESSAGE_FRAME,
    MP_MESSAGE_FETCHED,
    MP_MESSAGE_ACCEPT,
    MP_MESSAGE_ACCEPTED,
    MP_MESSAGE_COMMIT,
    MP_MESSAGE_CONFIRM,
    MP_MESSAGE_CONFIRMED,
    MP_MESSAGE_BEAT,
    MP_MESSAGE_BEATEN,
    MP_MESSAGE_ASK,
    MP_MESSAGE_TIP,
    MP_MESSAGE_DRIVER = 64, /* From here on the driver's own kinds. */
};

enum mp_message_outcome {
    MP_OUTCOME_OK = 0,
    MP_OUTCOME_REFUSED, /* A higher ballot is promised. */
    MP_OUTCOME_GAP,     /* ACCEPTED: entries before the batch are missing or differ. */
    MP_OUTCOME_FULL,    /* ACCEPTED: no space; nothing was stored. */
    MP_OUTCOME_GONE,    /* FETCHED: the entries are not in this log, or are lost. */
    MP_OUTCOME_TRIMMED, /* FETCHED: this log begins later, after the point: get a snapshot. */
};

enum mp_message_flag {
    /* FETCH, FRAME, FETCHED: committed entries only, whatever the ballot. COMMIT: the owner no
     * longer has in memory what the voter lacks; the voter must fetch it. */
    MP_FLAG_LEARN = 1u,
    MP_FLAG_HAPPY = 2u, /* BEAT, BEATEN. */
    /* FETCH, FRAME, FETCHED: where nothing is committed from there on yet, answer once there is.
     * The core passes it on to the driver, which waits. */
    MP_FLAG_WAIT = 4u,
    MP_FLAG_ABLE = 8u,  /* BEAT, BEATEN: hears a quorum, and could serve every group. */
    MP_FLAG_FULL = 16u, /* BEAT, BEATEN: the disk takes no batch. */
};

struct mp_message {
    uint8_t kind;    /* enum mp_message_kind */
    uint8_t outcome; /* enum mp_message_outcome */
    uint16_t flags;  /* enum mp_message_flag */
    uint32_t admissions;
    uint64_t group;
    struct mp_ballot ballot;
    struct mp_point point;
    uint64_t commit;
    uint64_t sequence;
    uint64_t value;
    uint32_t payload_size;
    const uint8_t *payload; /* Borrowed. */
};

/* Write the header of `message`; its payload is to follow, unchanged, right after.
 * `payload_checksum` is mp_hash() of the payload; pass 0 to have it computed. */
void mp_message_encode(const struct mp_message *message, uint64_t payload_checksum,
                       uint8_t header[MP_MESSAGE_HEADER_SIZE]);

/* Read one message from the front of a stream.
 *
 * MP_OK         *message views `bytes`; *consumed bytes belong to it.
 * MP_PARTIAL    More bytes are needed: *consumed is the number the message needs in all, or the
 *               header's size while that is not known.
 * MP_MALFORMED  No message can start here: the stream is lost. */
MP_MUST_USE enum mp_status mp_message_decode(const uint8_t *bytes, size_t size,
                                             struct mp_message *message, size_t *consumed);

#endif /* MP_MESSAGE_H */
