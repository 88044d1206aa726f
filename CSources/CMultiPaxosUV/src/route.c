/* Calls that another node serves: sent to it as they were gathered, and answered through the
 * record of what was sent. A tag is a record's generation, its number, and the entry's. */
#include <stdlib.h>
#include <string.h>

#include "node.h"

enum { ENTRY_BITS = 14, RECORD_BITS = 20, RECORDS_FIRST = 64 };

_Static_assert(MP_BATCH_ENTRIES_MAX == 1u << ENTRY_BITS, "the tag has room for any entry");

void mp_uv__serving_set(struct mp_uv_node *node, uint64_t serving) {
    if (node->serving == serving) return;
    uint64_t before = node->serving;
    node->serving = serving;
    node->rerouted = true;
    node->pull_at_once = serving == node->id;
    mp_uv__naming_begin(node);
    if (serving != 0 && before != 0) mp_uv__sent_hurry(node, before);
    if (!node->server) return;
    struct mp_message message = {.kind = MP_DRIVER_SERVING, .value = serving};
    for (uint32_t i = 0; i < node->conn_capacity; i += 1) {
        struct mp_conn *conn = node->conns[i];
        bool told = conn != NULL && conn->state == MP_CONN_READY && !conn->server;
        if (told) mp_uv__conn_send(conn, &message, 0, NULL);
    }
}

/* True if this server says itself that it serves. */
static bool claims(const struct mp_uv_node *node, uint64_t id) {
    const struct mp_conn *conn = id == 0 ? NULL : mp_uv__conn_to(node, id);
    return conn != NULL && conn->serving == id;
}

/* Servers that do not all hear each other may differ. What one says of itself counts most, also
 * that it serves no longer; of several that claim it, the last to say so. */
void mp_uv__serving_heard(struct mp_conn *conn) {
    struct mp_uv_node *node = conn->owner;
    uint64_t chosen = conn->serving;
    if (!claims(node, chosen)) {
        if (claims(node, node->serving)) return;
        for (uint32_t i = 0; i < node->peer_count; i += 1) {
            if (claims(node, node->peers[i].node)) chosen = node->peers[i].node;
        }
    }
    if (chosen != 0) mp_uv__serving_set(node, chosen);
}

/* The connection calls leave by: to the node that serves, or, from a client, to any server. */
static struct mp_conn *route(const struct mp_uv_node *node) {
    struct mp_conn *conn = NULL;
    if (node->serving != 0 && node->serving != node->id) {
        conn = mp_uv__conn_to(node, node->serving);
    }
    if (conn != NULL || node->server) return conn;
    for (uint32_t i = 0; i < node->peer_count && conn == NULL; i += 1) {
        conn = mp_uv__conn_to(node, node->peers[i].node);
    }
    return conn;
}

/* Where nobody serves, the server that owns the object, if it is ready, still answers reads. */
static struct mp_conn *route_of_reads(const struct mp_uv_node *node,
                                      const struct mp_object *object) {
    if (!node->server || node->serving != 0) return route(node);
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    uint64_t owner = view.promised.node;
    bool asks = owner != 0 && owner != node->id && (owner & MP_CLIENT_NODE) == 0;
    return asks ? mp_uv__conn_to(node, owner) : NULL;
}

static bool new_record(struct mp_uv_node *node, uint32_t *record) {
    if (node->sent_free_count == 0) {
        uint32_t from = node->sent_capacity;
        if (from == 1u << RECORD_BITS) return false;
        uint32_t capacity = from == 0 ? RECORDS_FIRST : from * 2;
        node->sent = mp_uv__grow(node->sent, capacity * sizeof(struct mp_draft *));
        node->sent_generations =
            mp_uv__grow(node->sent_generations, capacity * sizeof(uint32_t));
        node->sent_free = mp_uv__grow(node->sent_free, capacity * sizeof(uint32_t));
        for (uint32_t i = from; i < capacity; i += 1) {
            node->sent[i] = NULL;
            node->sent_generations[i] = 0;
            node->sent_free[node->sent_free_count] = from + capacity - 1 - i;
            node->sent_free_count += 1;
        }
        node->sent_capacity = capacity;
    }
    node->sent_free_count -= 1;
    *record = node->sent_free[node->sent_free_count];
    return true;
}

static void free_record(struct mp_uv_node *node, uint32_t record) {
    node->sent[record] = NULL;
    node->sent_generations[record] += 1;
    node->sent_free[node->sent_free_count] = record;
    node->sent_free_count += 1;
}

