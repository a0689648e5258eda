#!/bin/bash
# What instances run here over ssh instead of pgbackrest when the cluster uses S3 (repo1-host-cmd):
# pgbackrest never puts secrets on a command line, so key and secret come from the secret that is
# mounted here.
set -euo pipefail

credentials=/sshd/aws-s3-credentials.yaml

# credential NAME: its value in the file, without quotes; empty when it is not there.
credential() {
  sed -n "s/^$1:[[:space:]]*//p" "${credentials}" | head -n 1 | sed -e 's/[[:space:]]*$//' \
    -e 's/^"\(.*\)"$/\1/' -e "s/^'\(.*\)'\$/\1/"
}

key="$(credential aws-s3-key)"
secret="$(credential aws-s3-key-secret)"
if [[ -n "${key}" && -n "${secret}" ]]; then
  export PGBACKREST_REPO1_S3_KEY="${key}" PGBACKREST_REPO1_S3_KEY_SECRET="${secret}"
fi
exec pgbackrest "$@"
