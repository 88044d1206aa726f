/* The wake-up. Callbacks of libuv only take in what arrived; everything that follows from it
 * happens here, once per turn of the loop, in this order. */
#include "node.h"

enum { ROUNDS_MAX = 16, TIMEOUTS_MAX = 64 };

static void take_written(struct mp_uv_node *node) {
    if (!node->storage_signalled) return;
    node->storage_signalled = false;
    mp_uv__disk_check(node);
    if (node->stopping) return;
    mp_uv__admission_answer(node);
    node->repair_wanted = node->repair_wanted || node->damage_count > 0;
    mp_uv__snapshots_stored(node);
    struct mp_write_list *done = mp_uv__storage_finished(&node->storage);
    for (uint32_t i = 0; i < done->count; i += 1) {
        const struct mp_write *write = &done->writes[i].write;
        MP_ASSERT(write->id > node->storage.durable);
        node->storage.durable = write->id;
        struct mp_event event = {
            .kind = MP_EVENT_WRITTEN,
            .now_us = node->now_us,
            .group = write->group,
            .written = {.write_id = write->id},
        };
        enum mp_status status = mp_uv__step(node, &event, NULL);
        MP_ASSERT(status == MP_OK);
        mp_uv__frame_release(&node->frames, done->frames[i]);
    }
    mp_uv__admission_check(node);
}

static void pass_time(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < TIMEOUTS_MAX && node->core_due_us <= node->now_us; i += 1) {
        struct mp_event event = {.kind = MP_EVENT_TIMEOUT, .now_us = node->now_us};
        enum mp_status status = mp_uv__step(node, &event, NULL);
        MP_ASSERT(status == MP_OK);
    }
    if (mp_uv__tick_due_us(node) <= node->now_us) mp_uv__tick(node);
    if (node->stopping) return; /* The disk said so. */
    if (node->repair_wanted) mp_uv__repair(node);
    if (mp_uv__peers_due_us(node) <= node->now_us) mp_uv__peers_dial(node, node->now_us);
}

static void attend_all(struct mp_uv_node *node) {
    if (node->rerouted) {
        node->rerouted = false;
        mp_uv__objects_reroute(node);
    }
    struct mp_object *object = node->objects.dirty;
    node->objects.dirty = NULL;
    while (object != NULL) {
        struct mp_object *next = object->next_dirty;
        object->dirty = false;
        mp_uv__attend(node, object);
        object = next;
    }
}

static void flush_all(struct mp_uv_node *node) {
    struct mp_conn *conn = node->dirty_conns;
    node->dirty_conns = NULL;
    while (conn != NULL) {
        struct mp_conn *next = conn->next_dirty;
        conn->dirty = false;
        mp_uv__conn_flush(conn);
        conn = next;
    }
}

/* Before anything of this round leaves for the disk or a socket: a process that is killed then
 * lacks only records that nobody has seen an effect of. */
static void flush_trace(struct mp_uv_node *node) {
    enum mp_trace_stop stop = mp_uv__trace_flush(&node->trace);
    if (stop == MP_TRACE_GOES_ON) return;
    const char *reason = stop == MP_TRACE_AT_LIMIT
                             ? "the file has reached its limit; raise it"
                             : uv_strerror(uv_translate_sys_error(node->trace.error));
    mp_uv__log(node, MP_UV_LOG_WARNING, "this node is traced no longer: %s", reason);
}

/* A round may cause work for another: callbacks submit, and a closed connection loses calls. */
static bool settled(const struct mp_uv_node *node) {
    return node->objects.dirty == NULL && node->objects.apply_head == NULL &&
           node->dirty_conns == NULL && !node->rerouted && !node->storage_signalled &&
           !node->repair_wanted;
}

/* Rearm the one timer of the protocol for whatever is due first. */
static void rearm(struct mp_uv_node *node) {
    uint64_t due_us = node->core_due_us;
    uint64_t tick_us = mp_uv__tick_due_us(node);
    uint64_t dial_us = mp_uv__peers_due_us(node);
    if (tick_us < due_us) due_us = tick_us;
    if (dial_us < due_us) due_us = dial_us;
    if (due_us == node->timer_at_us) return;
    node->timer_at_us = due_us;
    uint64_t wait_us = due_us > node->now_us ? due_us - node->now_us : 0;
    uv_timer_start(&node->timer, mp_uv__on_timer, (wait_us + 999) / 1000, 0);
}

static void wake(struct mp_uv_node *node) {
    if (node->stopping) return;
    if (node->taken_text[0] != '\0') {
        mp_uv__node_fatal(node, MP_CONFLICT, node->taken_text);
        return;
    }
    if (!node->started) mp_uv__node_begin(node);
    node->now_us = mp_uv__clock_us();
    bool again = true;
    for (uint32_t round = 0; again && round < ROUNDS_MAX; round += 1) {
        again = mp_uv__inbox_drain(node);
        take_written(node);
        if (node->stopping) return;
        pass_time(node);
        if (node->stopping) return;
        mp_uv__peers_report(node);
        attend_all(node);
        flush_trace(node);
        if (node->server) mp_uv__storage_submit(&node->storage);
        mp_uv__held_release(node);
        flush_all(node);
        mp_uv__apply(node);
        mp_uv__replies_flush(node);
        again = again || !settled(node);
    }
    if (again) uv_async_send(&node->wakeup); /* The sockets get their turn first. */
    rearm(node);
    if (mp_uv__inbox_closing(node)) mp_uv__node_stop(node);
}

void mp_uv__on_wakeup(uv_async_t *async) {
    (void)async; /* The wake-up follows every poll. */
}

void mp_uv__on_storage(uv_async_t *async) {
    struct mp_uv_node *node = async->data;
    node->storage_signalled = true;
}

void mp_uv__on_timer(uv_timer_t *timer) {
    struct mp_uv_node *node = timer->data;
    node->timer_at_us = 0;
}

void mp_uv__on_prepare(uv_prepare_t *prepare) {
    wake(prepare->data); /* What timers and ended requests caused. */
}

void mp_uv__on_check(uv_check_t *check) {
    struct mp_uv_node *node = check->data;
    node->stats.wakeups += 1;
    wake(node); /* What the poll brought. */
}
