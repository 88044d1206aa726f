/* What a received message is for: the handshake, the core, or the driver. */
#include <stdio.h>

#include "node.h"

/* What a proposer sends. Everything else of the core's only servers may send. */
static bool of_proposers(uint8_t kind) {
    return kind == MP_MESSAGE_PREPARE || kind == MP_MESSAGE_FETCH || kind == MP_MESSAGE_ACCEPT ||
           kind == MP_MESSAGE_COMMIT || kind == MP_MESSAGE_CONFIRM;
}

static bool carries_batch(uint8_t kind) {
    return kind == MP_MESSAGE_FRAME || kind == MP_MESSAGE_ACCEPT;
}

/* A client that pulls applies the log, and can say what it made. */
static void note_application(struct mp_uv_node *node, uint64_t group, uint64_t client) {
    struct mp_object *object = mp_uv__object_find(node, group);
    if (object != NULL) object->application = client;
}

/* Calls and opens make objects that the core has no group for, so it may have room where there is
 * none here. */
static bool has_room(struct mp_uv_node *node, uint64_t group) {
    return node->objects.count < node->options.groups_max ||
           mp_uv__object_find(node, group) != NULL;
}

static bool raises_promise(const struct mp_uv_node *node, const struct mp_message *message) {
    if (!of_proposers(message->kind)) return false;
    struct mp_group_view view;
    bool known = mp_replica_group(node->replica, message->group, &view);
    return !known || mp_ballot_compare(message->ballot, view.promised) > 0;
}

/* Whether what a message has to write can be queued: a batch, or a promise alone. To drop those is
 * safe, as they are sent again. The last COMMIT of a log that rests is not, so what writes nothing
 * is never dropped. */
static bool has_space(const struct mp_uv_node *node, const struct mp_message *message,
                      bool batch) {
    if (!node->server) return true;
    if (batch) return !mp_uv__storage_busy(&node->storage);
    return !mp_uv__storage_flooded(&node->storage) || !raises_promise(node, message);
}

static void step_core(struct mp_conn *conn, const struct mp_message *message,
                      const struct mp_batch *batch) {
    struct mp_uv_node *node = conn->owner;
    /* A server without its directory has no vote; what it says counts for nothing. */
    if (conn->peer != NULL && conn->peer->lost) return;
    if (node->server && !node->admitted) return;
    if (!has_space(node, message, batch != NULL)) return;
    if (batch != NULL && !has_room(node, message->group)) return;
    struct mp_event event = {
        .kind = MP_EVENT_RECEIVE,
        .now_us = node->now_us,
        .group = message->group,
        .receive = {.from = conn->node, .message = message, .batch = batch},
    };
    enum mp_status status = mp_uv__step(node, &event, NULL);
    bool pulls = message->kind == MP_MESSAGE_PREPARE && !conn->server && status == MP_OK;
    if (pulls) note_application(node, message->group, conn->node);
    if (status == MP_MALFORMED) {
        mp_uv__conn_fail(conn, "it broke the protocol");
    } else if (status == MP_CONFLICT) {
        mp_uv__log(node, MP_UV_LOG_ERROR,
                   "%s contradicts what is committed in group %016llx: verify its directory",
                   conn->name, (unsigned long long)message->group);
        mp_uv__conn_close(conn);
    }
}

static void receive_core(struct mp_conn *conn, const struct mp_message *message) {
    if (!conn->server && !of_proposers(message->kind)) {
        mp_uv__conn_fail(conn, "it is a client and sent what only servers may send");
        return;
    }
    struct mp_batch batch;
    bool has_batch = carries_batch(message->kind);
    if (has_batch && (message->payload_size == 0 ||
                      mp_batch_decode(message->payload, message->payload_size, &batch) != MP_OK)) {
        mp_uv__conn_fail(conn, "it sent a batch whose checksum or form is wrong");
        return;
    }
    bool answer = message->kind == MP_MESSAGE_FRAME || message->kind == MP_MESSAGE_FETCHED;
    if (answer && (message->sequence & MP_SEQUENCE_DRIVER) != 0) {
        mp_uv__fetch_receive(conn, message, has_batch ? &batch : NULL);
        return;
    }
    step_core(conn, message, has_batch ? &batch : NULL);
}

