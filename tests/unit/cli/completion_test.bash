#!/usr/bin/env bash
# Completes command lines with the script that `pgo completion bash` prints.
# Usage: completion_test.bash PGO
set -u
pgo="$1"
# shellcheck disable=SC1090
source <("$pgo" completion bash)
# The script calls it; outside a completion the builtin complains.
# shellcheck disable=SC2317
compopt() { :; }
failed=0

# expect WORDS... = ANSWER: the words typed so far, the last one unfinished.
expect() {
  local wanted="${*: -1}"
  COMP_WORDS=("${@:1:$#-1}")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
  COMPREPLY=()
  __pgo_complete
  if [[ "${COMPREPLY[*]}" != "$wanted" ]]; then
    echo "${COMP_WORDS[*]}: '${COMPREPLY[*]}' instead of '$wanted'" >&2
    failed=1
  fi
}

expect pgo sc "scale scaledown"
expect pgo show c "cluster"
expect pgo -n team show w "workflow"
expect pgo create cluster --repl "--replica-count= --replica-storage-config="
expect pgo create cluster --pod-anti-affinity = "" "required preferred disabled"
expect pgo create cluster x --service-type = No "NodePort"
expect pgo test x -o j "json"
expect pgo status --output y "yaml"
expect pgo completion "" "bash zsh fish"
expect pgo delete cluster --delete-d ""
exit "$failed"
