#!/usr/bin/env bash
# Segments of the log, into the archive and out of it.
# K37: with a local repository and one in S3 a WAL segment counts as archived only when both have it.
# archive_test.sh PGBACKREST-ARCHIVE.SH; pgbackrest is one that fails for the repositories named in FAIL.
set -euo pipefail
script="$1"
folder="$(mktemp -d)"
trap 'rm -rf "${folder:?}"' EXIT
cat > "${folder}/pgbackrest" <<'PROGRAM'
#!/bin/bash
repository=local
[[ "$*" == *--repo-type=s3* ]] && repository=s3
echo "$1 ${repository}" >> "${ASKED}"
[[ " ${FAIL} " != *" ${repository} "* ]]
PROGRAM
chmod +x "${folder}/pgbackrest"
export PATH="${folder}:${PATH}" ASKED="${folder}/asked"

# push FAIL BOTH: the exit code, and who was asked.
push() {
  : > "${ASKED}"
  local code=0
  FAIL="$1" PGHA_PGBACKREST_LOCAL_S3_STORAGE="$2" bash "${script}" push segment || code=1
  echo "${code} $(tr '\n' ',' < "${ASKED}")"
}
check() {
  if [[ "$1" != "$2" ]]; then
    echo "got \"$1\", not \"$2\"" >&2
    exit 1
  fi
}
check "$(push "" true)" "0 archive-push local,archive-push s3,"
check "$(push local true)" "1 archive-push local,"
check "$(push s3 true)" "1 archive-push local,archive-push s3,"
check "$(push "" false)" "0 archive-push local,"
check "$(push local false)" "1 archive-push local,"

# get FAIL SEGMENT: the same; nobody writes to this archive.
get() {
  : > "${ASKED}"
  local code=0
  FAIL="$1" PGHA_ARCHIVE_MISSES="${folder}/misses" bash "${script}" get "$2" path || code=1
  echo "${code} $(tr '\n' ',' < "${ASKED}")"
}
mkdir "${folder}/misses"
check "$(get "" 000000010000000000000001)" "0 archive-get local,"
check "$(get local 000000010000000000000002)" "1 archive-get local,"
# Known to be missing: nobody is asked again.
check "$(get local 000000010000000000000002)" "1 "
check "$(get "" 000000010000000000000001)" "0 archive-get local,"
check "$(get "" 00000001.history)" "1 "
