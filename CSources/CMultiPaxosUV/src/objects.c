#include "objects.h"

#include <stdlib.h>
#include <string.h>

#include "node.h"

enum { BUCKETS_FIRST = 64 };

static uint32_t bucket_of(const struct mp_objects *objects, uint64_t group) {
    uint64_t spread = group * 0x9e3779b97f4a7c15u;
    return (uint32_t)(spread >> 32) & (objects->bucket_count - 1);
}

struct mp_object *mp_uv__object_find(const struct mp_uv_node *node, uint64_t group) {
    const struct mp_objects *objects = &node->objects;
    if (objects->bucket_count == 0) return NULL;
    struct mp_object *object = objects->buckets[bucket_of(objects, group)];
    while (object != NULL && object->group != group) object = object->next_in_bucket;
    return object;
}

static void rehash(struct mp_objects *objects) {
    struct mp_object **old = objects->buckets;
    uint32_t old_count = objects->bucket_count;
    objects->bucket_count = old_count == 0 ? BUCKETS_FIRST : old_count * 2;
    objects->buckets = mp_uv__allocate(objects->bucket_count * sizeof(struct mp_object *));
    for (uint32_t i = 0; i < old_count; i += 1) {
        while (old[i] != NULL) {
            struct mp_object *object = old[i];
            old[i] = object->next_in_bucket;
            uint32_t bucket = bucket_of(objects, object->group);
            object->next_in_bucket = objects->buckets[bucket];
            objects->buckets[bucket] = object;
        }
    }
    free(old);
}

struct mp_object *mp_uv__object_need(struct mp_uv_node *node, uint64_t group) {
    struct mp_object *object = mp_uv__object_find(node, group);
    if (object != NULL) return object;
    struct mp_objects *objects = &node->objects;
    if (objects->count == node->options.groups_max) return NULL;
    if (objects->count == objects->bucket_count) rehash(objects);
    object = mp_uv__allocate(sizeof *object);
    object->group = group;
    uint32_t bucket = bucket_of(objects, group);
    object->next_in_bucket = objects->buckets[bucket];
    objects->buckets[bucket] = object;
    objects->count += 1;
    return object;
}

void mp_uv__object_activate(struct mp_uv_node *node, struct mp_object *object) {
    if (object->active) return;
    object->active = true;
    object->next_active = node->objects.active;
    node->objects.active = object;
}

void mp_uv__object_mark(struct mp_uv_node *node, struct mp_object *object) {
    mp_uv__object_activate(node, object);
    if (object->dirty) return;
    object->dirty = true;
    object->next_dirty = node->objects.dirty;
    node->objects.dirty = object;
}

void mp_uv__object_mark_apply(struct mp_uv_node *node, struct mp_object *object) {
    mp_uv__object_activate(node, object);
    if (object->applying) return;
    object->applying = true;
    object->next_apply = NULL;
    if (node->objects.apply_tail != NULL) {
        node->objects.apply_tail->next_apply = object;
    } else {
        node->objects.apply_head = object;
    }
    node->objects.apply_tail = object;
}

void mp_uv__objects_reroute(struct mp_uv_node *node) {
    for (struct mp_object *object = node->objects.active; object != NULL;
         object = object->next_active) {
        if (node->pull_at_once) object->pull_retry_us = 0;
        mp_uv__object_mark(node, object);
    }
    node->pull_at_once = false;
}

void mp_uv__object_describe(struct mp_object *object, const uint8_t *description, uint32_t size) {
    bool same = object->description_size == size && object->description != NULL &&
                memcmp(object->description, description, size) == 0;
    if (same || size == 0 || size > MP_UV_OBJECT_SIZE_MAX) return;
    object->description = mp_uv__grow(object->description, size);
    memcpy(object->description, description, size);
    object->description_size = size;
    object->opened_at = 0;
}

static void free_object(struct mp_uv_node *node, struct mp_object *object) {
    MP_ASSERT(object->calls.head == NULL && object->reads.head == NULL);
    MP_ASSERT(object->asking.head == NULL && object->confirmed.head == NULL);
    MP_ASSERT(object->flights.head == NULL && object->pushes.head == NULL);
    MP_ASSERT(object->proposal == NULL && object->watches == NULL);
    for (uint32_t i = 0; i < object->log_count; i += 1) {
        mp_uv__frame_release(&node->frames, object->log[object->log_head + i]);
    }
    free(object->log);
    free(object->description);
    mp_uv__transfer_free(object);
    mp_uv__offer_free(node, object);
    free(object);
}

void mp_uv__objects_free(struct mp_uv_node *node) {
    struct mp_objects *objects = &node->objects;
    for (uint32_t i = 0; i < objects->bucket_count; i += 1) {
        while (objects->buckets[i] != NULL) {
            struct mp_object *object = objects->buckets[i];
            objects->buckets[i] = object->next_in_bucket;
            free_object(node, object);
        }
    }
    free(objects->buckets);
    *objects = (struct mp_objects){0};
}
