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

/* Where glibc lets a program name its own standard error, the assertion's text is kept. */
#ifdef __GLIBC__
static _Thread_local FILE *capture;
static _Thread_local FILE *outside;

static void capture_begin(void) {
    if (capture == NULL) {
        capture = fmemopen(message, sizeof message, "w");
        if (capture != NULL) setvbuf(capture, NULL, _IONBF, 0);
    }
    outside = stderr;
    if (capture != NULL) stderr = capture;
}

static void capture_end(void) {
    stderr = outside;
}

static void capture_reset(void) {
    if (capture != NULL) rewind(capture);
}
#else
static void capture_begin(void) {}
static void capture_end(void) {}
static void capture_reset(void) {}
#endif

static void on_abort(int signal_number) {
    if (guarded) siglongjmp(way_back, 1);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

void step_guard_install(void) {
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
        capture_end();
        capture_reset();
        message[MESSAGE_SIZE - 1] = '\0';
        return STEP_GUARD_STOPPED;
    }
    guarded = 1;
    enum mp_status status = step(replica, event, effects);
    if (check != NULL) check(replica);
    guarded = 0;
    capture_end();
    return (int)status;
}

const char *step_guard_message(void) {
    return message;
}
