/* What is damaged on this disk, until it is not any more.
 *
 * From when damage is known, the core has no vote in the group. What can be restored from this disk
 * is (mp_lmdb_mend); for the rest the peers are asked, one after the other, for the batch that has
 * the very checksum (ask.c). Once all that was found is stored again, the log is verified from the
 * first suspect index on; and only what passes that votes again. A batch that no peer has stays
 * damaged, and so does the group here: it is named in the log and in the status. */
#include <stdlib.h>

#include "node.h"

void mp_uv__repair_suspect(struct mp_uv_node *node, struct mp_object *object, uint64_t from) {
    MP_ASSERT(from > 0);
    if (object->suspect_from == 0 || from < object->suspect_from) object->suspect_from = from;
    node->repair_wanted = true;
    if (object->damaged) return;
    object->damaged = true;
    object->next_damaged = node->objects.damaged;
    node->objects.damaged = object;
}

static bool is_record(const struct mp_lmdb_damage *damage) {
    return damage->first == 0 && damage->last == 0;
}

static bool is_known(const struct mp_uv_node *node, const struct mp_lmdb_damage *damage) {
    for (uint32_t i = 0; i < MP_DAMAGES_MAX && node->damage_count > 0; i += 1) {
        const struct mp_damage *known = &node->damages[i];
        if (known->used && known->what.group == damage->group &&
            known->what.first == damage->first && known->what.checksum == damage->checksum) {
            return true;
        }
    }
    return false;
}

/* False if there are too many: they are found again once there is room. */
static bool add(struct mp_uv_node *node, const struct mp_lmdb_damage *what) {
    if (is_known(node, what)) return true;
    if (node->damage_count == MP_DAMAGES_MAX) return false;
    uint32_t at = 0;
    while (node->damages[at].used) at += 1;
    struct mp_damage *damage = &node->damages[at];
    *damage = (struct mp_damage){
        .used = true,
        .generation = damage->generation + 1,
        .peer = node->peer_count > 0 ? (uint32_t)(mp_uv__random(node) % node->peer_count) : 0,
        .what = *what,
    };
    node->damage_count += 1;
    node->stats.damages_found += 1;
    node->repair_wanted = true;
    return true;
}

static void settle(struct mp_uv_node *node, struct mp_damage *damage) {
    MP_ASSERT(damage->used && node->damage_count > 0);
    damage->used = false;
    node->damage_count -= 1;
    node->repair_wanted = true;
}

/* A snapshot is not voted with: it is replaced while the node goes on. */
static void take_snapshot(struct mp_uv_node *node, const struct mp_lmdb_damage *what,
                          const struct mp_lmdb_error *error) {
    struct mp_object *object = mp_uv__object_find(node, what->group);
    if (object == NULL || object->snapshot_damaged) return;
    mp_uv__log(node, MP_UV_LOG_ERROR, "%s", error->text);
    mp_uv__snapshot_damaged(node, object, what->snapshot);
}

/* A second copy of a hard state is written again without further ado; for anything else the group
 * has no vote until all is well. */
static void take_found(struct mp_uv_node *node, const struct mp_lmdb_damage *what,
                       const struct mp_lmdb_error *error) {
    if (what->snapshot != 0) {
        take_snapshot(node, what, error);
        return;
    }
    bool known = is_known(node, what);
    if (!known) mp_uv__log(node, MP_UV_LOG_ERROR, "%s", error->text);
    bool room = add(node, what);
    struct mp_object *object = mp_uv__object_need(node, what->group);
    if (object == NULL || is_record(what)) return;
    uint64_t before = object->suspect_from;
    mp_uv__repair_suspect(node, object, what->first > 0 ? what->first : 1);
    if (room) {
        object->suspect_from = before; /* It is looked at again when it is stored. */
    } else {
        object->read_retry_us = node->now_us + node->options.timeout_us;
    }
}

void mp_uv__repair_found(struct mp_uv_node *node, const struct mp_damages_found *found) {
    for (uint32_t i = 0; i < found->count; i += 1) {
        take_found(node, &found->list[i], &found->errors[i]);
    }
}

