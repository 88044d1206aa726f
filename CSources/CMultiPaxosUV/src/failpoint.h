/* Named places at which a process can be made to die, for tests of what a crash leaves, or to lie,
 * for tests of whom is believed. The name is in the environment, in ADO_FAILPOINT; release builds
 * know none. */
#ifndef MP_UV_FAILPOINT_H
#define MP_UV_FAILPOINT_H

#include <stdbool.h>

#ifdef MP_FAILPOINTS
void mp_uv__failpoint(const char *name);
bool mp_uv__lies(const char *name);
#else
static inline void mp_uv__failpoint(const char *name) {
    (void)name;
}

static inline bool mp_uv__lies(const char *name) {
    (void)name;
    return false;
}
#endif

#endif /* MP_UV_FAILPOINT_H */
