/* A machine whose clocks are wrong.
 *
 * ADO_SHIM_CLOCK_JUMP  Seconds. The time of day is by turns this much ahead and this much behind.
 * ADO_SHIM_CLOCK_RATE  Per cent. The clocks that only rise run at this rate, from the start of the
 *                      process on. */
#include <stdlib.h>
#include <sys/time.h>

#include "kernel.h"

static long jump;
static long rate = 100;
static struct timespec origin;
static unsigned turns;

static int real_clock(clockid_t clock, struct timespec *time) {
    return (int)syscall(SYS_clock_gettime, clock, time);
}

__attribute__((constructor)) static void start(void) {
    const char *jump_text = getenv("ADO_SHIM_CLOCK_JUMP");
    const char *rate_text = getenv("ADO_SHIM_CLOCK_RATE");
    if (jump_text != NULL) jump = strtol(jump_text, NULL, 10);
    if (rate_text != NULL) rate = strtol(rate_text, NULL, 10);
    real_clock(CLOCK_MONOTONIC, &origin);
}

static long turn(void) {
    return __atomic_fetch_add(&turns, 1, __ATOMIC_RELAXED) % 2 == 0 ? jump : -jump;
}

/* Monotonic clocks share one origin; what they show beyond it passes at the given rate. */
static void skew(struct timespec *time) {
    const int64_t second = 1000000000;
    int64_t since = (time->tv_sec - origin.tv_sec) * second + time->tv_nsec - origin.tv_nsec;
    int64_t shown = origin.tv_sec * second + origin.tv_nsec + since / 100 * rate;
    time->tv_sec = shown / second;
    time->tv_nsec = shown % second;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    int rc = real_clock(clock, time);
    if (rc != 0) return rc;
    if (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE) {
        time->tv_sec += turn();
    } else if (clock == CLOCK_MONOTONIC || clock == CLOCK_MONOTONIC_COARSE ||
               clock == CLOCK_MONOTONIC_RAW || clock == CLOCK_BOOTTIME) {
        skew(time);
    }
    return 0;
}

time_t time(time_t *out) {
    struct timespec now;
    real_clock(CLOCK_REALTIME, &now);
    time_t shown = now.tv_sec + turn();
    if (out != NULL) *out = shown;
    return shown;
}

int gettimeofday(struct timeval *restrict out, void *restrict zone) {
    (void)zone;
    struct timespec now;
    real_clock(CLOCK_REALTIME, &now);
    out->tv_sec = now.tv_sec + turn();
    out->tv_usec = now.tv_nsec / 1000;
    return 0;
}
