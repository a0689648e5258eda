#!/bin/bash
# Ready: this instance finished its initialization and Patroni calls it healthy.
# shellcheck source=common.sh
source /opt/cpm/lib/common.sh

[[ -e /crunchyadm/pgha_initialized ]] || exit 1
status="$(patroni_status /health)"
[[ "${status}" -ge 200 && "${status}" -lt 400 ]]
