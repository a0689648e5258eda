#!/bin/bash
# Never fails: Patroni restarts PostgreSQL itself. A replica that cannot start is built anew, unless a
# failover's backup is still missing, because it would be built from the old timeline.
# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

[[ "${PGHA_REPLICA_REINIT_ON_START_FAIL:-true}" == true ]] || exit 0
state="$(curl --silent --max-time 5 "${patroni_url}/patroni" || true)"
config="$(curl --silent --max-time 5 "${patroni_url}/config" || true)"
if python3 - "${state}" "${config}" <<'PYTHON'; then
import json, sys
try:
    state, config = json.loads(sys.argv[1]), json.loads(sys.argv[2])
except ValueError:
    sys.exit(1)
failed = state.get("role") == "replica" and state.get("state") == "start failed"
marked = (config.get("tags") or {}).get("primary_on_role_change") == "true"
sys.exit(0 if failed and not marked else 1)
PYTHON
  info "this replica cannot start; asking Patroni to build it anew"
  patroni_post /reinitialize '{"force": true}' || true
fi
exit 0
