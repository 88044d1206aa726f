/* The driver's own message kinds; docs/internals/wire.md has their fields as a table. */
#ifndef MP_UV_WIRE_H
#define MP_UV_WIRE_H

#include <mp.h>

#define MP_PROTOCOL_VERSION 3u

/* Of a REFUSED. */
enum mp_refusal {
    MP_REFUSED_OTHERWISE = 0,
    MP_REFUSED_TAKEN = 1, /* A live server has the id. */
};

/* Bytes of the sentence in it, with a closing zero. */
enum { MP_REASON_SIZE = 320 };

enum mp_driver_kind {
    MP_DRIVER_HELLO = MP_MESSAGE_DRIVER, /* The first message, each way. */
    MP_DRIVER_REFUSED,     /* Why the connection is about to be closed. */
    MP_DRIVER_DURABLE,     /* Server to server: how far its storage is durable. */
    MP_DRIVER_SERVING,     /* Server to anybody: the node elected to serve. */
    MP_DRIVER_OPEN,        /* What object a group is. */
    MP_DRIVER_CALL,        /* Calls to be put into the log. */
    MP_DRIVER_READ,        /* Linearizable reads. */
    MP_DRIVER_REPLY,       /* Answers to both. */
    MP_DRIVER_ADMIN,
    MP_DRIVER_ADMIN_REPLY,
    MP_DRIVER_KNOWN, /* Server to server: your incarnation is recorded here, durably. */
    MP_DRIVER_LOST,  /* Server to server: another directory of yours is known here. */
    MP_DRIVER_WANT,  /* Server to server: a batch, named by its checksum, is damaged here. */
    MP_DRIVER_GIVE,  /* Server to server: that batch, or that it is not to be had. */
    MP_DRIVER_SNAPSHOT, /* Which snapshot there is, or some of its chunks. */
    MP_DRIVER_MANIFEST, /* The answer to the first. */
    MP_DRIVER_CHUNK,    /* And to the second, once for each chunk. */
    MP_DRIVER_APPROVED, /* Server to server: what an operator said of a third one's directory. */
};

#define MP_FLAG_RELAYED 0x100u /* CALL, READ: forwarded by a server; not to be forwarded again. */

/* In the sequence of a FETCH and its answers: asked by the driver, not by the core. */
#define MP_SEQUENCE_DRIVER ((uint64_t)1 << 63)

#define MP_CHUNKS_ASKED 4u   /* Chunks that one question asks for at most. */
#define MP_MANIFEST_SIZE 16u /* Payload of a MANIFEST: digest, checksum. */

#define MP_REPLY_RECORD_SIZE 24u /* tag, index, size, outcome; the payload follows. */
#define MP_RESULT_RECORD_SIZE 8u /* size, outcome; the payload follows. */

#endif /* MP_UV_WIRE_H */
