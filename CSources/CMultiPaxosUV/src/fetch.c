/* Fetches: frames served to peers and clients, frames asked for by the process, and frames that
 * are to be applied but no longer cached. */
#include "node.h"

static void send_frame(struct mp_conn *conn, const struct mp_message *like,
                       struct mp_frame *frame) {
    struct mp_message message = *like;
    message.payload = frame->bytes;
    message.payload_size = frame->batch.size;
    mp_uv__conn_send(conn, &message, frame->batch.checksum, frame);
}

static void send_fetched(struct mp_conn *conn, const struct mp_message *like, uint64_t last) {
    struct mp_message message = *like;
    message.point.index = last;
    mp_uv__conn_send(conn, &message, 0, NULL);
}

/* Serve from the cache as far as it reaches without a gap. False if it does not hold the start. */
static bool serve_cached(struct mp_object *object, struct mp_conn *conn,
                         const struct mp_serve *serve) {
    struct mp_frame *frame = object == NULL ? NULL : mp_uv__log_find(object, serve->from);
    if (frame == NULL) return false;
    uint64_t last = serve->from - 1;
    uint64_t bytes = 0;
    while (frame != NULL && frame->batch.last <= serve->through) {
        if (bytes > 0 && bytes + frame->batch.size > serve->bytes) break;
        send_frame(conn, &serve->frame, frame);
        bytes += frame->batch.size;
        last = frame->batch.last;
        frame = mp_uv__log_find(object, last + 1);
    }
    send_fetched(conn, &serve->fetched, last);
    return true;
}

void mp_uv__serve(struct mp_uv_node *node, uint64_t group, const struct mp_serve *serve) {
    struct mp_conn *conn = mp_uv__conn_to(node, serve->to);
    if (conn == NULL) return;
    struct mp_object *object = mp_uv__object_find(node, group);
    if (serve->from > serve->through) {
        bool waits = (serve->fetched.flags & MP_FLAG_WAIT) != 0;
        if (waits && mp_uv__watch(node, object, serve, NULL)) return;
        send_fetched(conn, &serve->fetched, serve->from - 1);
        return;
    }
    if (serve_cached(object, conn, serve) || !node->server) return;
    struct mp_read_job *job =
        mp_uv__job_new(node, MP_READ_SERVE, group, serve->from, serve->through, serve->bytes);
    job->slot = conn->slot;
    job->generation = conn->generation;
    job->frame_message = serve->frame;
    job->fetched_message = serve->fetched;
    (void)mp_uv__job_start(job); /* Not done if too many wait: the peer asks again. */
}

static void log_unreadable(struct mp_uv_node *node, const struct mp_read_job *job) {
    mp_uv__log(node, MP_UV_LOG_ERROR, "%s",
               job->error.text[0] != '\0' ? job->error.text : mp_status_text(job->status));
}

/* The last entry that is gone from the stored log. */
static uint64_t trimmed(const struct mp_uv_node *node, uint64_t group) {
    struct mp_group_view view;
    mp_replica_group(node->replica, group, &view);
    return view.trimmed.index;
}

static void serve_read(struct mp_uv_node *node, const struct mp_read_job *job) {
    struct mp_conn *conn = mp_uv__conn_at(node, job->slot, job->generation);
    if (conn == NULL) return;
    uint64_t last = job->from - 1;
    for (struct mp_frame *frame = job->frames; frame != NULL; frame = frame->next) {
        send_frame(conn, &job->frame_message, frame);
        last = frame->batch.last;
    }
    struct mp_message fetched = job->fetched_message;
    if (job->frames == NULL && job->status == MP_TRIMMED) {
        fetched.outcome = MP_OUTCOME_TRIMMED;
        last = trimmed(node, job->group);
    } else if (job->frames == NULL && job->status != MP_OK) {
        fetched.outcome = MP_OUTCOME_GONE;
    }
    send_fetched(conn, &fetched, last);
}

