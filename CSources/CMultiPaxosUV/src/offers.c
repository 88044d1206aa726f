/* Snapshots that a client gives to servers which do not apply its objects. One is made when a
 * server asks, is kept while servers ask for it, and is the same for all of them. */
#include <stdlib.h>
#include <string.h>

#include "failpoint.h"
#include "node.h"
#include "spool.h"

/* Bytes of all offers of a node, most of them in spools; one that is larger is made while there is
 * no other. */
enum { OFFERS_BYTES_MAX = 64 << 20 };

/* How long it is kept after the last question, in election timeouts. */
enum { PATIENCE = 25 };

struct mp_offer {
    struct mp_lmdb_snapshot snapshot;
    uint64_t asked_us;
    struct mp_uv_spool *spool;
};

void mp_uv__offer_free(struct mp_uv_node *node, struct mp_object *object) {
    if (object->offer == NULL) return;
    node->offered_bytes -= object->offer->snapshot.size;
    mp_uv_spool_free(object->offer->spool);
    free(object->offer);
    object->offer = NULL;
}

void mp_uv__offer_tick(struct mp_uv_node *node, struct mp_object *object) {
    if (object->offer == NULL) return;
    uint64_t idle_us = node->now_us - object->offer->asked_us;
    if (idle_us > PATIENCE * node->options.timeout_us) mp_uv__offer_free(node, object);
}

void mp_uv__offer_made(struct mp_uv_node *node, struct mp_object *object,
                       const struct mp_lmdb_snapshot *snapshot, struct mp_uv_spool *spool) {
    mp_uv__offer_free(node, object);
    object->offer = mp_uv__allocate(sizeof *object->offer);
    *object->offer = (struct mp_offer){
        .snapshot = *snapshot, .asked_us = node->now_us, .spool = spool};
    node->offered_bytes += snapshot->size;
    if (mp_uv__lies("offer-too-early")) object->offer->snapshot.point.index += 1u << 20;
    if (mp_uv__lies("offer-of-another-log")) object->offer->snapshot.point.checksum += 1;
    if (mp_uv__lies("offer-garbled")) mp_uv__spool_spoil(spool, snapshot->size - 1, false);
    mp_uv__object_activate(node, object);
    mp_uv__failpoint("offer-made");
}

/* The server is told that there is none yet, and asks again. */
static void consider(struct mp_uv_node *node, struct mp_object *object, uint64_t wanted) {
    bool busy = object->draft.point.index != 0 || object->restoring || object->broken ||
                object->transfer != NULL;
    if (busy || object->last.index < wanted || object->last.index == 0) return;
    if (node->offered_bytes > OFFERS_BYTES_MAX) return;
    (void)mp_uv__snapshot_begin(node, object);
}

static void send_chunks(struct mp_conn *conn, const struct mp_message *message,
                        const struct mp_offer *offer) {
    struct mp_uv_node *node = conn->owner;
    const uint8_t *bytes = mp_uv_spool_bytes(offer->spool);
    uint64_t size = offer->snapshot.size;
    uint64_t end = message->value + MP_CHUNKS_ASKED;
    if (message->value > 0) mp_uv__failpoint("offer-half-sent");
    if (end > mp_lmdb_chunk_count(size)) end = mp_lmdb_chunk_count(size);
    for (uint64_t number = message->value; number < end; number += 1) {
        struct mp_frame *frame =
            mp_uv__frame_take(&node->frames, mp_lmdb_chunk_size(size, number));
        frame->size = mp_lmdb_chunk_size(size, number);
        memcpy(frame->bytes, bytes + number * MP_LMDB_CHUNK_SIZE, frame->size);
        mp_uv__chunk_send(conn, message, number, frame);
        mp_uv__frame_release(&node->frames, frame);
    }
}

void mp_uv__offer_asked(struct mp_conn *conn, struct mp_object *object,
                        const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    struct mp_offer *offer = object->offer;
    if (offer == NULL || offer->snapshot.point.index < message->point.index) {
        if (message->commit == 0) consider(node, object, message->point.index);
        mp_uv__snapshot_refuse(conn, message);
        return;
    }
    offer->asked_us = node->now_us;
    if (message->commit == 0) {
        mp_uv__manifest_send(conn, message, &offer->snapshot);
    } else if (message->commit == offer->snapshot.point.index &&
               message->value < mp_lmdb_chunk_count(offer->snapshot.size)) {
        send_chunks(conn, message, offer);
    } else {
        mp_uv__snapshot_refuse(conn, message);
    }
}
