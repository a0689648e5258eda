#!/bin/bash
# Patroni calls this with ACTION ROLE SCOPE. A new primary marks the cluster until a backup on its
# timeline exists: the operator takes it and removes the mark.
set -euo pipefail

# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

role="${2:-}"
[[ "${role}" == master || "${role}" == primary ]] || exit 0
[[ "${PGHA_PGBACKREST:-true}" == true ]] || exit 0

patroni_patch '{"tags": {"primary_on_role_change": "true"}}'
if [[ -z "${PGBACKREST_REPO1_HOST:-}" ]]; then
  pgbackrest backup --type=full
  patroni_patch '{"tags": {"primary_on_role_change": null}}'
fi
