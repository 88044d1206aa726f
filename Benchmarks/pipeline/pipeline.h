/* The bare pipeline: an owner and two followers that store blocks of operations and acknowledge
 * them, without any protocol, objects or sessions. It is what this architecture can reach. */
#ifndef PIPELINE_H
#define PIPELINE_H

#include <stdint.h>

enum { FOLLOWERS = 2 };

struct setting {
    uint64_t batch;       /* Operations of a block. */
    uint64_t window;      /* Blocks on their way. */
    uint64_t value_bytes;
    double seconds;
    double warmup;
    const char *folder;
};

/* Bytes that an operation takes beside its value, about as many as an entry of Ado. */
enum { OVERHEAD = 48 };

/* Stores what comes through the connected socket, and acknowledges it; never returns. */
_Noreturn void follow(int socket, const char *path);

/* Loads the followers behind the sockets, prints one line of JSON, and ends the process. */
_Noreturn void own(const int sockets[FOLLOWERS], const struct setting *setting);

#endif /* PIPELINE_H */
