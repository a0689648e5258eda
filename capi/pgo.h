/* The stable C interface of libpgo.
 *
 * Conventions
 *  - Every name begins with pgo_ or PGO_. Nothing here throws, prints, exits, installs a signal
 *    handler or keeps global state.
 *  - `const char *` results are UTF-8 and borrowed: static unless a comment says otherwise.
 *  - PGO_ABI_VERSION counts additions. A library with a greater number serves older headers.
 */
#ifndef PGO_H
#define PGO_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define PGO_API __attribute__((visibility("default")))
#else
#define PGO_API
#endif

#define PGO_ABI_VERSION 1

/* The version of the library, "MAJOR.MINOR.PATCH". Static; safe from any thread. */
PGO_API const char* pgo_version(void);

/* The PGO_ABI_VERSION the library was built with: compare it with the header's at start-up. */
PGO_API int32_t pgo_abi_version(void);

/* The release of the PostgreSQL Operator whose wire protocol and objects this library speaks,
 * "4.2.0". Static. */
PGO_API const char* pgo_compatible_version(void);

#ifdef __cplusplus
}
#endif

#endif /* PGO_H */
