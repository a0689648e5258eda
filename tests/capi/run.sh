#!/usr/bin/env bash
# Runs a program with a fresh folder for its state: run.sh PROGRAM [WRAPPER...]
set -euo pipefail
program="$1"
shift
state="$(mktemp -d)"
trap 'rm -rf "${state:?}"' EXIT
output="$("$@" "${program}" "${state}/state")"
if [[ -n "${output}" ]]; then
  echo "something was written to standard output: ${output}" >&2
  exit 1
fi
