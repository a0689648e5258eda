#!/bin/bash
# Builds a replica's data directory from the pgBackRest repository; Patroni falls back to
# pg_basebackup when this fails.
set -euo pipefail

# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

readonly data="${PGHA_DATA_DIR:?}"
[[ "${data}" == /pgdata/?* ]] || die "the data directory ${data} is not below /pgdata"

restore_in_parallel
if [[ -f "${data}/PG_VERSION" || -f "${data}/backup.manifest" ]]; then
  info "restoring the difference into ${data}"
  pgbackrest restore --delta
else
  if [[ -n "$(find "${data}" -mindepth 1 -print -quit)" ]]; then
    info "${data} holds no database; emptying it"
    find "${data}" -mindepth 1 -delete
  fi
  info "restoring into ${data}"
  pgbackrest restore
fi
