/* pipeline FOLDER BATCH WINDOW VALUE_BYTES SECONDS WARMUP: measures the bare pipeline in an empty
 * folder, in three processes, and prints one line of JSON. */
#include "pipeline.h"
#include "store.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Two ends of a connection over loopback, as three machines would have one. */
static void connect_pair(int ends[2]) {
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    must(listener < 0, "socket");
    must(bind(listener, (struct sockaddr *)&address, size), "bind");
    must(listen(listener, 1), "listen");
    must(getsockname(listener, (struct sockaddr *)&address, &size), "getsockname");
    ends[0] = socket(AF_INET, SOCK_STREAM, 0);
    must(ends[0] < 0, "socket");
    must(connect(ends[0], (struct sockaddr *)&address, size), "connect");
    ends[1] = accept(listener, NULL, NULL);
    must(ends[1] < 0, "accept");
    close(listener);
}

/* Starts a follower, which ends with this process. */
static int start_follower(const struct setting *setting, int number) {
    int ends[2];
    connect_pair(ends);
    pid_t child = fork();
    must(child < 0, "fork");
    if (child > 0) {
        close(ends[1]);
        return ends[0];
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    char path[4096];
    snprintf(path, sizeof path, "%s/follower-%d", setting->folder, number);
    follow(ends[1], path);
}

int main(int count, char **words) {
    if (count != 7) {
        fprintf(stderr, "usage: pipeline FOLDER BATCH WINDOW VALUE_BYTES SECONDS WARMUP\n");
        return 64;
    }
    struct setting setting = {
        .folder = words[1],
        .batch = strtoull(words[2], NULL, 10),
        .window = strtoull(words[3], NULL, 10),
        .value_bytes = strtoull(words[4], NULL, 10),
        .seconds = strtod(words[5], NULL),
        .warmup = strtod(words[6], NULL),
    };
    if (setting.batch == 0 || setting.window == 0 || !(setting.seconds > 0)) {
        fprintf(stderr, "pipeline: BATCH, WINDOW and SECONDS must be positive.\n");
        return 64;
    }
    signal(SIGPIPE, SIG_IGN);
    int sockets[FOLLOWERS];
    for (int number = 0; number < FOLLOWERS; number++) {
        sockets[number] = start_follower(&setting, number);
    }
    own(sockets, &setting);
}
