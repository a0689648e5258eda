#!/bin/bash
# In the background beside Patroni: waits until the instance serves its role, does what can only be
# done then, and says so in /crunchyadm/pgha_initialized, which readiness waits for.
set -euo pipefail

# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

readonly data="${PGHA_DATA_DIR:?}"

# role: "master" or "replica" once Patroni says that it runs, empty before.
role() {
  curl --silent --max-time 5 "${patroni_url}/patroni" |
    python3 -c 'import json,sys
try: s = json.load(sys.stdin)
except ValueError: sys.exit()
if s.get("state") == "running": print({"primary": "master"}.get(s["role"], s["role"]))' || true
}

wait_for_role() {
  current=""
  until [[ -n "${current}" && "$(patroni_status "/${current}")" == 200 ]]; do
    sleep 0.2
    # Two cheap questions first: a Python start each fifth of a second would slow the bootstrap.
    [[ "$(patroni_status /health)" == 200 ]] || continue
    if [[ "$(patroni_status /master)" == 200 ]]; then
      current=master
    elif [[ "$(patroni_status /replica)" == 200 ]]; then
      current=replica
    else
      current="$(role)"
    fi
  done
}

# copy_tls_files: true when the user's ConfigMap brings a server certificate.
copy_tls_files() {
  local file
  for file in server.key server.crt ca.crt ca.crl replicator.key replicator.crt replicator.crl; do
    if [[ -f "/pgconf/${file}" ]]; then install -m 0600 "/pgconf/${file}" "${data}/${file}"; fi
  done
  [[ -f "${data}/server.key" && -f "${data}/server.crt" ]]
}

enable_tls() {
  local parameters='"ssl": "on", "ssl_cert_file": "server.crt", "ssl_key_file": "server.key"'
  if [[ -f "${data}/ca.crt" ]]; then parameters+=', "ssl_ca_file": "ca.crt"'; fi
  if [[ -f "${data}/ca.crl" ]]; then parameters+=', "ssl_crl_file": "ca.crl"'; fi
  patroni_patch "{\"postgresql\": {\"parameters\": {${parameters}}}}" && patroni_post /restart
}

on_primary() {
  if [[ "${PGHA_PGBACKREST_INITIALIZE:-false}" == true ]]; then
    pgbackrest stanza-create && pgbackrest backup --type=full
  fi
  if [[ "${PGHA_CRUNCHYADM:-false}" == true ]]; then
    psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 -d postgres <<'SQL' || log WARN "crunchyadm was not made"
select 'create role crunchyadm login' where not exists (select from pg_roles where rolname = 'crunchyadm') \gexec
SQL
  fi
  if [[ "${tls}" == true ]]; then enable_tls || log WARN "TLS was not switched on"; fi
}

wait_for_role
tls=false
if copy_tls_files; then tls=true; fi
if [[ "${current}" == master ]]; then on_primary; fi
touch /crunchyadm/pgha_initialized
info "initialized as ${current}"