void mp_uv__repair_verified(struct mp_uv_node *node, const struct mp_read_job *job) {
    struct mp_object *object = mp_uv__object_find(node, job->group);
    MP_ASSERT(object != NULL && object->verifying);
    object->verifying = false;
    mp_uv__repair_found(node, job->found);
    bool failed = job->status != MP_OK;
    if (failed || job->found->more) mp_uv__repair_suspect(node, object, job->from);
    if (failed) object->read_retry_us = node->now_us + node->options.timeout_us;
    node->repair_wanted = true;
}

static void verify(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_read_job *job = mp_uv__job_new(node, MP_READ_VERIFY, object->group,
                                             object->suspect_from, UINT64_MAX, 0);
    job->found = mp_uv__allocate(sizeof *job->found);
    uint64_t from = object->suspect_from;
    object->suspect_from = 0;
    object->verifying = mp_uv__job_start(job);
    if (!object->verifying) object->suspect_from = from;
}

static void step(struct mp_uv_node *node, struct mp_object *object, enum mp_event_kind kind) {
    struct mp_event event = {.kind = kind, .now_us = node->now_us, .group = object->group};
    enum mp_status status = mp_uv__step(node, &event, NULL);
    /* Of a lost group the frames are repaired, and its promise is not. */
    MP_ASSERT(status == MP_OK || status == MP_UNKNOWN_GROUP || status == MP_STALE);
}

static bool on_frame(void *context, const struct mp_batch *batch) {
    struct mp_uv_node *node = context;
    struct mp_object *object = mp_uv__object_find(node, batch->group);
    struct mp_frame *frame = mp_uv__frame_copy(&node->frames, batch);
    mp_uv__log_keep(node, object, frame);
    mp_uv__frame_release(&node->frames, frame);
    return true;
}

/* What an owner may have to send must be in memory, as it is after a start. */
static bool recache(struct mp_uv_node *node, struct mp_object *object,
                    const struct mp_group_view *view) {
    uint64_t first = view->commit.index + 1;
    bool cached = first > view->tip.index ||
                  (mp_uv__log_find(object, first) != NULL &&
                   mp_uv__log_find(object, view->tip.index) != NULL);
    if (cached) return true;
    struct mp_lmdb_error error;
    enum mp_status status = mp_lmdb_read(node->env, object->group, first, view->tip.index,
                                         on_frame, node, &error);
    if (status == MP_OK && mp_uv__log_find(object, view->tip.index) != NULL) return true;
    /* Not durable yet, or damaged again. */
    object->suspect_from = first;
    return false;
}

/* All that was found is stored again, and verified. True if the group is whole. */
static bool finish(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_group_view view;
    bool known = mp_replica_group(node->replica, object->group, &view);
    if (known && view.damaged && !recache(node, object, &view)) return false;
    step(node, object, MP_EVENT_REPAIRED);
    object->damaged = false;
    object->muted = false;
    object->broken = false;
    object->read_retry_us = 0;
    mp_uv__object_mark_apply(node, object);
    mp_uv__object_mark(node, object);
    if (known && view.damaged) {
        mp_uv__log(node, MP_UV_LOG_INFO, "group %016llx is whole again: this node votes for it",
                   (unsigned long long)object->group);
    }
    return true;
}

static bool has_damage(const struct mp_uv_node *node, uint64_t group) {
    for (uint32_t i = 0; i < MP_DAMAGES_MAX && node->damage_count > 0; i += 1) {
        if (node->damages[i].used && node->damages[i].what.group == group) return true;
    }
    return false;
}

/* True if the object is whole again. */
static bool attend(struct mp_uv_node *node, struct mp_object *object) {
    if (!object->muted) {
        object->muted = true;
        step(node, object, MP_EVENT_DAMAGED);
    }
    if (object->verifying || has_damage(node, object->group)) return false;
    if (object->suspect_from == 0) return finish(node, object);
    if (object->read_retry_us <= node->now_us) verify(node, object);
    return false;
}

static void attend_objects(struct mp_uv_node *node) {
    struct mp_object **at = &node->objects.damaged;
    while (*at != NULL) {
        struct mp_object *object = *at;
        if (attend(node, object)) {
            *at = object->next_damaged;
        } else {
            at = &object->next_damaged;
        }
    }
}

