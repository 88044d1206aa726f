/* Stopping: everything that waits is answered, what is queued for the disk is written, every handle
 * is closed. The loop ends when the last of them is. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "node.h"

enum { EXIT_IO_ERROR = 74 };

static void settle_list(struct mp_uv_node *node, struct mp_draft_list *list, uint32_t outcome) {
    struct mp_draft *draft = NULL;
    while ((draft = mp_uv__draft_pop(list)) != NULL) mp_uv__answer_outcome(node, draft, outcome);
}

static void settle_object(struct mp_uv_node *node, struct mp_object *object) {
    mp_uv__proposal_stop(node, object);
    mp_uv__watches_stop(node, object);
    mp_uv__waiting_fail(node, &object->calls, MP_UV_CLOSED);
    mp_uv__waiting_fail(node, &object->reads, MP_UV_CLOSED);
    settle_list(node, &object->asking, MP_UV_CLOSED);
    settle_list(node, &object->confirmed, MP_UV_CLOSED);
    settle_list(node, &object->flights, MP_UV_UNKNOWN);
    settle_list(node, &object->pushes, MP_UV_UNKNOWN);
}

static void settle(struct mp_uv_node *node) {
    (void)mp_uv__inbox_drain(node);
    for (uint32_t i = 0; i < node->objects.bucket_count; i += 1) {
        struct mp_object *object = node->objects.buckets[i];
        for (; object != NULL; object = object->next_in_bucket) settle_object(node, object);
    }
    mp_uv__sent_free(node);
    for (uint32_t i = 0; i < MP_ASKED_MAX; i += 1) {
        struct mp_asked *asked = &node->asked[i];
        uint64_t before = asked->from == 0 ? 0 : asked->from - 1;
        if (asked->used) mp_uv__asked_over(node, asked, MP_CLOSED, before, 0);
    }
    mp_uv__replies_flush(node);
}

static void close_handle(uv_handle_t *handle, void *argument) {
    (void)argument;
    if (!uv_is_closing(handle)) uv_close(handle, NULL);
}

void mp_uv__node_stop(struct mp_uv_node *node) {
    MP_ASSERT(!node->stopping);
    node->stopping = true;
    settle(node);
    if (!node->disk_failed) (void)mp_uv__trace_flush(&node->trace); /* As in each round: first. */
    for (uint32_t i = 0; i < node->conn_capacity; i += 1) {
        struct mp_conn *conn = node->conns[i];
        if (conn == NULL || conn->state == MP_CONN_CLOSING) continue;
        if (!node->fatal) mp_uv__conn_flush(conn);
        mp_uv__conn_close(conn);
    }
    mp_uv__held_free(node);
    mp_uv__peers_stop(node);
    mp_uv__jobs_stop(node);
    mp_uv__storage_stop(&node->storage, &node->frames);
    uv_walk(&node->loop, close_handle, NULL);
}

void mp_uv__node_fatal(struct mp_uv_node *node, enum mp_status status, const char *text) {
    if (node->fatal) return;
    node->fatal = true;
    node->disk_failed = status == MP_SYSTEM;
    if (node->callbacks.on_fatal == NULL) {
        fprintf(stderr, "node %llu stops: %s\n", (unsigned long long)node->id, text);
        _exit(EXIT_IO_ERROR);
    }
    node->callbacks.on_fatal(node->context, status, text);
    uv_mutex_lock(&node->inbox.lock);
    node->inbox.closing = true;
    uv_mutex_unlock(&node->inbox.lock);
    mp_uv__node_stop(node);
}

/* For a start that failed half-way: no callback may run, and there is nobody to answer. */
void mp_uv__close_loop(struct mp_uv_node *node) {
    mp_uv__storage_stop(&node->storage, &node->frames); /* Its thread wakes the loop. */
    uv_walk(&node->loop, close_handle, NULL);
    uv_run(&node->loop, UV_RUN_DEFAULT);
    int rc = uv_loop_close(&node->loop);
    MP_ASSERT(rc == 0);
}
