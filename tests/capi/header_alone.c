// The header stands alone, as C11 here and as C++ in header_alone.cpp.
#include <pgo.h>

int main(void) { return pgo_abi_version() == PGO_ABI_VERSION ? 0 : 1; }
