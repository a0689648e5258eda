#include "pgo.h"

#include "pgo/base/version.h"

const char* pgo_version(void) { return pgo::kVersion; }

int32_t pgo_abi_version(void) { return PGO_ABI_VERSION; }

const char* pgo_compatible_version(void) { return pgo::kCompatibleVersion; }
