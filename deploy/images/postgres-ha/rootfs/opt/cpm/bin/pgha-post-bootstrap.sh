#!/bin/bash
# Runs once, on the new primary, right after initdb: extensions, application user, database.
set -euo pipefail

# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

run_sql() { psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 -d postgres "$@"; }

if [[ -f /pgconf/setup.sql ]]; then
  run_sql -f /pgconf/setup.sql
else
  run_sql -f /opt/cpm/bin/pgha-setup.sql
fi
if [[ -f /pgconf/audit.sql ]]; then
  run_sql -f /pgconf/audit.sql
fi
if [[ -n "${PGMONITOR_PASSWORD:-}" && -f /opt/cpm/bin/pgmonitor-setup.sql ]]; then
  run_sql -f /opt/cpm/bin/pgmonitor-setup.sql || log WARN "the monitoring accounts were not made"
fi
# Last: from now on this is a database that somebody may have written to.
rm -f "${PGHA_DATA_DIR:?}.bootstrapping"
sync "$(dirname "${PGHA_DATA_DIR}")" || log WARN "the end of the bootstrap may not outlive a power cut"
