/* Assertions for programmer errors. They stay on in release builds. */
#ifndef MP_LMDB_ASSERT_H
#define MP_LMDB_ASSERT_H

#define MP_ASSERT(cond) ((cond) ? (void)0 : mp__lmdb_assert_failed(#cond, __FILE__, __LINE__))

_Noreturn void mp__lmdb_assert_failed(const char *cond, const char *file, int line);

#endif /* MP_LMDB_ASSERT_H */
