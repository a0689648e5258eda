// The header stands alone, as C++ here and as C11 in header_alone.c.
#include <pgo.h>

int main() { return pgo_abi_version() == PGO_ABI_VERSION ? 0 : 1; }
