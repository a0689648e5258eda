#!/bin/bash
# shellcheck disable=SC2034 # sourced: the variables are for the scripts that source this file
# What the images share that talk to a server as its clients.

# require NAME...: these variables must be set.
require() {
  local name
  for name in "$@"; do
    [[ -n "${!name:-}" ]] || die "${name} is not set"
  done
}

# set_up_client HOST PORT USER PASSWORD: for libpq; the password goes to a file, not to arguments.
set_up_client() {
  export PGHOST="$1" PGPORT="$2" PGUSER="$3" PGPASSFILE=/tmp/pgpass
  local password="${4//\\/\\\\}"
  (umask 077 && printf '*:*:*:*:%s\n' "${password//:/\\:}" >"${PGPASSFILE}")
}

# wait_for_server DATABASE: five tries with pauses of 2, 4, 8, 16 and 32 seconds.
wait_for_server() {
  local pause
  for pause in 2 4 8 16 32; do
    if pg_isready --quiet && psql --no-psqlrc --no-password -qtA -c 'select now()' "$1" >/dev/null; then
      return 0
    fi
    info "waiting ${pause} s for the server at ${PGHOST}:${PGPORT}"
    sleep "${pause}"
  done
  die "the server at ${PGHOST}:${PGPORT} does not answer"
}

# split_options TEXT: sets the array `options` to the words of a text that is quoted as for a shell;
# nothing in it is expanded.
split_options() {
  options=()
  local words
  words="$(xargs -n 1 printf '%s\n' <<<"$1")" || die "the options cannot be read: $1"
  [[ -z "${words}" ]] || mapfile -t options <<<"${words}"
}
