#!/bin/bash
# archive_command and restore_command: "push PATH" or "get SEGMENT PATH". Its name must contain
# "pgbackrest": backups refuse an archive_command without that word.
set -euo pipefail

case "$1" in
  push)
    pgbackrest archive-push "$2"
    if [[ "${PGHA_PGBACKREST_LOCAL_S3_STORAGE:-false}" == true ]]; then
      pgbackrest archive-push --repo-type=s3 "$2"
    fi
    ;;
  get) exec pgbackrest archive-get "$2" "$3" ;;
  *)
    echo "usage: $0 push PATH | get SEGMENT PATH" >&2
    exit 2
    ;;
esac
