#include <pgo.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  if (pgo_abi_version() < PGO_ABI_VERSION) return 1;
  if (strlen(pgo_version()) == 0) return 1;
  printf("libpgo %s, compatible with %s\n", pgo_version(), pgo_compatible_version());
  return 0;
}
