/* Verifying all that is stored, slowly, so that damage of an old batch is found while a peer still
 * has a good copy, and not when it is needed. */
#include "node.h"

enum { BYTES_MIN = 64 * 1024, BYTES_MAX = 4 * 1024 * 1024, ROUND_US = 10 * 1000 * 1000 };

static bool is_start(const struct mp_lmdb_place *place) {
    return place->group == 0 && place->first == 0 && place->chunk == 0;
}

/* A short log is not read over and over. */
static bool rests(const struct mp_uv_node *node) {
    return is_start(&node->scrub_place) && node->scrub_round_us != 0 &&
           node->now_us - node->scrub_round_us < (uint64_t)ROUND_US;
}

/* Frames that wait for a reader go first: a scrub begins only if nobody reads. */
void mp_uv__scrub(struct mp_uv_node *node) {
    if (node->scrubbing || node->reads_running > 0 || rests(node)) return;
    uint64_t passed_us = node->now_us - node->scrub_us;
    if (passed_us > 1000000) passed_us = 1000000;
    uint64_t bytes = node->options.scrub_bytes * passed_us / 1000000;
    if (bytes < BYTES_MIN) return;
    if (bytes > BYTES_MAX) bytes = BYTES_MAX;
    struct mp_read_job *job = mp_uv__job_new(node, MP_READ_SCRUB, 0, 1, 0, bytes);
    job->found = mp_uv__allocate(sizeof *job->found);
    job->place = node->scrub_place;
    node->scrub_us = node->now_us;
    bool begins = is_start(&job->place);
    if (begins) node->scrub_round_us = node->now_us;
    node->scrubbing = mp_uv__job_start(job);
}

void mp_uv__scrub_done(struct mp_uv_node *node, const struct mp_read_job *job) {
    node->scrubbing = false;
    mp_uv__repair_found(node, job->found);
    if (job->status != MP_OK) return;
    node->stats.scrub_bytes += job->bytes;
    node->scrub_place = job->place;
    bool ended = is_start(&job->place);
    if (ended) node->stats.scrub_rounds += 1;
}
