/* Frames and messages as bytes, each named by a number: what two nodes exchange in the exploration
 * went through the codec of the wire. */
#ifndef EXHAUSTIVE_WIRE_H
#define EXHAUSTIVE_WIRE_H

#include "../common/table.h"
#include "mp/replica.h"

/* A frame's number; 0 is none. */
typedef uint16_t frame_id;

struct frame {
    const uint8_t *bytes;
    size_t size;
    struct mp_batch batch; /* Views the bytes. */
};

void wire_make(void);

frame_id frame_put(const uint8_t *bytes, size_t size);
const struct frame *frame_get(frame_id id);

/* A message on its way. */
struct letter {
    uint32_t from, to; /* Places of nodes, not their ids. */
    struct mp_message message;
    frame_id frame; /* Its payload; 0: none. */
};

/* Write a letter; returns its number. */
uint32_t letter_put(const struct letter *letter);
/* Read a letter back, payload and all. */
void letter_get(uint32_t id, struct letter *letter);
uint32_t letter_to(uint32_t id);
uint32_t letter_count(void);
/* A name that is the same in every run of the program. */
uint64_t letter_name(uint32_t id);

#endif /* EXHAUSTIVE_WIRE_H */
