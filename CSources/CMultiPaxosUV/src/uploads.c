/* Snapshots of objects that this server does not apply, to trim their logs: from the application
 * that does, or from a server that has one by now. It is a transfer like any other, so the server
 * sets its pace; but nothing that an application says is believed where it can be known here. */
#include "transfer.h"

enum { MISSES_MAX = 8, PATIENCE_MAX = 16 };

void mp_uv__upload_begin(struct mp_uv_node *node, struct mp_object *object) {
    if (object->transfer != NULL || object->restoring) return;
    object->transfer = mp_uv__allocate(sizeof *object->transfer);
    object->transfer->wanted = object->last.index;
    object->transfer->upload = true;
    mp_uv__object_mark(node, object);
}

/* Whoever proposed last has applied the log. */
static struct mp_conn *application(struct mp_uv_node *node, const struct mp_object *object) {
    struct mp_conn *conn = mp_uv__conn_to(node, object->application);
    if (conn != NULL) return conn;
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    bool client = (view.promised.node & MP_CLIENT_NODE) != 0;
    return client ? mp_uv__conn_to(node, view.promised.node) : NULL;
}

struct mp_conn *mp_uv__upload_choose(struct mp_uv_node *node, const struct mp_object *object) {
    const struct mp_transfer *transfer = object->transfer;
    if (transfer->source != 0) return mp_uv__conn_to(node, transfer->source);
    struct mp_conn *first = application(node, object);
    bool peers = first == NULL || transfer->failures % 2 == 1;
    struct mp_conn *peer = peers ? mp_uv__transfer_choose(node, transfer) : NULL;
    return peer != NULL ? peer : first;
}

bool mp_uv__upload_admits(struct mp_uv_node *node, const struct mp_object *object,
                          struct mp_lmdb_snapshot *snapshot) {
    struct mp_group_view view;
    mp_replica_group(node->replica, object->group, &view);
    uint64_t index = snapshot->point.index;
    if (index > view.commit.index || index > object->applied) return false;
    bool newer = index > object->snapshot.point.index || object->snapshot_damaged;
    if (!newer || index < object->voters_from) return false;
    snapshot->ballot = view.promised;
    snapshot->voters = object->voters;
    snapshot->admissions = object->admissions;
    return true;
}

bool mp_uv__upload_names(struct mp_uv_node *node, const struct mp_object *object) {
    const struct mp_transfer *transfer = object->transfer;
    if (transfer->next > 0) return true;
    uint32_t size = mp_lmdb_chunk_size(transfer->snapshot.size, 0);
    return node->callbacks.on_offered(node->context, object->group, transfer->bytes, size);
}

void mp_uv__upload_refused(struct mp_uv_node *node, const struct mp_object *object) {
    const struct mp_transfer *transfer = object->transfer;
    mp_uv__log(node, MP_UV_LOG_ERROR,
               "group %016llx: the snapshot at entry %llu that node %016llx gave is not of this "
               "log; it was not taken. Stop that application and find out what it runs",
               (unsigned long long)object->group,
               (unsigned long long)transfer->snapshot.point.index,
               (unsigned long long)transfer->source);
}

/* A source that is gone for good, or paused, is given up; one that comes back goes on. */
void mp_uv__upload_missed(struct mp_uv_node *node, struct mp_transfer *transfer) {
    uint32_t patience = transfer->failures < PATIENCE_MAX ? transfer->failures : PATIENCE_MAX;
    transfer->retry_us = node->now_us + (1 + patience) * node->options.timeout_us / 4;
    transfer->misses += 1;
    bool gone = transfer->source != 0 && transfer->misses >= MISSES_MAX;
    if (gone) mp_uv__transfer_give_up(node, transfer);
}
