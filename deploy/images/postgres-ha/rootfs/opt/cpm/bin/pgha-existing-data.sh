#!/bin/bash
# Makes data that was kept, restored or cloned ready for Patroni: recovers it, ends recovery, and
# gives the accounts the passwords of the current secrets. Leaves the server running with Patroni's
# own settings, so that Patroni takes it over as it is; stopped where that is not possible.
set -euo pipefail

# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

readonly data="${PGHA_DATA_DIR:?}"
[[ -e /crunchyadm/pgha_initialized ]] && exit 0

# setting NAME: a value of the old primary; recovery stops when ours are lower.
setting() { pg_controldata "${data}" | sed -n "s/^$1 setting: *//p"; }

# Patroni's settings: true when it will be able to take the server over. Until it does so, nobody
# but this script may log in.
settings_of_patroni() {
  patroni_options="$(/opt/cpm/bin/pgha-server-settings "${PATRONICTL_CONFIG_FILE:?}")" || return 1
  printf 'local all postgres peer\n' >"${data}/pg_hba.conf"
}

# What is needed for recovery and no more, for a server that is stopped again.
own_options() {
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
}

# The history file of the new timeline must reach the archive, or a replica built from an older
# backup follows the old timeline past the fork.
archive_options() {
  [[ "${PGHA_PGBACKREST:-true}" == true ]] || return 0
  printf '%s' " -c archive_mode=on -c restore_command='/opt/cpm/bin/pgbackrest-archive.sh get %f %p'"
  [[ -n "${patroni_options}" ]] ||
    printf '%s' " -c archive_command='/opt/cpm/bin/pgbackrest-archive.sh push %p'"
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
    sleep 0.1
  done
}

use_own_settings() {
  info "Patroni will have to start the server anew"
  patroni_options=""
  if [[ -f "${data}/postgresql.base.conf" ]]; then
    # It includes the configuration of the cluster the data came from.
    : >"${data}/postgresql.conf"
  fi
}

# A server that stays writes to the container's log, as it would under Patroni.
start_server() {
  local start=(pg_ctl --silent -D "${data}" -w -t 86400 start)
  if [[ -n "${patroni_options}" ]]; then
    if "${start[@]}" -o "${patroni_options}$(archive_options)"; then return; fi
    use_own_settings
  fi
  "${start[@]}" -l /tmp/existing-data.log -o "$(own_options)$(archive_options)" ||
    die "PostgreSQL does not start on ${data}: $(tail -n 5 /tmp/existing-data.log)"
}

# Passwords travel on standard input and are kept out of whatever notes statements: they never show
# in a process list, a log or a view.
set_accounts() {
  if [[ -f /pgconf/post-existing-init.sql ]]; then
    query -f /pgconf/post-existing-init.sql
    return
  fi
  query >/dev/null <<SQL
set log_statement = 'none';
set log_min_duration_statement = -1;
set log_min_error_statement = 'log';
set pgaudit.log = 'none';
set pg_stat_statements.track = 'none';
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
settings_of_patroni || use_own_settings
# This instance alone uses the archive, and writes to it only once it has recovered.
export PGHA_ARCHIVE_MISSES=/tmp/archive-misses
rm -rf "${PGHA_ARCHIVE_MISSES}" && mkdir "${PGHA_ARCHIVE_MISSES}"
start_server
wait_until_writable
# What was fetched ahead and lies beyond the moment that was restored.
rm -rf "${PGHA_ARCHIVE_MISSES:?}/archive"
set_accounts
touch /crunchyadm/pgha_manual_init
[[ -n "${patroni_options}" ]] || pg_ctl -D "${data}" -w -t 86400 -m fast stop >/dev/null
info "existing data is ready"
