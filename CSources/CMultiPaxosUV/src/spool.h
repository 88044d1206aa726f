/* What the driver does with a spool that others may not. */
#ifndef MP_UV_SPOOL_INTERNAL_H
#define MP_UV_SPOOL_INTERNAL_H

#include "mp_uv_spool.h"

/* The bytes before `end` were read once and need not stay mapped in. */
void mp_uv__spool_passed(const struct mp_uv_spool *spool, uint64_t end);

/* For tests of whom is believed: change a byte of a finished one, and its checksum too, or not. */
void mp_uv__spool_spoil(struct mp_uv_spool *spool, uint64_t offset, bool consistent);

#endif /* MP_UV_SPOOL_INTERNAL_H */
