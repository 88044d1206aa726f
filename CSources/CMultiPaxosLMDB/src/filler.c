#include "filler.h"

#include <fcntl.h>
#include <unistd.h>

#include "assert.h"

/* Each write costs the journal one entry, however large it is, and the disk's other users the time
 * that it takes: nodes with the same load on one disk fill at the same moment. */
enum {
    ALIGNMENT = 4096,
    CHUNK = 1024 * 1024,        /* Flushed by the filler, so that no commit has to. */
    AT_ONCE = 16 * 1024 * 1024, /* Filled before the first commit, which then finds it done. */
    AHEAD = 32 * 1024 * 1024,
};

/* Never written, so it takes no memory either. */
static _Alignas(ALIGNMENT) uint8_t zeros[CHUNK];

/* Fill one chunk below `goal`. False if there is none, or the file system refused. */
static bool fill_chunk(struct mp__filler *filler, uint64_t goal) {
    uint64_t from = atomic_load(&filler->frontier);
    if (from >= goal) return false;
    uint64_t size = goal - from < CHUNK ? goal - from : CHUNK;
    size -= size % ALIGNMENT;
    if (size == 0) return false;
    ssize_t written = pwrite(filler->fd, zeros, (size_t)size, (off_t)from);
    if (written != (ssize_t)size) return false;
    atomic_store(&filler->frontier, from + size);
    return true;
}

static bool fill_next(struct mp__filler *filler) {
    pthread_mutex_lock(&filler->mutex);
    bool filled = !filler->stop && fill_chunk(filler, atomic_load(&filler->goal));
    pthread_mutex_unlock(&filler->mutex);
    return filled;
}

static void *run(void *argument) {
    struct mp__filler *filler = argument;
    for (;;) {
        while (fill_next(filler)) {
            /* A flush that fails here fails in the next commit too, which says so. */
            if (fdatasync(filler->fd) != 0) break;
        }
        pthread_mutex_lock(&filler->mutex);
        if (!filler->stop) pthread_cond_wait(&filler->wake, &filler->mutex);
        bool stop = filler->stop;
        pthread_mutex_unlock(&filler->mutex);
        if (stop) return NULL;
    }
}

static void release(struct mp__filler *filler) {
    close(filler->fd);
    *filler = (struct mp__filler){.fd = -1};
}

void mp__filler_start(struct mp__filler *filler, const char *data, uint64_t used,
                      uint64_t allocated) {
    MP_ASSERT(used % ALIGNMENT == 0);
    *filler = (struct mp__filler){.fd = open(data, O_WRONLY | O_DIRECT | O_CLOEXEC)};
    if (filler->fd < 0) return;
    atomic_store(&filler->frontier, used);
    uint64_t first = used + AT_ONCE < allocated ? used + AT_ONCE : allocated;
    while (fill_chunk(filler, first)) continue;
    bool works = atomic_load(&filler->frontier) > used && fdatasync(filler->fd) == 0;
    pthread_mutex_init(&filler->mutex, NULL);
    pthread_cond_init(&filler->wake, NULL);
    mp__filler_advance(filler, used, allocated);
    filler->runs = works && pthread_create(&filler->thread, NULL, run, filler) == 0;
    if (!filler->runs) release(filler);
}

void mp__filler_stop(struct mp__filler *filler) {
    if (!filler->runs) return;
    pthread_mutex_lock(&filler->mutex);
    filler->stop = true;
    pthread_cond_signal(&filler->wake);
    pthread_mutex_unlock(&filler->mutex);
    pthread_join(filler->thread, NULL);
    pthread_cond_destroy(&filler->wake);
    pthread_mutex_destroy(&filler->mutex);
    release(filler);
}

void mp__filler_claim(struct mp__filler *filler, uint64_t end) {
    if (!filler->runs || end <= atomic_load(&filler->frontier)) return;
    pthread_mutex_lock(&filler->mutex);
    /* Skipped rather than waited for: a fast writer pays the journal, not the filler's pace. */
    if (end > atomic_load(&filler->frontier)) atomic_store(&filler->frontier, end);
    pthread_mutex_unlock(&filler->mutex);
}

void mp__filler_advance(struct mp__filler *filler, uint64_t used, uint64_t allocated) {
    uint64_t goal = used + AHEAD < allocated ? used + AHEAD : allocated;
    uint64_t before = atomic_load(&filler->goal);
    if (goal < before + CHUNK && before != 0) return;
    atomic_store(&filler->goal, goal);
    /* Without the mutex, which the filler may hold for a chunk: a signal that is missed is made up
     * for by the next, long before the space is needed. */
    if (filler->runs) pthread_cond_signal(&filler->wake);
}