static uint64_t tag_of(const struct mp_uv_node *node, uint32_t record) {
    uint64_t generation = node->sent_generations[record] & ((1u << 29) - 1);
    return generation << (ENTRY_BITS + RECORD_BITS) | (uint64_t)record << ENTRY_BITS;
}

static void send_draft(struct mp_uv_node *node, struct mp_conn *conn, struct mp_draft *draft) {
    uint32_t record = 0;
    if (!new_record(node, &record)) {
        mp_uv__answer_outcome(node, draft, MP_UV_BUSY);
        return;
    }
    struct mp_message message = {
        .kind = draft->read ? MP_DRIVER_READ : MP_DRIVER_CALL,
        .flags = node->server ? MP_FLAG_RELAYED : 0,
        .group = draft->group,
        .sequence = tag_of(node, record),
        .value = draft->builder.count,
        .payload = draft->frame->bytes + MP_BATCH_HEADER_SIZE,
        .payload_size = draft->builder.size - MP_BATCH_HEADER_SIZE,
    };
    if (!mp_uv__conn_send(conn, &message, 0, draft->frame)) {
        free_record(node, record);
        mp_uv__answer_outcome(node, draft, MP_UV_BUSY);
        return;
    }
    mp_uv__frame_release(&node->frames, draft->frame);
    draft->frame = NULL;
    draft->sent = true;
    draft->record = record;
    draft->slot = conn->slot;
    draft->generation = conn->generation;
    draft->deadline_us = node->now_us + node->options.call_timeout_us;
    memset(draft->answers, 0, (draft->builder.count + 63u) / 64u * sizeof(uint64_t));
    node->sent[record] = draft;
}

static void tell_what_it_is(struct mp_object *object, struct mp_conn *conn) {
    if (object->description == NULL || object->opened_at == conn->generation) return;
    struct mp_message open = {
        .kind = MP_DRIVER_OPEN,
        .group = object->group,
        .payload = object->description,
        .payload_size = object->description_size,
    };
    if (mp_uv__conn_send_copy(conn, &open)) object->opened_at = conn->generation;
}

/* What another server relayed here stays: this node may be about to serve, and if not, the calls
 * expire. Sending them on could send them round in circles. */
static void send_list(struct mp_uv_node *node, struct mp_conn *conn, struct mp_draft_list *list) {
    struct mp_draft_list keep = {0};
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__waiting_pop(node, list)) != NULL) {
        if (draft->relayed) {
            mp_uv__draft_push(&keep, draft);
        } else {
            send_draft(node, conn, draft);
        }
    }
    while ((draft = mp_uv__draft_pop(&keep)) != NULL) mp_uv__waiting_push(node, list, draft);
}

void mp_uv__forward(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_conn *conn = route(node);
    if (conn != NULL) {
        tell_what_it_is(object, conn);
        send_list(node, conn, &object->calls);
    }
    conn = route_of_reads(node, object);
    if (conn != NULL) {
        tell_what_it_is(object, conn);
        send_list(node, conn, &object->reads);
    }
}

/* Find who asked for an entry. Answers mostly come in order, so the last place is a good guess. */
static const struct mp_origin *origin_of(struct mp_draft *draft, uint32_t entry,
                                         uint32_t *position) {
    if (entry < draft->cursor_entry) {
        draft->cursor_entry = 0;
        draft->cursor_origin = 0;
    }
    while (entry - draft->cursor_entry >= draft->origins[draft->cursor_origin].count) {
        draft->cursor_entry += draft->origins[draft->cursor_origin].count;
        draft->cursor_origin += 1;
        MP_ASSERT(draft->cursor_origin < draft->origin_count);
    }
    *position = entry - draft->cursor_entry;
    return &draft->origins[draft->cursor_origin];
}

/* The draft a tag names, if it was sent to this connection and the entry is not answered yet. */
static struct mp_draft *find_sent(const struct mp_conn *conn, uint64_t tag, uint32_t *entry) {
    const struct mp_uv_node *node = conn->owner;
    uint32_t record = (uint32_t)(tag >> ENTRY_BITS) & ((1u << RECORD_BITS) - 1);
    *entry = (uint32_t)tag & (MP_BATCH_ENTRIES_MAX - 1);
    if (record >= node->sent_capacity || node->sent[record] == NULL) return NULL;
    struct mp_draft *draft = node->sent[record];
    bool ours = tag_of(node, record) == (tag & ~(uint64_t)(MP_BATCH_ENTRIES_MAX - 1)) &&
                draft->slot == conn->slot && draft->generation == conn->generation &&
                *entry < draft->builder.count;
    if (!ours) return NULL;
    return (draft->answers[*entry / 64] >> (*entry % 64) & 1) == 0 ? draft : NULL;
}

