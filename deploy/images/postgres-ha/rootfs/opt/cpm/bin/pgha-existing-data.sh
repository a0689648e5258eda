#!/bin/bash
# Makes data that was kept, restored or cloned ready for Patroni: recovers it, ends recovery, and
# gives the accounts the passwords of the current secrets. Leaves the server stopped.
set -euo pipefail

# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

readonly data="${PGHA_DATA_DIR:?}"
[[ -e /crunchyadm/pgha_initialized ]] && exit 0

# setting NAME: a value of the old primary; recovery stops when ours are lower.
setting() { pg_controldata "${data}" | sed -n "s/^$1 setting: *//p"; }

server_options() {
  local libraries=() name
  for name in pgaudit pg_stat_statements; do
    [[ -f "$(pg_config --pkglibdir 2>/dev/null || echo /usr/lib/postgresql/15/lib)/${name}.so" ]] &&
      libraries+=("${name}")
  done
  local IFS=,
  printf '%s' "-c unix_socket_directories=/tmp -c listen_addresses='' -c port=${PGHA_PG_PORT:-5432}" \
    " -c hot_standby=on -c shared_preload_libraries='${libraries[*]}'" \
    " -c max_connections=$(setting max_connections)" \
    " -c max_worker_processes=$(setting max_worker_processes)" \
    " -c max_wal_senders=$(setting max_wal_senders)" \
    " -c max_prepared_transactions=$(setting max_prepared_xacts)" \
    " -c max_locks_per_transaction=$(setting max_locks_per_xact)"
  # The history file of the new timeline must reach the archive, or a replica built from an older
  # backup follows the old timeline past the fork.
  if [[ "${PGHA_PGBACKREST:-true}" == true ]]; then
    printf '%s' " -c archive_mode=on -c archive_command='/opt/cpm/bin/pgbackrest-archive.sh push %p'" \
      " -c restore_command='/opt/cpm/bin/pgbackrest-archive.sh get %f %p'"
  fi
}

query() { psql --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 -d postgres "$@"; }

wait_until_writable() {
  until [[ "$(query -c 'select pg_is_in_recovery()' 2>/dev/null)" == f ]]; do
    if ! pg_ctl -D "${data}" status >/dev/null; then
      info "the server stopped during recovery; starting it again"
      start_server
    elif [[ "$(query -c 'select pg_get_wal_replay_pause_state()' 2>/dev/null)" == paused ]]; then
      info "recovery reached its target and is paused; promoting"
      query -c 'select pg_promote()' >/dev/null || true
    elif [[ ! -f "${data}/recovery.signal" && -f "${data}/standby.signal" ]]; then
      query -c 'select pg_promote()' >/dev/null || true
    fi
    sleep 0.2
  done
}

start_server() {
  pg_ctl -D "${data}" -l /tmp/existing-data.log -w -t 86400 -o "$(server_options)" start >/dev/null ||
    die "PostgreSQL does not start on ${data}: $(tail -n 5 /tmp/existing-data.log)"
}

# Passwords travel on standard input; they never show in a process list.
set_accounts() {
  if [[ -f /pgconf/post-existing-init.sql ]]; then
    query -f /pgconf/post-existing-init.sql
    return
  fi
  query >/dev/null <<SQL
\\getenv superuser PATRONI_SUPERUSER_USERNAME
\\getenv superuser_password PATRONI_SUPERUSER_PASSWORD
\\getenv replicator PATRONI_REPLICATION_USERNAME
\\getenv replicator_password PATRONI_REPLICATION_PASSWORD
select format('create role %I', :'superuser')
  where not exists (select from pg_roles where rolname = :'superuser') \\gexec
select format('create role %I', :'replicator')
  where not exists (select from pg_roles where rolname = :'replicator') \\gexec
alter role :"superuser" with superuser login password :'superuser_password';
alter role :"replicator" with replication login password :'replicator_password';
SQL
}

info "existing data in ${data}: starting it by hand before Patroni takes over"
rm -f "${data}/postmaster.pid"
if [[ -f "${data}/postgresql.base.conf" ]]; then
  # It includes the configuration of the cluster the data came from.
  : >"${data}/postgresql.conf"
fi
start_server
wait_until_writable
set_accounts
touch /crunchyadm/pgha_manual_init
pg_ctl -D "${data}" -w -t 86400 -m fast stop >/dev/null
info "existing data is ready"
