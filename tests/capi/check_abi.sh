#!/usr/bin/env bash
# The types and functions of pgo.h against the committed baseline. Exit code 77: abidiff is not installed.
#   check_abi.sh STUB_LIBRARY BASELINE [--update]
set -euo pipefail
if [[ "${3:-}" == --update ]]; then
  abidw --no-show-locs --no-comp-dir-path --out-file "$2" "$1"
  exit
fi
command -v abidiff >/dev/null || exit 77
# abidiff: bit 4 is a change, bit 8 one that breaks programs. New members at the end of options are
# neither, because of their `size`.
code=0
abidiff --suppressions "$(dirname "$2")/pgo.suppr" "$2" "$1" || code=$?
if ((code & 8)); then
  echo "this breaks programs that were compiled before" >&2
elif ((code)); then
  echo "the ABI has grown: note it in CHANGELOG.md (ABI) and make a new baseline with" >&2
  echo "  tests/capi/check_abi.sh $1 $2 --update" >&2
fi
exit "$((code != 0))"
