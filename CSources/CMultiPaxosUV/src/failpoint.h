/* Named places at which a process can be made to die, for tests of what a crash leaves. The name is
 * in the environment, in ADO_FAILPOINT; release builds know none. */
#ifndef MP_UV_FAILPOINT_H
#define MP_UV_FAILPOINT_H

#ifdef MP_FAILPOINTS
void mp_uv__failpoint(const char *name);
#else
static inline void mp_uv__failpoint(const char *name) {
    (void)name;
}
#endif

#endif /* MP_UV_FAILPOINT_H */
