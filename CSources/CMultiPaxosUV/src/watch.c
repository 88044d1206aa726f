/* Fetches of what is not committed yet: they wait here, at the server, until it is. Whoever follows
 * a log so asks once for each piece of news, not again and again for none. */
#include <stdlib.h>

#include "node.h"

/* Of one server. Beyond it a fetch is answered at once, and whoever follows asks again later. */
enum { WATCHES_MAX = 4096 };

/* How long a fetch waits before it is answered with nothing, so that whoever asked sees that the
 * connection still works, in election timeouts. */
enum { PATIENCE = 5 };

bool mp_uv__watch(struct mp_uv_node *node, struct mp_object *object,
                  const struct mp_serve *serve, const struct mp_request *request) {
    if (object == NULL || node->watch_count == WATCHES_MAX) return false;
    struct mp_watch *watch = mp_uv__allocate(sizeof *watch);
    *watch = (struct mp_watch){
        .next = object->watches,
        .deadline_us = node->now_us + PATIENCE * node->options.timeout_us,
    };
    if (serve != NULL) watch->serve = *serve;
    if (request != NULL) watch->request = *request;
    object->watches = watch;
    node->watch_count += 1;
    mp_uv__object_activate(node, object);
    return true;
}

/* The flag goes first: what is answered now must not wait again. */
static void answer(struct mp_uv_node *node, const struct mp_object *object,
                   struct mp_watch *watch) {
    if (watch->serve.to == 0) {
        watch->request.waits = 0;
        mp_uv__fetch(node, &watch->request);
        return;
    }
    struct mp_serve *serve = &watch->serve;
    serve->through = object->commit;
    serve->frame.commit = object->commit;
    serve->fetched.commit = object->commit;
    serve->frame.flags &= (uint16_t)~MP_FLAG_WAIT;
    serve->fetched.flags &= (uint16_t)~MP_FLAG_WAIT;
    mp_uv__serve(node, object->group, serve);
}

static bool is_due(const struct mp_uv_node *node, const struct mp_object *object,
                   const struct mp_watch *watch) {
    uint64_t from = watch->serve.to == 0 ? watch->request.from : watch->serve.from;
    return from <= object->commit || watch->deadline_us <= node->now_us;
}

void mp_uv__watches_answer(struct mp_uv_node *node, struct mp_object *object) {
    struct mp_watch **at = &object->watches;
    struct mp_watch *due = NULL;
    while (*at != NULL) {
        struct mp_watch *watch = *at;
        if (!is_due(node, object, watch)) {
            at = &watch->next;
            continue;
        }
        *at = watch->next;
        watch->next = due;
        due = watch;
    }
    while (due != NULL) {
        struct mp_watch *watch = due;
        due = watch->next;
        node->watch_count -= 1;
        answer(node, object, watch);
        free(watch);
    }
}

void mp_uv__watches_stop(struct mp_uv_node *node, struct mp_object *object) {
    while (object->watches != NULL) {
        struct mp_watch *watch = object->watches;
        object->watches = watch->next;
        node->watch_count -= 1;
        if (watch->serve.to == 0) mp_uv__fetch_refuse(node, &watch->request, MP_CLOSED);
        free(watch);
    }
}
