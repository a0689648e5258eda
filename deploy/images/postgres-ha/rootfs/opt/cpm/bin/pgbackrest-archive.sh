#!/bin/bash
# archive_command and restore_command: "push PATH" or "get SEGMENT PATH". Its name must contain
# "pgbackrest": backups refuse an archive_command without that word.
set -euo pipefail

# get SEGMENT PATH: exit code 1 when the archive does not have it. PostgreSQL asks more than once for what
# is not there. Where PGHA_ARCHIVE_MISSES names a folder, nobody writes to the archive meanwhile: the
# first answer stands, and segments are fetched ahead of being asked for.
get() {
  local known="${PGHA_ARCHIVE_MISSES:-}" code=0 ahead=()
  # No first timeline has a history.
  if [[ "$1" == 00000001.history || (-n "${known}" && -e "${known}/$1") ]]; then return 1; fi
  [[ -z "${known}" ]] || ahead=(--archive-async "--spool-path=${known}" --archive-get-queue-max=256MiB)
  pgbackrest archive-get "${ahead[@]}" "$1" "$2" || code=$?
  if [[ "${code}" == 1 && -n "${known}" ]]; then touch "${known}/$1"; fi
  return "${code}"
}

case "$1" in
  push)
    pgbackrest archive-push "$2"
    if [[ "${PGHA_PGBACKREST_LOCAL_S3_STORAGE:-false}" == true ]]; then
      pgbackrest archive-push --repo-type=s3 "$2"
    fi
    ;;
  get) get "$2" "$3" ;;
  *)
    echo "usage: $0 push PATH | get SEGMENT PATH" >&2
    exit 2
    ;;
esac
