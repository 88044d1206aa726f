/* Steps of the core whose failed assertions come back as values.
 *
 * The core stops its process when an invariant is broken, and a simulator wants to say which run
 * broke it, draw what led there, and run it again with fewer faults. So it steps the core within a
 * guard: abort() returns to the guard instead of ending the process. Only C frames of the core,
 * which hold nothing, are left behind; the replica must not be used any more.
 *
 * Thread safety: guards of different threads do not touch each other, but a thread that came back
 * may keep a lock of the C library's abort(): use it where one thread runs simulations. */
#ifndef STEP_GUARD_H
#define STEP_GUARD_H

#include "mp.h"

/* What a guarded step returns if an assertion failed. */
#define STEP_GUARD_STOPPED (-1)

typedef enum mp_status (*step_guard_step)(struct mp_replica *replica, const struct mp_event *event,
                                          struct mp_effects *effects);
typedef void (*step_guard_check)(const struct mp_replica *replica);

/* Catch abort() from now on, inside of guarded steps only. */
void step_guard_install(void);

/* Step the replica and then check it, unless `check` is NULL. The status of the step, or
 * STEP_GUARD_STOPPED. */
int step_guard_run(step_guard_step step, step_guard_check check, struct mp_replica *replica,
                   const struct mp_event *event, struct mp_effects *effects);

/* What the last failed assertion of this thread printed; empty if the platform keeps it back. */
const char *step_guard_message(void);

#endif /* STEP_GUARD_H */
