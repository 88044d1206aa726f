/* What a node looks like from outside. Loop thread. */
#include "node.h"

static void add_storage(const struct mp_uv_node *node, struct mp_uv_stats *stats) {
    struct mp_storage *storage = (struct mp_storage *)(uintptr_t)&node->storage;
    uv_mutex_lock(&storage->lock);
    stats->flushes = storage->flushes;
    stats->flush_us_total = storage->flush_us_total;
    stats->flush_us_max = storage->flush_us_max;
    uv_mutex_unlock(&storage->lock);
    struct mp_lmdb_stats lmdb;
    mp_lmdb_get_stats(node->env, &lmdb);
    stats->storage_sequence = lmdb.sequence;
    stats->data_bytes_used = lmdb.bytes_used;
    stats->data_bytes_allocated = lmdb.bytes_allocated;
    stats->lmdb_flags = mp_lmdb_flags(node->env);
    stats->disk_stall_us = mp_uv__storage_stall_us(storage, mp_uv__clock_us());
}

void mp_uv_node_stats(const struct mp_uv_node *node, struct mp_uv_stats *stats) {
    *stats = node->stats;
    stats->frames_cached_bytes = node->objects.cached_bytes;
    stats->disk_full = node->disk_full;
    stats->damages = node->damage_count;
    stats->serving = node->serving;
    stats->incarnation = node->incarnation;
    stats->vote = node->standing.vote;
    stats->generation = node->standing.generation;
    stats->approvals = mp_uv__admission_approvals(node);
    if (node->server && node->storage.running) add_storage(node, stats);
}

bool mp_uv_node_peer(const struct mp_uv_node *node, uint32_t position,
                     struct mp_uv_peer_view *view) {
    *view = (struct mp_uv_peer_view){0};
    if (position >= node->options.voter_count) return false;
    uint64_t id = node->options.voters[position].node;
    *view = (struct mp_uv_peer_view){.node = id};
    if (id == node->id) {
        view->self = true;
        view->connected = true;
        view->incarnation = node->incarnation;
        return true;
    }
    const struct mp_conn *conn = mp_uv__conn_to(node, id);
    if (conn != NULL) view->announced = conn->incarnation;
    view->connected = conn != NULL;
    if (conn != NULL) view->queued_bytes = conn->queued_bytes;
    for (uint32_t i = 0; i < node->peer_count; i += 1) {
        const struct mp_peer *peer = &node->peers[i];
        if (peer->node != id) continue;
        view->lost = peer->lost;
        view->incarnation = peer->record.incarnation;
        view->generation = peer->recorded_generation;
    }
    return true;
}

bool mp_uv_node_damage(const struct mp_uv_node *node, uint64_t group,
                       struct mp_lmdb_damage *damage) {
    *damage = (struct mp_lmdb_damage){0};
    bool found = false;
    for (uint32_t i = 0; i < MP_DAMAGES_MAX && node->damage_count > 0; i += 1) {
        const struct mp_damage *known = &node->damages[i];
        if (!known->used || known->what.group != group) continue;
        if (found && known->what.first >= damage->first) continue;
        *damage = known->what;
        found = true;
    }
    return found;
}

bool mp_uv_node_next_group(const struct mp_uv_node *node, uint32_t *cursor,
                           struct mp_group_view *view) {
    return mp_replica_next_group(node->replica, cursor, view);
}

uint64_t mp_uv_node_snapshot_index(const struct mp_uv_node *node, uint64_t group) {
    const struct mp_object *object = mp_uv__object_find(node, group);
    return object == NULL ? 0 : object->snapshot.point.index;
}

uint32_t mp_uv_node_generation(const struct mp_uv_node *node, uint64_t group, uint64_t server) {
    return mp_replica_generation(node->replica, group, server);
}

uint64_t mp_uv_node_match(const struct mp_uv_node *node, uint64_t group, uint64_t voter) {
    return mp_replica_match(node->replica, group, voter);
}
