/* Zeros ahead of the data, written by a thread of its own.
 *
 * Space that is allocated but was never written costs each flush an entry in the file system's
 * journal, and a journal is shared by everybody on the disk. Space that was written costs none. So
 * a thread writes zeros between a frontier and a goal, behind the page cache.
 *
 * Who owns what: below the frontier is LMDB's, for ever; a chunk from the frontier on is the
 * filler's while it holds the mutex. Before a commit the writer claims all the pages it may use. */
#ifndef MP_LMDB_FILLER_H
#define MP_LMDB_FILLER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct mp__filler {
    bool runs;
    int fd;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool stop;                 /* Under the mutex. */
    _Atomic uint64_t frontier; /* Rises only, under the mutex. */
    _Atomic uint64_t goal;
};

/* Fill the first steps at once, then go on in the background. If the file system does not want
 * this, nothing is filled, and nothing depends on it. */
void mp__filler_start(struct mp__filler *filler, const char *data, uint64_t used,
                      uint64_t allocated);
void mp__filler_stop(struct mp__filler *filler);

/* Nothing below `end` is filled any more. Waits for one chunk at most. */
void mp__filler_claim(struct mp__filler *filler, uint64_t end);

/* LMDB uses the file up to `used`, the file system has allocated it to `allocated`. */
void mp__filler_advance(struct mp__filler *filler, uint64_t used, uint64_t allocated);

#endif /* MP_LMDB_FILLER_H */
