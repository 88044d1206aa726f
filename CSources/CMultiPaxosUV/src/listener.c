/* The listener, and mp_uv_bind(), which makes its socket before there is a node. */
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "node.h"

enum { BACKLOG = 512 };

static void on_shed(uv_handle_t *handle) {
    free(handle);
}

/* A connection that is not accepted keeps libuv from telling of any later one. */
static void shed(uv_stream_t *server) {
    uv_tcp_t *tcp = mp_uv__allocate(sizeof *tcp);
    if (uv_tcp_init(server->loop, tcp) != 0) {
        free(tcp);
        return;
    }
    tcp->data = NULL;
    (void)uv_accept(server, (uv_stream_t *)tcp);
    uv_close((uv_handle_t *)tcp, on_shed);
}

static void on_connection(uv_stream_t *server, int status) {
    struct mp_uv_node *node = server->data;
    if (status != 0 || node->stopping) return;
    node->now_us = mp_uv__clock_us();
    struct mp_conn *conn = mp_uv__conn_new(node);
    if (conn == NULL) {
        mp_uv__log(node, MP_UV_LOG_WARNING, "too many connections: one more was closed");
        shed(server);
        return;
    }
    if (uv_accept(server, (uv_stream_t *)&conn->tcp) != 0) {
        mp_uv__conn_close(conn);
        return;
    }
    mp_uv__conn_opened(conn);
}

int mp_uv__listen(struct mp_uv_node *node) {
    /* A child process of the application must not hold the port. */
    int fd = fcntl(node->options.listen_fd, F_DUPFD_CLOEXEC, 0);
    if (fd < 0) return -errno;
    int rc = uv_tcp_open(&node->listener, fd);
    if (rc != 0) {
        close(fd);
        return rc;
    }
    return uv_listen((uv_stream_t *)&node->listener, BACKLOG, on_connection);
}

static int bind_address(const struct addrinfo *address) {
    int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    int on = 1;
    bool bound = setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) == 0 &&
                 bind(fd, address->ai_addr, address->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0;
    if (bound) return fd;
    int saved = errno;
    close(fd);
    errno = saved;
    return -1;
}

static uint16_t port_of(int fd) {
    struct sockaddr_storage address;
    socklen_t size = sizeof address;
    if (getsockname(fd, (struct sockaddr *)&address, &size) != 0) return 0;
    in_port_t port = address.ss_family == AF_INET6
                         ? ((const struct sockaddr_in6 *)&address)->sin6_port
                         : ((const struct sockaddr_in *)&address)->sin_port;
    return ntohs(port);
}

enum mp_status mp_uv_bind(const char *host, uint16_t *port, int *fd,
                          struct mp_lmdb_error *error) {
    *fd = -1;
    char service[8];
    snprintf(service, sizeof service, "%u", *port);
    struct addrinfo hints = {
        .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found = NULL;
    int rc = getaddrinfo(host, service, &hints, &found);
    if (rc != 0) {
        snprintf(error->text, sizeof error->text,
                 "cannot resolve %s: %s; give an address of this machine", host,
                 gai_strerror(rc));
        return MP_SYSTEM;
    }
    int bound = bind_address(found);
    int reason = errno;
    freeaddrinfo(found);
    if (bound < 0) {
        bool in_use = reason == EADDRINUSE;
        snprintf(error->text, sizeof error->text, "cannot listen on %s:%u: %s; %s", host, *port,
                 strerror(reason),
                 in_use ? "stop the process that uses it, or choose another port"
                        : "choose an address of this machine and a port this user may use");
        return in_use ? MP_IN_USE : MP_SYSTEM;
    }
    *port = port_of(bound);
    *fd = bound;
    return MP_OK;
}
