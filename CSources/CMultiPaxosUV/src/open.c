/* Opening a node: everything that can fail happens here, before a thread runs. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "node.h"

enum {
    TIMEOUT_US = 200000,
    CALL_TIMEOUT_US = 5000000,
    WINDOW = 2,
    SERVER_GROUPS_MAX = 4096,
    CLIENT_GROUPS_MAX = 1024,
    SERVER_BATCHES_LENT = 16384,
    CLIENT_BATCHES_LENT = 4096,
    FETCH_BYTES = 1 << 20,
    SCRUB_BYTES = 4 << 20,
};

static enum mp_status fail(struct mp_lmdb_error *error, enum mp_status status, const char *text) {
    snprintf(error->text, sizeof error->text, "%s", text);
    return status;
}

static void set_defaults(struct mp_uv_node *node) {
    struct mp_uv_options *options = &node->options;
    options->cluster[sizeof options->cluster - 1] = '\0';
    if (options->timeout_us == 0) options->timeout_us = TIMEOUT_US;
    if (options->call_timeout_us == 0) options->call_timeout_us = CALL_TIMEOUT_US;
    if (options->window == 0) options->window = WINDOW;
    if (options->scrub_bytes == 0) options->scrub_bytes = SCRUB_BYTES;
    if (options->groups_max == 0) {
        options->groups_max = node->server ? SERVER_GROUPS_MAX : CLIENT_GROUPS_MAX;
    }
}

/* Not /tmp by default, which is memory on many systems. */
static void choose_spool(struct mp_uv_node *node) {
    const char *directory = node->options.spool;
    if (directory == NULL) directory = node->options.data;
    if (directory == NULL) directory = getenv("TMPDIR");
    if (directory == NULL || directory[0] == '\0') directory = "/var/tmp";
    node->spool_directory = strdup(directory);
    MP_ASSERT(node->spool_directory != NULL);
}

static enum mp_status identify(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    uint64_t random[3];
    if (uv_random(NULL, NULL, random, sizeof random, 0, NULL) != 0) {
        return fail(error, MP_SYSTEM, "the system has no random numbers");
    }
    node->random = random[0] | 1;
    node->server = node->options.node != 0;
    node->id = node->server ? node->options.node : random[1] | MP_CLIENT_NODE;
    node->incarnation = random[2];
    node->voters_hash = mp_uv__voters_hash(&node->options);
    return MP_OK;
}

static void list_peers(struct mp_uv_node *node) {
    for (uint32_t i = 0; i < node->options.voter_count; i += 1) {
        const struct mp_uv_peer *voter = &node->options.voters[i];
        if (voter->node == node->id) continue;
        struct mp_peer *peer = &node->peers[node->peer_count];
        node->peer_count += 1;
        peer->owner = node;
        peer->node = voter->node;
        memcpy(peer->host, voter->host, sizeof peer->host);
        peer->host[sizeof peer->host - 1] = '\0';
        peer->port = voter->port;
        peer->dial = !node->server || node->id < voter->node;
        if (!node->server) continue;
        peer->known = mp_lmdb_get_peer(node->env, peer->node, &peer->record);
        peer->recorded_generation = peer->record.generation;
        peer->lost = peer->record.lost;
    }
}

static enum mp_status open_storage(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    if (!node->server) return MP_OK;
    if (node->options.data == NULL) {
        return fail(error, MP_FOREIGN, "a server needs a voting directory; format one first");
    }
    const char *cluster = node->options.cluster;
    struct mp_lmdb_options options = {
        .path = node->options.data,
        .cluster = cluster[0] == '\0' ? NULL : cluster,
        .node = node->id,
    };
    enum mp_status status = mp_lmdb_open(&options, &node->env, error);
    if (status != MP_OK) return status;
    struct mp_lmdb_identity_record record;
    mp_lmdb_identity(node->env, &record);
    node->incarnation = record.incarnation;
    list_peers(node);
    mp_uv__admission_load(node, record.standing);
    memcpy(node->options.cluster, record.cluster, sizeof node->options.cluster);
    return MP_OK;
}

static void on_trace(void *context, const struct mp_trace *record) {
    struct mp_uv_node *node = context;
    mp_uv__trace_add(&node->trace, record);
    if (node->callbacks.on_trace != NULL) node->callbacks.on_trace(node->context, record);
}

static enum mp_status open_trace(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    if (node->options.trace == NULL) return MP_OK;
    enum mp_status status = mp_uv__trace_open(&node->trace, &node->options, error);
    if (status != MP_OK) return status;
    mp_uv__trace_start(&node->trace, node->options.cluster, node->id, node->incarnation);
    return MP_OK;
}

