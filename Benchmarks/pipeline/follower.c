#include "pipeline.h"
#include "store.h"

#include <stdlib.h>
#include <string.h>

/* What has arrived and is no whole block yet. */
static struct {
    char *bytes;
    size_t size;
    size_t capacity;
    uint64_t sequence;
} input;

static uv_tcp_t owner;
static struct store store;

struct acknowledgement {
    uv_write_t request;
    uint64_t durable;
};

static void acknowledged(uv_write_t *request, int status) {
    must(status, "an acknowledgement");
    free(request->data);
}

static void on_durable(uv_async_t *async) {
    (void)async;
    struct acknowledgement *message = malloc(sizeof *message);
    if (message == NULL) must(-1, "malloc");
    message->durable = atomic_load(&store.durable);
    message->request.data = message;
    uv_buf_t buffer = uv_buf_init((char *)&message->durable, sizeof message->durable);
    must(uv_write(&message->request, (uv_stream_t *)&owner, &buffer, 1, acknowledged), "uv_write");
}

static void provide(uv_handle_t *handle, size_t wanted, uv_buf_t *buffer) {
    (void)handle;
    (void)wanted;
    if (input.capacity - input.size < 256 * 1024) {
        input.capacity = input.capacity == 0 ? 1024 * 1024 : 2 * input.capacity;
        input.bytes = realloc(input.bytes, input.capacity);
        if (input.bytes == NULL) must(-1, "realloc");
    }
    *buffer = uv_buf_init(input.bytes + input.size, (unsigned)(input.capacity - input.size));
}

static void on_read(uv_stream_t *stream, ssize_t count, const uv_buf_t *buffer) {
    (void)stream;
    (void)buffer;
    if (count < 0) _Exit(0); /* The owner has ended; there is nothing to tidy up. */
    input.size += (size_t)count;
    size_t offset = 0;
    uint64_t size;
    while (input.size - offset >= sizeof size) {
        memcpy(&size, input.bytes + offset, sizeof size);
        if (input.size - offset - sizeof size < size) break;
        struct block *block = block_new(++input.sequence, size, 1);
        memcpy(block->bytes, input.bytes + offset + sizeof size, size);
        store_append(&store, block);
        offset += sizeof size + size;
    }
    memmove(input.bytes, input.bytes + offset, input.size - offset);
    input.size -= offset;
}

_Noreturn void follow(int socket, const char *path) {
    uv_loop_t *loop = uv_default_loop();
    store_open(&store, path, loop, on_durable);
    must(uv_tcp_init(loop, &owner), "uv_tcp_init");
    must(uv_tcp_open(&owner, socket), "uv_tcp_open");
    must(uv_tcp_nodelay(&owner, 1), "uv_tcp_nodelay");
    must(uv_read_start((uv_stream_t *)&owner, provide, on_read), "uv_read_start");
    uv_run(loop, UV_RUN_DEFAULT);
    exit(0);
}
