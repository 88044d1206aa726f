/* Batches: the unit of replication. One accept message carries one batch, and an acceptor stores
 * the bytes it received, unchanged, as one value. A batch is sealed once, by the owner that
 * created it; (index, ballot) is an entry's identity for life, so a batch is never cut or stamped
 * again.
 *
 *   offset size  field (little endian)
 *        0    4  magic and version, MP_BATCH_MAGIC
 *        4    4  size of the batch in bytes, header included
 *        8    8  checksum: XXH3-64 of the bytes from 16 on; with `previous` it is a hash chain
 *       16    8  group
 *       24    8  index of the first entry, from 1
 *       32   16  ballot of every entry: round, node
 *       48    8  previous: the checksum of the batch before this one, 0 before the first
 *       56    4  number of entries, at least 1
 *       60    4  zero
 *       64       entries, each: payload size (4), kind (4), payload
 *
 * Ownership: a view borrows the bytes it was decoded from. Thread safety: none is needed. */
#ifndef MP_BATCH_H
#define MP_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "mp/ballot.h"
#include "mp/limits.h"
#include "mp/status.h"

#define MP_BATCH_MAGIC 0x01424441u /* "ADB", version 1 */
#define MP_BATCH_HEADER_SIZE 64u
#define MP_ENTRY_HEADER_SIZE 8u

/* What an entry is. Of all of them the core looks into one, the configuration. */
enum mp_entry_kind {
    MP_ENTRY_CALL = 1, /* A method call, with its session and request number. */
    MP_ENTRY_BARRIER,  /* Nothing: it makes an inherited branch committable. */
    MP_ENTRY_CREATE,   /* The first entry of a log: the object's type and name. */
    /* The voters from here on (see mp/voters.h); the only entry of its batch. 8 bytes: the voters.
     * 16 bytes: the voters, the admissions from here on (4, not 0), zero (4). */
    MP_ENTRY_CONFIGURATION,
};

/* A point of a log: the entry at `index`, and with it everything before. Zero is the root. */
struct mp_point {
    uint64_t index;
    struct mp_ballot ballot;
    uint64_t checksum; /* Of the batch that ends at `index`. */
};

/* A decoded batch. */
struct mp_batch {
    uint64_t group;
    uint64_t first; /* Index of the first entry. */
    uint64_t last;  /* Index of the last entry. */
    struct mp_ballot ballot;
    uint64_t previous;
    uint64_t checksum;
    uint64_t voters; /* Of a configuration; 0 for all other batches. */
    uint32_t admissions; /* Of a configuration that names some; 0: they stay as they are. */
    uint32_t count;
    uint32_t size;
    const uint8_t *bytes;
};

struct mp_entry {
    uint32_t kind; /* enum mp_entry_kind, or a later one. */
    uint32_t size;
    const uint8_t *payload;
};

/* A batch that still gathers entries, in memory of the caller. */
struct mp_batch_builder {
    uint8_t *bytes;
    uint32_t capacity; /* At least MP_BATCH_HEADER_SIZE. */
    uint32_t size;
    uint32_t count;
};

/* Read and verify a batch: magic, lengths, checksum, that the entries fill it exactly, and that a
 * configuration is alone and well formed.
 *
 * MP_OK         *batch views `bytes`.
 * MP_MALFORMED  The structure is wrong. *batch is zero.
 * MP_CORRUPT    The structure is plausible but the checksum differs; group, first, ballot and
 *               checksum of *batch name what the header claims. */
MP_MUST_USE enum mp_status mp_batch_decode(const uint8_t *bytes, size_t size,
                                           struct mp_batch *batch);

/* Read the entry at *offset (MP_BATCH_HEADER_SIZE at first) and advance; false at the end. The
 * batch must have been decoded with MP_OK. */
bool mp_batch_next(const struct mp_batch *batch, uint32_t *offset, struct mp_entry *entry);

/* Start an empty batch in `bytes`. */
void mp_batch_begin(struct mp_batch_builder *builder, uint8_t *bytes, uint32_t capacity);

/* Append one entry.
 *
 * MP_OK       It is in the batch.
 * MP_TOO_BIG  Its payload is over MP_ENTRY_SIZE_MAX. Nothing changed.
 * MP_MALFORMED It is a configuration that names no possible set of voters. Nothing changed.
 * MP_BUSY     The batch has no room for it: bytes, MP_BATCH_ENTRIES_MAX, or a configuration, which
 *             is alone. Nothing changed. */
MP_MUST_USE enum mp_status mp_batch_append(struct mp_batch_builder *builder, uint32_t kind,
                                           const uint8_t *payload, uint32_t size);

/* Append the one entry of a configuration to an empty builder; with `admissions` 0 they stay as
 * they are. MP_OK, MP_BUSY, MP_MALFORMED as for mp_batch_append(). */
MP_MUST_USE enum mp_status mp_batch_configure(struct mp_batch_builder *builder, uint64_t voters,
                                              uint32_t admissions);

/* The voters that the builder names, if it holds a configuration; else 0. */
uint64_t mp_batch_voters(const struct mp_batch_builder *builder);

/* Write the header. The builder must hold at least one entry. *batch views its bytes. */
void mp_batch_seal(const struct mp_batch_builder *builder, uint64_t group, uint64_t first,
                   struct mp_ballot ballot, uint64_t previous, struct mp_batch *batch);

/* XXH3-64, the one hash function of the formats. */
uint64_t mp_hash(const void *bytes, size_t size);
uint64_t mp_hash_seeded(const void *bytes, size_t size, uint64_t seed);

#endif /* MP_BATCH_H */