/* The share of each group, and what is lent: most of it to few busy ones. */
static uint32_t batches_max(const struct mp_uv_node *node) {
    uint64_t lent = node->server ? SERVER_BATCHES_LENT : CLIENT_BATCHES_LENT;
    uint64_t all = (uint64_t)node->options.groups_max * MP_SHARE + lent;
    return all < UINT32_MAX ? (uint32_t)all : UINT32_MAX;
}

static enum mp_status make_replica(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    bool traced = node->options.trace != NULL || node->callbacks.on_trace != NULL;
    struct mp_options options = {
        .node = node->id,
        .voter_count = node->options.voter_count,
        .votes = node->server,
        .generation = node->server ? MP_GENERATION_NONE : 0,
        .window = node->options.window,
        .groups_max = node->options.groups_max,
        .batches_max = batches_max(node),
        .timeout_us = node->options.timeout_us,
        .fetch_bytes = FETCH_BYTES,
        .trace = traced ? on_trace : NULL,
        .trace_context = node,
    };
    for (uint32_t i = 0; i < options.voter_count; i += 1) {
        options.voters[i] = node->options.voters[i].node;
    }
    size_t size = mp_replica_size(&options);
    size = (size + 15) & ~(size_t)15;
    node->replica_memory = aligned_alloc(16, size);
    if (node->replica_memory == NULL) return fail(error, MP_SYSTEM, "there is too little memory");
    if (mp_replica_init(node->replica_memory, size, &options, &node->replica) != MP_OK) {
        return fail(error, MP_TOO_BIG,
                    "an option is out of range: name one to nine voters, each once, and this "
                    "server among them");
    }
    return MP_OK;
}

static void note(struct mp_uv_node *node, const struct mp_lmdb_error *error) {
    struct mp_note *made = mp_uv__allocate(sizeof *made);
    made->error = *error;
    made->next = node->notes;
    node->notes = made;
}

struct loading {
    struct mp_uv_node *node;
    enum mp_status status;
};

/* A damaged one is named; the log stands in for it where it is whole, and peers where it is not. */
static void find_snapshot(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_lmdb_error error;
    enum mp_status status =
        mp_lmdb_get_snapshot(node->env, object->group, &object->snapshot, &error);
    if (status != MP_OK && status != MP_UNKNOWN_GROUP) note(node, &error);
    /* What a crash left of trimming, and of a snapshot that was under way, is found by looking. */
    mp_uv__storage_clear(&node->storage, object->group);
    mp_uv__storage_sweep(&node->storage, object->group);
}

static void on_group(void *context, uint64_t group, const struct mp_hard_state *hard,
                     const struct mp_identity *suffix, uint32_t suffix_count,
                     enum mp_lmdb_health health, const struct mp_lmdb_error *error) {
    struct loading *loading = context;
    struct mp_uv_node *node = loading->node;
    struct mp_event event = {
        .kind = MP_EVENT_LOAD,
        .now_us = node->now_us,
        .group = group,
        .load = {.hard = *hard,
                 .suffix = suffix,
                 .suffix_count = suffix_count,
                 .lost = health == MP_LMDB_LOST,
                 .damaged = health == MP_LMDB_DAMAGED},
    };
    struct mp_object *object = mp_uv__object_need(node, group);
    enum mp_status status = object == NULL
                                ? MP_BUSY
                                : mp_replica_step(node->replica, &event, &node->effects);
    if (error->text[0] != '\0') note(node, error);
    if (status != MP_OK) {
        loading->status = status;
        return;
    }
    if (health == MP_LMDB_DAMAGED) {
        object->muted = true;
        mp_uv__repair_suspect(node, object, hard->commit.index + 1);
    }
    object->commit = hard->commit.index;
    find_snapshot(node, object);
    if (object->commit > 0) mp_uv__object_mark_apply(node, object);
}

static bool on_suffix_frame(void *context, const struct mp_batch *batch) {
    struct mp_uv_node *node = context;
    struct mp_frame *frame = mp_uv__frame_copy(&node->frames, batch);
    mp_uv__log_keep(node, mp_uv__object_find(node, batch->group), frame);
    mp_uv__frame_release(&node->frames, frame);
    return true;
}

/* What is not committed is always in the cache: it may have to be sent at once. */
static enum mp_status load_suffixes(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    struct mp_group_view view;
    uint32_t cursor = 0;
    while (mp_replica_next_group(node->replica, &cursor, &view)) {
        if (view.lost || view.tip.index == view.commit.index) continue;
        enum mp_status status = mp_lmdb_read(node->env, view.group, view.commit.index + 1,
                                             view.tip.index, on_suffix_frame, node, error);
        if (status != MP_OK) return status;
    }
    return MP_OK;
}