static void take_answer(struct mp_conn *conn, const uint8_t *at, uint32_t size) {
    struct mp_uv_node *node = conn->owner;
    uint32_t entry = 0;
    struct mp_draft *draft = find_sent(conn, mp_uv__get64(at), &entry);
    if (draft == NULL) return; /* It came too late. */
    draft->answers[entry / 64] |= (uint64_t)1 << (entry % 64);
    draft->answered += 1;
    uint32_t position = 0;
    const struct mp_origin *origin = origin_of(draft, entry, &position);
    mp_uv__answer(node, origin->slot, origin->generation, origin->tag + position,
                  mp_uv__get64(at + 8), mp_uv__get32(at + 20), at + MP_REPLY_RECORD_SIZE, size);
    if (draft->answered < draft->builder.count) return;
    free_record(node, draft->record);
    mp_uv__draft_discard(node, draft);
}

void mp_uv__reply_receive(struct mp_conn *conn, const struct mp_message *message) {
    const uint8_t *bytes = message->payload;
    uint32_t size = message->payload_size;
    uint32_t offset = 0;
    while (size - offset >= MP_REPLY_RECORD_SIZE) {
        uint32_t payload = mp_uv__get32(bytes + offset + 16);
        if (size - offset - MP_REPLY_RECORD_SIZE < payload) break;
        take_answer(conn, bytes + offset, payload);
        offset += MP_REPLY_RECORD_SIZE + payload;
    }
    mp_uv__replies_flush(conn->owner); /* The payloads lie in what was just read. */
    if (offset != size) mp_uv__conn_fail(conn, "its answers are malformed");
}

static void give_up(struct mp_uv_node *node, uint32_t record) {
    struct mp_draft *draft = node->sent[record];
    free_record(node, record);
    mp_uv__answer_outcome(node, draft, MP_UV_UNKNOWN);
}

void mp_uv__sent_lost(struct mp_uv_node *node, const struct mp_conn *conn) {
    for (uint32_t i = 0; i < node->sent_capacity; i += 1) {
        const struct mp_draft *draft = node->sent[i];
        if (draft == NULL || draft->slot != conn->slot) continue;
        if (draft->generation == conn->generation) give_up(node, i);
    }
}

/* Another node serves now: `before` will hardly answer the calls it has any more, and not at all if
 * it is silent already. */
void mp_uv__sent_hurry(struct mp_uv_node *node, uint64_t before) {
    for (uint32_t i = 0; i < node->sent_capacity; i += 1) {
        struct mp_draft *draft = node->sent[i];
        if (draft == NULL) continue;
        const struct mp_conn *conn = mp_uv__conn_at(node, draft->slot, draft->generation);
        if (conn != NULL && conn->node != before) continue;
        uint64_t heard_us = conn == NULL ? 0 : conn->heard_us;
        uint64_t deadline_us = heard_us + node->options.timeout_us / 4;
        if (deadline_us < draft->deadline_us) draft->deadline_us = deadline_us;
        if (draft->deadline_us <= node->now_us) node->tick_us = 0;
    }
}

/* The server sent nothing at all while a call waited for as long as calls may: to this client it is
 * lost, and another server will find it. */
static void leave_silent(struct mp_uv_node *node, struct mp_conn *conn) {
    if (conn == NULL || node->server) return;
    if (node->now_us - conn->heard_us < node->options.call_timeout_us) return;
    mp_uv__conn_fail(conn, "it has answered nothing for as long as a call may take");
}

void mp_uv__sent_tick(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->sent_capacity; i += 1) {
        const struct mp_draft *draft = node->sent[i];
        if (draft == NULL || draft->deadline_us > node->now_us) continue;
        struct mp_conn *conn = mp_uv__conn_at(node, draft->slot, draft->generation);
        give_up(node, i);
        leave_silent(node, conn);
    }
}

void mp_uv__sent_free(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->sent_capacity; i += 1) {
        if (node->sent[i] != NULL) give_up(node, i);
    }
    free(node->sent);
    free(node->sent_generations);
    free(node->sent_free);
    node->sent_capacity = 0;
}
