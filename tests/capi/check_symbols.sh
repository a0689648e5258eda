#!/usr/bin/env bash
# The functions that libpgo.so offers are those of symbols.txt and no other.
#   check_symbols.sh LIBRARY SYMBOLS
set -euo pipefail
if ! diff -u "$2" <(nm -D --defined-only "$1" | awk '$2 == "T" { sub(/@@.*/, "", $3); print $3 }' | LC_ALL=C sort); then
  echo "what libpgo.so offers has changed: a function that is gone breaks every program that calls it; a new" >&2
  echo "one belongs into tests/capi/symbols.txt, PGO_ABI_VERSION and the ABI section of CHANGELOG.md" >&2
  exit 1
fi
