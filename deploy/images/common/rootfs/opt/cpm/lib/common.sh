#!/bin/bash
# shellcheck disable=SC2034 # sourced: the variables are for the scripts that source this file
# What the scripts of this image share: log lines, addresses, and Patroni's REST API.

log() { printf '%s %-5s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$1" "$2"; }
info() { log INFO "$1"; }
die() {
  log ERROR "$1"
  exit 1
}

# adopt_user NAME: the image's user gets the id that this container runs under. Where the cluster
# chose that id, it has no name or one of its own, and ssh and PostgreSQL go by the name.
adopt_user() {
  local name="$1" uid line user id others=''
  uid="$(id -u)"
  [[ "$(id -u "${name}" 2>/dev/null)" != "${uid}" ]] || return 0
  [[ -w /etc/passwd ]] || die "user id ${uid} is not ${name}'s, and /etc/passwd cannot be written"
  while IFS= read -r line; do
    IFS=: read -r user _ id _ <<<"${line}"
    [[ "${user}" == "${name}" || "${id}" == "${uid}" ]] || others+="${line}"$'\n'
  done </etc/passwd
  printf '%s%s:x:%s:%s::%s:/bin/bash\n' "${others}" "${name}" "${uid}" "$(id -g)" "${HOME:?}" >/etc/passwd
}

# On the local node each pod has its own loopback address; elsewhere a pod has the network to itself.
listen_address="${POD_IP:-0.0.0.0}"
local_address="${POD_IP:-127.0.0.1}"
patroni_port="${PGHA_PATRONI_PORT:-8009}"
patroni_url="http://${local_address}:${patroni_port}"

# restore_in_parallel: restores use the processors there are, as nothing else waits for them. Four at
# most, since each process asks the repository for one more; who sets the number has the last word.
restore_in_parallel() {
  local processors
  processors="$(nproc)"
  export PGBACKREST_PROCESS_MAX="${PGBACKREST_PROCESS_MAX:-$((processors < 4 ? processors : 4))}"
}

# patroni_status PATH: the HTTP status Patroni answers, 000 when it does not.
patroni_status() {
  curl --silent --output /dev/null --max-time 5 --write-out '%{http_code}' "${patroni_url}$1" || true
}

# patroni_patch JSON: changes the cluster's dynamic configuration.
patroni_patch() {
  curl --silent --show-error --fail --output /dev/null --max-time 10 -X PATCH \
    -H 'Content-Type: application/json' --data "$1" "${patroni_url}/config"
}

patroni_post() {
  curl --silent --show-error --fail --output /dev/null --max-time 60 -X POST \
    -H 'Content-Type: application/json' --data "${2:-{\}}" "${patroni_url}$1"
}
