#!/usr/bin/env bash
# Runs a program with a fresh folder for its state, or in a wrapper without one; it may write nothing to
# standard output: run.sh PROGRAM [WRAPPER...]
set -euo pipefail
program="$1"
shift
state="$(mktemp -d)"
trap 'rm -rf "${state:?}"' EXIT
if (($#)); then
  output="$("$@" "${program}")"
else
  output="$("${program}" "${state}/state")"
fi
if [[ -n "${output}" ]]; then
  echo "something was written to standard output: ${output}" >&2
  exit 1
fi