static enum mp_status load(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    if (!node->server) return MP_OK;
    struct loading loading = {.node = node, .status = MP_OK};
    enum mp_status status = mp_lmdb_load(node->env, on_group, &loading, error);
    if (status != MP_OK) return status;
    if (loading.status != MP_OK) {
        return fail(error, MP_TOO_BIG,
                    "the directory holds more groups than this node may; raise groups_max");
    }
    return load_suffixes(node, error);
}

static int init_handles(struct mp_uv_node *node) {
    int rc = uv_async_init(&node->loop, &node->wakeup, mp_uv__on_wakeup);
    if (rc == 0) rc = uv_async_init(&node->loop, &node->storage_done, mp_uv__on_storage);
    if (rc == 0) rc = uv_prepare_init(&node->loop, &node->prepare);
    if (rc == 0) rc = uv_check_init(&node->loop, &node->check);
    if (rc == 0) rc = uv_timer_init(&node->loop, &node->timer);
    if (rc == 0) rc = uv_prepare_start(&node->prepare, mp_uv__on_prepare);
    if (rc == 0) rc = uv_check_start(&node->check, mp_uv__on_check);
    node->wakeup.data = node;
    node->storage_done.data = node;
    node->prepare.data = node;
    node->check.data = node;
    node->timer.data = node;
    if (rc == 0 && node->options.listen_fd >= 0) {
        rc = uv_tcp_init(&node->loop, &node->listener);
        node->listener.data = node;
        node->listening = rc == 0;
        if (rc == 0) rc = mp_uv__listen(node);
    }
    return rc;
}

static enum mp_status open_loop(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    node->scratch = mp_uv__allocate(MP_SCRATCH_SIZE);
    node->inbox_ready = mp_uv__inbox_init(&node->inbox);
    if (!node->inbox_ready || uv_loop_init(&node->loop) != 0) {
        return fail(error, MP_SYSTEM, "the system refused an event loop; raise the limit of files");
    }
    node->loop_ready = true;
    int rc = init_handles(node);
    if (rc != 0) return fail(error, MP_SYSTEM, uv_strerror(rc));
    return MP_OK;
}

enum mp_status mp_uv__node_open(struct mp_uv_node *node, struct mp_lmdb_error *error) {
    node->now_us = mp_uv__clock_us();
    node->core_due_us = UINT64_MAX;
    if (node->options.voter_count < 1 || node->options.voter_count > MP_VOTERS_MAX) {
        return fail(error, MP_TOO_BIG, "name one to nine voters");
    }
    enum mp_status status = identify(node, error);
    if (status != MP_OK) return status;
    set_defaults(node);
    choose_spool(node);
    status = make_replica(node, error);
    if (status == MP_OK) status = open_storage(node, error);
    if (status == MP_OK) status = open_trace(node, error);
    if (status == MP_OK) status = load(node, error);
    if (status != MP_OK) return status;
    if (!node->server) list_peers(node);
    status = open_loop(node, error);
    if (status != MP_OK || !node->server) return status;
    if (!mp_uv__storage_start(&node->storage, node->env, &node->storage_done)) {
        return fail(error, MP_SYSTEM, "the system refused a thread");
    }
    return MP_OK;
}

void mp_uv__node_begin(struct mp_uv_node *node) {
    node->now_us = mp_uv__clock_us();
    node->opened_us = node->now_us;
    node->started = true;
    while (node->notes != NULL) {
        struct mp_note *first = node->notes;
        node->notes = first->next;
        mp_uv__log(node, MP_UV_LOG_ERROR, "%s", first->error.text);
        free(first);
    }
    mp_uv__admission_check(node);
    mp_uv__naming_begin(node);
    struct mp_event event = {.kind = MP_EVENT_START, .now_us = node->now_us};
    enum mp_status status = mp_uv__step(node, &event, NULL);
    MP_ASSERT(status == MP_OK);
    mp_uv__snapshots_begin(node);
}

void mp_uv__node_free(struct mp_uv_node *node) {
    mp_uv__storage_stop(&node->storage, &node->frames);
    mp_uv__objects_free(node);
    mp_uv__drafts_free(&node->drafts);
    mp_uv__frames_free(&node->frames);
    while (node->free_outs != NULL) {
        struct mp_out *out = node->free_outs;
        node->free_outs = out->next;
        free(out);
    }
    while (node->notes != NULL) {
        struct mp_note *first = node->notes;
        node->notes = first->next;
        free(first);
    }
    mp_uv__trace_close(&node->trace, node->started && !node->disk_failed);
    if (node->inbox_ready) mp_uv__inbox_free(&node->inbox);
    if (node->env != NULL) mp_lmdb_close(node->env);
    free(node->conns);
    free(node->spool_directory);
    free(node->scratch);
    free(node->read_results);
    free(node->replica_memory);
    free(node);
}