static void log_stored(struct mp_uv_node *node, const struct mp_lmdb_damage *what) {
    node->stats.damages_repaired += 1;
    if (is_record(what) || what->last == 0) {
        mp_uv__log(node, MP_UV_LOG_INFO, "group %016llx: damaged records were restored here",
                   (unsigned long long)what->group);
        return;
    }
    mp_uv__log(node, MP_UV_LOG_INFO,
               "group %016llx: the batch that ends at index %llu is stored again",
               (unsigned long long)what->group, (unsigned long long)what->last);
}

/* What the storage thread made of it. Whatever it was, the log is verified from there on. */
static void take_mended(struct mp_uv_node *node, struct mp_mending *mending) {
    struct mp_damage *damage = &node->damages[mending->damage];
    MP_ASSERT(damage->used && damage->storing);
    damage->storing = false;
    struct mp_lmdb_damage what = damage->what;
    if (mending->status == MP_FULL || mending->status == MP_CORRUPT) {
        damage->due_us = node->now_us + 10 * node->options.timeout_us;
        if (!damage->told) mp_uv__log(node, MP_UV_LOG_ERROR, "%s", mending->error.text);
        damage->told = true;
        return;
    }
    /* With another record of the group it was mended already, or it is found again. */
    bool idle = mending->frame == NULL && mending->mended == 0 && !mending->wants;
    settle(node, damage);
    if (mending->status == MP_OK && (mending->frame != NULL || mending->mended > 0)) {
        log_stored(node, &what);
    }
    if (mending->wants) take_found(node, &mending->wanted, &mending->error);
    struct mp_object *object = mp_uv__object_find(node, what.group);
    if (object == NULL || is_record(&what)) return;
    mp_uv__repair_suspect(node, object, what.first > 0 ? what.first : 1);
    if (idle) object->read_retry_us = node->now_us + 10 * node->options.timeout_us;
}

static void take_all_mended(struct mp_uv_node *node) {
    struct mp_mending *list = mp_uv__storage_mended(&node->storage);
    while (list != NULL) {
        struct mp_mending *mending = list;
        list = mending->next;
        if (mending->status != MP_SYSTEM) take_mended(node, mending);
        if (mending->frame != NULL) mp_uv__frame_release(&node->frames, mending->frame);
        free(mending);
    }
}

/* What a snapshot stands for need not be repaired: the log is verified from where it begins. */
static bool give_up_trimmed(struct mp_uv_node *node, struct mp_damage *damage) {
    struct mp_group_view view;
    const struct mp_lmdb_damage *what = &damage->what;
    mp_replica_group(node->replica, what->group, &view);
    if (what->last == 0 || what->last > view.trimmed.index) return false;
    struct mp_object *object = mp_uv__object_find(node, what->group);
    settle(node, damage);
    if (object != NULL) mp_uv__repair_suspect(node, object, view.trimmed.index + 1);
    return true;
}

static void advance(struct mp_uv_node *node, struct mp_damage *damage) {
    if (damage->storing || give_up_trimmed(node, damage)) return;
    if (damage->due_us > node->now_us) return;
    if (damage->what.last == 0) {
        mp_uv__mend(node, damage, NULL);
    } else {
        mp_uv__want(node, damage);
    }
}

void mp_uv__repair(struct mp_uv_node *node) {
    node->repair_wanted = false;
    if (!node->server) return;
    take_all_mended(node);
    for (uint32_t i = 0; i < MP_DAMAGES_MAX && node->damage_count > 0; i += 1) {
        if (node->damages[i].used) advance(node, &node->damages[i]);
    }
    attend_objects(node);
}

/* What the log no longer holds need not be repaired. */
void mp_uv__repair_dropped(struct mp_uv_node *node, struct mp_object *object, uint64_t from) {
    for (uint32_t i = 0; i < MP_DAMAGES_MAX && node->damage_count > 0; i += 1) {
        struct mp_damage *damage = &node->damages[i];
        bool beyond = damage->what.last >= from || damage->what.first >= from;
        bool gone = damage->used && damage->what.group == object->group && beyond;
        if (!gone || damage->storing) continue;
        settle(node, damage);
        mp_uv__repair_suspect(node, object, from);
    }
}