static void receive_calls(struct mp_conn *conn, const struct mp_message *message) {
    struct mp_uv_node *node = conn->owner;
    bool read = message->kind == MP_DRIVER_READ;
    uint32_t count = (uint32_t)message->value;
    bool sound = node->server && message->value > 0 && message->value <= MP_BATCH_ENTRIES_MAX &&
                 mp_uv__block_check(message->payload, message->payload_size, count,
                                    read ? MP_BLOCK_READS : MP_BLOCK_CALLS) == MP_OK;
    if (!sound) {
        mp_uv__conn_fail(conn, "its calls are malformed");
        return;
    }
    struct mp_origin origin = {
        .slot = conn->slot,
        .generation = conn->generation,
        .tag = message->sequence,
        .count = count,
    };
    struct mp_object *object = mp_uv__object_need(node, message->group);
    if (object == NULL) {
        mp_uv__calls_refuse(node, origin, MP_UV_BUSY);
        return;
    }
    bool relayed = (message->flags & MP_FLAG_RELAYED) != 0;
    mp_uv__calls_take(node, object, origin, read, relayed, message->payload,
                      message->payload_size);
}

static void receive_open(struct mp_conn *conn, const struct mp_message *message) {
    if (message->payload_size == 0 || message->payload_size > MP_UV_OBJECT_SIZE_MAX) {
        mp_uv__conn_fail(conn, "its description of an object is empty or too long");
        return;
    }
    struct mp_object *object = mp_uv__object_need(conn->owner, message->group);
    if (object == NULL) return; /* The calls that follow are refused. */
    mp_uv__object_describe(object, message->payload, message->payload_size);
}

static void receive_serving(struct mp_conn *conn, const struct mp_message *message) {
    conn->serving = message->value;
    if (!conn->owner->server) mp_uv__serving_heard(conn);
}

static void receive_driver(struct mp_conn *conn, const struct mp_message *message) {
    bool of_servers = message->kind == MP_DRIVER_REPLY || message->kind == MP_DRIVER_SERVING ||
                      message->kind == MP_DRIVER_DURABLE || message->kind == MP_DRIVER_KNOWN ||
                      message->kind == MP_DRIVER_LOST || message->kind == MP_DRIVER_WANT ||
                      message->kind == MP_DRIVER_GIVE || message->kind == MP_DRIVER_APPROVED;
    if (of_servers && !conn->server) {
        mp_uv__conn_fail(conn, "it is a client and sent what only servers may send");
        return;
    }
    switch (message->kind) {
        case MP_DRIVER_REFUSED:
            mp_uv__refused_receive(conn, message);
            return;
        case MP_DRIVER_DURABLE:
            if (conn->peer != NULL) mp_uv__peer_advanced(conn->peer, message->commit);
            return;
        case MP_DRIVER_KNOWN:
            mp_uv__admission_known(conn, message);
            return;
        case MP_DRIVER_LOST:
            if (conn->owner->server) mp_uv__admission_lost(conn->owner, conn->peer, message);
            return;
        case MP_DRIVER_APPROVED:
            mp_uv__admission_approved(conn, message);
            return;
        case MP_DRIVER_WANT:
            mp_uv__want_receive(conn, message);
            return;
        case MP_DRIVER_GIVE:
            mp_uv__give_receive(conn, message);
            return;
        case MP_DRIVER_SERVING:
            receive_serving(conn, message);
            return;
        case MP_DRIVER_OPEN:
            receive_open(conn, message);
            return;
        case MP_DRIVER_CALL:
        case MP_DRIVER_READ:
            receive_calls(conn, message);
            return;
        case MP_DRIVER_REPLY:
            mp_uv__reply_receive(conn, message);
            return;
        case MP_DRIVER_ADMIN:
            mp_uv__admin_receive(conn, message);
            return;
        case MP_DRIVER_ADMIN_REPLY:
            mp_uv__admin_reply_receive(conn, message);
            return;
        case MP_DRIVER_SNAPSHOT:
            mp_uv__snapshot_asked(conn, message);
            return;
        case MP_DRIVER_MANIFEST:
            if (!mp_uv__manifest_lent(conn, message)) mp_uv__manifest_receive(conn, message);
            return;
        case MP_DRIVER_CHUNK:
            if (!mp_uv__chunk_lent(conn, message)) mp_uv__chunk_receive(conn, message);
            return;
        default:
            mp_uv__conn_fail(conn, "it sent a message of an unknown kind");
    }
}

void mp_uv__receive(struct mp_conn *conn, const struct mp_message *message) {
    if (conn->owner->stopping) return;
    if (conn->state == MP_CONN_GREETING) {
        if (message->kind == MP_DRIVER_HELLO) {
            mp_uv__hello_receive(conn, message);
        } else if (message->kind == MP_DRIVER_REFUSED) {
            mp_uv__refused_receive(conn, message);
        } else if (!conn->linger) {
            mp_uv__conn_fail(conn, "it did not greet first");
        }
        return;
    }
    if (!conn->accepted && message->kind != MP_DRIVER_REFUSED) mp_uv__hello_accepted(conn);
    if (message->kind < MP_MESSAGE_DRIVER) {
        receive_core(conn, message);
        return;
    }
    receive_driver(conn, message);
}