static void fetched_here(struct mp_uv_node *node, const struct mp_read_job *job) {
    uint64_t last = job->status == MP_TRIMMED ? trimmed(node, job->group) : job->from - 1;
    for (const struct mp_frame *frame = job->frames; frame != NULL; frame = frame->next) {
        node->callbacks.on_frame(node->context, job->token, &frame->batch);
        last = frame->batch.last;
    }
    node->callbacks.on_fetched(node->context, job->token, job->status, last, job->commit);
}

/* What could not be read is looked at closely, and repaired. */
static void suspect(struct mp_uv_node *node, const struct mp_read_job *job) {
    struct mp_object *object = mp_uv__object_find(node, job->group);
    if (job->status == MP_CORRUPT && object != NULL) {
        mp_uv__repair_suspect(node, object, job->from);
    }
}

static void apply_read(struct mp_uv_node *node, const struct mp_read_job *job) {
    struct mp_object *object = mp_uv__object_find(node, job->group);
    MP_ASSERT(object != NULL);
    object->reading = false;
    if (job->status == MP_TRIMMED) mp_uv__transfer_begin(node, object, object->applied + 1);
    bool any = false;
    for (const struct mp_frame *frame = job->frames; frame != NULL; frame = frame->next) {
        if (mp_uv__apply_batch(node, object, &frame->batch)) any = true;
    }
    if (!any && job->status == MP_CORRUPT) {
        object->broken = true;
        mp_uv__log(node, MP_UV_LOG_ERROR,
                   "group %016llx is not applied beyond entry %llu until its log is repaired",
                   (unsigned long long)object->group, (unsigned long long)object->applied);
    }
    /* Committed but not durable here yet: it will be. */
    if (!any) object->read_retry_us = node->now_us + node->options.timeout_us / 8;
    mp_uv__object_mark_apply(node, object);
}

void mp_uv__job_done(struct mp_read_job *job) {
    struct mp_uv_node *node = job->owner;
    bool wanted = job->purpose == MP_READ_GIVE && job->status == MP_STALE;
    bool of_snapshot = job->purpose == MP_READ_CHUNKS || job->purpose == MP_READ_SNAPSHOT ||
                       job->purpose == MP_READ_SPOOL;
    bool usual = wanted || of_snapshot || job->status == MP_TRIMMED;
    if (job->status != MP_OK && !usual) log_unreadable(node, job);
    if (!of_snapshot) suspect(node, job);
    switch (job->purpose) {
        case MP_READ_APPLY:
            apply_read(node, job);
            return;
        case MP_READ_SERVE:
            serve_read(node, job);
            return;
        case MP_READ_FETCH:
            fetched_here(node, job);
            return;
        case MP_READ_GIVE:
            mp_uv__give_read(node, job);
            return;
        case MP_READ_VERIFY:
            mp_uv__repair_verified(node, job);
            return;
        case MP_READ_SCRUB:
            mp_uv__scrub_done(node, job);
            return;
        case MP_READ_CHUNKS:
            mp_uv__chunks_read(node, job);
            return;
        case MP_READ_SNAPSHOT:
            mp_uv__snapshot_read(node, job);
            return;
        case MP_READ_SPOOL:
            mp_uv__transfer_spooled(node, job);
            return;
    }
    MP_UNREACHABLE();
}

void mp_uv__fetch_refuse(struct mp_uv_node *node, const struct mp_request *request,
                         enum mp_status status) {
    uint64_t before = request->from == 0 ? 0 : request->from - 1;
    node->callbacks.on_fetched(node->context, request->token, status, before, 0);
}

