/* Assertions for programmer errors. They stay on in release builds: a stopped node is a fault the
 * protocol survives, a wrong one is not. */
#ifndef MP_UV_ASSERT_H
#define MP_UV_ASSERT_H

#include <stddef.h>

#define MP_ASSERT(cond) ((cond) ? (void)0 : mp_uv__assert_failed(#cond, __FILE__, __LINE__))
#define MP_UNREACHABLE() mp_uv__assert_failed("unreachable", __FILE__, __LINE__)

_Noreturn void mp_uv__assert_failed(const char *cond, const char *file, int line);

/* Heap memory, never NULL: without memory the process stops, as if it had been killed. */
void *mp_uv__allocate(size_t size);        /* Zeroed. */
void *mp_uv__grow(void *memory, size_t size);

#endif /* MP_UV_ASSERT_H */
