/* A spool: the encoded bytes of a snapshot, on their way out of a state or into one. Few are kept
 * in memory. From MP_UV_SPOOL_MEMORY on they are in a file that has no name, so that nothing is
 * left behind by whatever ends the process, and are read through a mapping of it, which is no
 * memory of the process's own.
 *
 * A spool belongs to one thread at a time. Those that are finished may be read by any. */
#ifndef MP_UV_SPOOL_H
#define MP_UV_SPOOL_H

#include <mp.h>
#include <mp_lmdb.h>
#include <stdint.h>

#define MP_UV_SPOOL_MEMORY ((uint64_t)8 << 20)    /* Bytes that are kept in memory at most. */
#define MP_UV_SNAPSHOT_SIZE_MAX ((uint64_t)1 << 40) /* Bytes of a snapshot at most. */

struct mp_uv_spool;

/* An empty spool, whose file would be in `directory`; NULL: it has none, but any number of bytes in
 * memory. Of the disk's space it leaves `keep_free` bytes to others. Never NULL. */
struct mp_uv_spool *mp_uv_spool_new(const char *directory, uint64_t keep_free);
void mp_uv_spool_free(struct mp_uv_spool *spool);

/* Make room for `size` bytes in all, so that none of them will meet a full disk.
 * MP_OK, MP_FULL (the disk, or the memory), MP_TOO_BIG, MP_SYSTEM as the error says. */
MP_MUST_USE enum mp_status mp_uv_spool_reserve(struct mp_uv_spool *spool, uint64_t size,
                                               struct mp_lmdb_error *error);
/* The same results as reserve; after a failure the spool is good for nothing but its release. */
MP_MUST_USE enum mp_status mp_uv_spool_append(struct mp_uv_spool *spool, const uint8_t *bytes,
                                              uint64_t size, struct mp_lmdb_error *error);
/* Overwrite bytes that were appended. */
MP_MUST_USE enum mp_status mp_uv_spool_patch(struct mp_uv_spool *spool, uint64_t offset,
                                             const uint8_t *bytes, uint64_t size,
                                             struct mp_lmdb_error *error);

/* Nothing is appended any more: the bytes can be read from now on. MP_OK, MP_SYSTEM. */
MP_MUST_USE enum mp_status mp_uv_spool_finish(struct mp_uv_spool *spool,
                                              struct mp_lmdb_error *error);
/* Of a finished one. NULL if it is empty. */
const uint8_t *mp_uv_spool_bytes(const struct mp_uv_spool *spool);
uint64_t mp_uv_spool_size(const struct mp_uv_spool *spool);
/* mp_lmdb_chunk_hash() over the chunks of a finished one. */
uint64_t mp_uv_spool_checksum(const struct mp_uv_spool *spool);
/* Whether they are in a file. */
bool mp_uv_spool_has_file(const struct mp_uv_spool *spool);

#endif /* MP_UV_SPOOL_H */
