#include "step_guard.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MESSAGE_SIZE = 512 };

static _Thread_local sigjmp_buf way_back;
static _Thread_local volatile sig_atomic_t guarded;
static _Thread_local char message[MESSAGE_SIZE];

/* Where glibc lets a program name its own standard error, the assertion's text is kept. What other
 * threads write meanwhile, and what is written outside of a step, goes where it always does. */
#ifdef __GLIBC__
#include <pthread.h>
#include <unistd.h>

static _Thread_local size_t kept;

static ssize_t divert(void *cookie, const char *bytes, size_t size) {
    (void)cookie;
    if (!guarded) return write(STDERR_FILENO, bytes, size);
    size_t room = sizeof message - 1 - kept;
    size_t count = size < room ? size : room;
    memcpy(message + kept, bytes, count);
    kept += count;
    message[kept] = '\0';
    return (ssize_t)size;
}

static void capture_install(void) {
    FILE *diverted = fopencookie(NULL, "w", (cookie_io_functions_t){.write = divert});
    if (diverted == NULL) return;
    setvbuf(diverted, NULL, _IONBF, 0);
    stderr = diverted;
}

static void capture_install_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, capture_install);
}

static void capture_begin(void) {
    kept = 0;
}
#else
static void capture_install_once(void) {}
static void capture_begin(void) {}
#endif

static void on_abort(int signal_number) {
    if (guarded) siglongjmp(way_back, 1);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void step_guard_install(void) {
    capture_install_once();
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_abort;
    action.sa_flags = SA_NODEFER;
    sigemptyset(&action.sa_mask);
    sigaction(SIGABRT, &action, NULL);
}

int step_guard_run(step_guard_step step, step_guard_check check, struct mp_replica *replica,
                   const struct mp_event *event, struct mp_effects *effects) {
    capture_begin();
    if (sigsetjmp(way_back, 0) != 0) {
        guarded = 0;
        return STEP_GUARD_STOPPED;
    }
    guarded = 1;
    enum mp_status status = step(replica, event, effects);
    if (check != NULL) check(replica);
    guarded = 0;
    return (int)status;
}

const char *step_guard_message(void) {
    return message;
}