static void fetch_here(struct mp_uv_node *node, const struct mp_request *request) {
    struct mp_group_view view;
    if (!mp_replica_group(node->replica, request->group, &view)) {
        mp_uv__fetch_refuse(node, request, MP_UNKNOWN_GROUP);
        return;
    }
    bool early = request->waits != 0 && request->from > view.commit.index;
    struct mp_object *object = mp_uv__object_find(node, request->group);
    if (early && mp_uv__watch(node, object, NULL, request)) return;
    struct mp_read_job *job = mp_uv__job_new(node, MP_READ_FETCH, request->group, request->from,
                                             view.commit.index, request->amount);
    job->token = request->token;
    job->commit = view.commit.index;
    if (!mp_uv__job_start(job)) mp_uv__fetch_refuse(node, request, MP_BUSY);
}

static bool ask(struct mp_uv_node *node, struct mp_conn *conn, uint64_t group, uint64_t from,
                uint64_t bytes, uint64_t token, uint16_t flags, bool for_apply) {
    uint64_t sequence = 0;
    struct mp_asked *asked = mp_uv__asked_new(node, conn, &sequence);
    if (asked == NULL) return false;
    asked->token = token;
    asked->group = group;
    asked->from = from;
    asked->for_apply = for_apply;
    struct mp_message message = {
        .kind = MP_MESSAGE_FETCH,
        .flags = MP_FLAG_LEARN | flags,
        .group = group,
        .point = {.index = from},
        .sequence = sequence,
        .value = bytes,
    };
    if (mp_uv__conn_send(conn, &message, 0, NULL)) return true;
    asked->used = false;
    node->asked_count -= 1;
    return false;
}

void mp_uv__fetch(struct mp_uv_node *node, const struct mp_request *request) {
    if (request->from == 0) {
        mp_uv__fetch_refuse(node, request, MP_MALFORMED);
        return;
    }
    if (node->server && request->node == node->id) {
        fetch_here(node, request);
        return;
    }
    struct mp_conn *conn = mp_uv__conn_to(node, request->node);
    bool asked = conn != NULL && conn->server &&
                 ask(node, conn, request->group, request->from, request->amount, request->token,
                     request->waits != 0 ? MP_FLAG_WAIT : 0, false);
    if (!asked) mp_uv__fetch_refuse(node, request, MP_CLOSED);
}

/* A node without storage asks a server for what it must apply and no longer has. */
void mp_uv__fetch_for_apply(struct mp_uv_node *node, struct mp_object *object) {
    enum { CHUNK = 1u << 20 };
    object->read_retry_us = node->now_us + node->options.timeout_us / 8;
    struct mp_conn *conn = NULL;
    if (node->serving != 0) conn = mp_uv__conn_to(node, node->serving);
    for (uint32_t i = 0; i < node->peer_count && conn == NULL; i += 1) {
        conn = mp_uv__conn_to(node, node->peers[i].node);
    }
    if (conn == NULL) return;
    object->reading =
        ask(node, conn, object->group, object->applied + 1, CHUNK, 0, 0, true);
}

void mp_uv__fetch_receive(struct mp_conn *conn, const struct mp_message *message,
                          const struct mp_batch *batch) {
    struct mp_uv_node *node = conn->owner;
    struct mp_asked *asked = mp_uv__asked_find(node, conn, message->sequence);
    if (asked == NULL || asked->admin || asked->lent || asked->group != message->group) return;
    if (message->kind == MP_MESSAGE_FRAME) {
        if (batch->group != message->group) return;
        if (asked->for_apply) {
            struct mp_object *object = mp_uv__object_find(node, message->group);
            if (object != NULL) (void)mp_uv__apply_batch(node, object, batch);
            return;
        }
        node->callbacks.on_frame(node->context, asked->token, batch);
        return;
    }
    enum mp_status status = MP_OK;
    if (message->outcome == MP_OUTCOME_GONE) status = MP_UNKNOWN_GROUP;
    if (message->outcome == MP_OUTCOME_TRIMMED) status = MP_TRIMMED;
    mp_uv__asked_over(node, asked, status, message->point.index, message->commit);
}
